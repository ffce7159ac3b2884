"""A made-up systemd, or launchd: programs that answer as the real ones do, and note what they are told."""

from pathlib import Path

_SYSTEMCTL = """
if [ "$1" = --user ]; then state=$here/user; else state=$here/system; fi
[ "$1" != --user ] || shift
case $1 in
show)
    [ ! -e "$here/no-bus" ] || { echo "Failed to connect to bus: No medium found" >&2; exit 1; }
    cat "$state" 2>/dev/null || echo LoadState=not-found ;;
restart)
    [ ! -e "$here/fails" ] || { echo "Job for a4bridge.service failed." >&2; exit 1; }
    printf 'LoadState=loaded\\nUnitFileState=enabled\\nActiveState=active\\nSubState=running\\nStatusText=%s\\n' \
        "waiting for a keyboard" >"$state" ;;
disable) rm -f "$state" ;;
esac
"""
_LAUNCHCTL = """
case $1 in
print)
    [ -e "$here/loaded" ] || { echo "Could not find service" >&2; exit 113; }
    printf '\\tstate = running\\n\\tpid = 4711\\n' ;;
bootstrap)
    [ ! -e "$here/loaded" ] || { echo "Bootstrap failed: 5: Input/output error" >&2; exit 5; }
    : >"$here/loaded" ;;
bootout) rm "$here/loaded" ;;
esac
"""
_SYSTEMD = {"systemctl": _SYSTEMCTL, "systemd-sysusers": "", "modprobe": "", "journalctl": "echo the journal"}
_LAUNCHD = {"launchctl": _LAUNCHCTL, "tail": "echo the log"}


class FakeSystem:
    """The programs of one system, in a folder that is all of PATH."""

    def __init__(self, folder: Path, scripts: dict[str, str]) -> None:
        self.folder = folder
        self.folder.mkdir()
        for name, script in scripts.items():
            program = folder / name
            program.write_text(
                f'#!/bin/sh\nPATH=/usr/bin:/bin\nhere={folder}\necho "{name} $*" >>$here/told\n{script}\n'
            )
            program.chmod(0o755)
        (folder / "env").symlink_to("/usr/bin/env")

    @classmethod
    def systemd(cls, folder: Path) -> "FakeSystem":
        return cls(folder, _SYSTEMD)

    @classmethod
    def launchd(cls, folder: Path) -> "FakeSystem":
        return cls(folder, _LAUNCHD)

    @property
    def path(self) -> str:
        """What PATH is to be."""
        return str(self.folder)

    def told(self) -> list[str]:
        """Return what the programs were told since this was asked last, without the questions."""
        notes = self.folder / "told"
        lines = notes.read_text().splitlines() if notes.exists() else []
        notes.unlink(missing_ok=True)
        return [line for line in lines if " show " not in line and "launchctl print" not in line]

    def put(self, name: str, text: str = "") -> None:
        """Change how it behaves: "fails", "no-bus", or the state "user" or "system"."""
        (self.folder / name).write_text(text)

    def mend(self, name: str) -> None:
        (self.folder / name).unlink()
