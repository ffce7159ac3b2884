"""The files of the page, read once: there are few of them, and no path that somebody asks for is ever opened."""

import hashlib
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Final

PAGE: Final = "index.html"
PAIRING: Final = "pair.html"

_FOLDER: Final = Path(__file__).with_name("page")
_TYPES: Final = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webmanifest": "application/manifest+json",
}
_SAYS: Final = "<!-- says -->"


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is sent. tag: what changes with its content (an ETag)."""

    body: bytes
    content_type: str
    tag: str


def assets() -> dict[str, Asset]:
    """Return every file of the page by its name."""
    return {file.name: _asset(file) for file in sorted(_FOLDER.iterdir()) if file.suffix in _TYPES}


def saying(page: Asset, sentence: str) -> bytes:
    """Return the body of `page` with a sentence where it has room for one."""
    return page.body.replace(_SAYS.encode(), escape(sentence).encode())


def _asset(file: Path) -> Asset:
    body = file.read_bytes()
    return Asset(body, _TYPES[file.suffix], f'"{hashlib.sha256(body).hexdigest()[:16]}"')
