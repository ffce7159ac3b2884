"""Chromium, as a player's phone and computer."""

import importlib.util
from pathlib import Path
from typing import Final

EXECUTABLE: Final = Path("/usr/bin/chromium")

GIVEN_NAME: Final = "raspberrypi.local"
FOREIGN_NAME: Final = "evil.example"
"""A name that its owner made lead to this machine."""

ARGUMENTS: Final = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *(
        "--disable-component-update",
        "--disable-sync",
        "--disable-dev-shm-usage",
        "--no-proxy-server",
        "--force-color-profile=srgb",
    ),
    f"--host-resolver-rules=MAP {GIVEN_NAME} 127.0.0.1, MAP {FOREIGN_NAME} 127.0.0.1",
)


def obstacle() -> str | None:
    """Say in one line why no browser can be driven here, and what would change that; None if one can."""
    if not EXECUTABLE.exists():
        return f"there is no {EXECUTABLE}; install with: apt-get install chromium"
    if importlib.util.find_spec("playwright") is None:
        return "playwright is missing; install with: pip install -e '.[browser]'"
    return None
