"""What plays the rounds of a measurement, as far as it needs no lab."""

import signal
import sys
from pathlib import Path

import conductor
import pytest
from conductor import running, until

DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); signal.pause()"


def test_a_router_that_does_not_end_when_it_is_told_is_killed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    said = tmp_path / "said"
    with running((sys.executable, "-c", DEAF), tmp_path, said) as router:
        until("being deaf", lambda: "deaf" in said.read_text(), router, said)
        monkeypatch.setattr(conductor, "PATIENCE_SECONDS", 0.1)

    assert router.returncode == -signal.SIGKILL
