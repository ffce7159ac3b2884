"""What of the file system somebody sees who owns none of it, such as the service's user.

Only permission bits and links are looked at, without becoming that user: so it can be asked before the user exists, and
by anybody.
"""

import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

HIDDEN: Final = (Path("/home"), Path("/root"), Path("/run/user"), Path("/tmp"), Path("/var/tmp"))  # noqa: S108 - named, not used
"""What ProtectHome= and PrivateTmp= of a4bridge.service hide, whatever the permissions (systemd.exec(5))."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who wants to read; `user` is None as long as there is no such user."""

    user: int | None = None
    groups: frozenset[int] = frozenset()
    hidden: tuple[Path, ...] = HIDDEN

    def kept_out_by(self, path: Path, *, runs: bool = False) -> Path | None:
        """Return the first directory or file on the way to `path` that this reader may not use, or None.

        path: absolute; to be read, and if `runs` to be executed, too. What is not there keeps out as well.
        """
        try:
            for place in _way(path):
                if place in self.hidden or not self._may(stat.S_IXOTH if place.is_dir() else 0, place):
                    return place
            wanted = stat.S_IROTH | (stat.S_IXOTH if runs else 0)
            return None if self._may(wanted, path.resolve()) else path.resolve()
        except (OSError, RuntimeError):  # not there, not ours to see, or links in a circle
            return path

    def _may(self, wanted: int, place: Path) -> bool:
        """Tell whether `place` lets this reader do what the bits of others in `wanted` say."""
        status = place.stat()
        if status.st_uid == self.user:
            wanted <<= 6
        elif status.st_gid in self.groups:
            wanted <<= 3
        return status.st_mode & wanted == wanted


def _way(path: Path) -> Iterator[Path]:
    """Yield every directory that is passed on the way to `path`, where links lead included, and what is there."""
    path.resolve(strict=True)  # raises for a circle, and so this comes to an end
    here, left = Path("/"), list(reversed(path.parts[1:]))
    while left:
        yield here
        here /= left.pop()
        if here.is_symlink():
            target = here.readlink()
            left += reversed(target.parts[1:] if target.is_absolute() else target.parts)
            here = Path("/") if target.is_absolute() else here.parent
        elif here.name == "..":
            here = here.parent.parent
    yield here
