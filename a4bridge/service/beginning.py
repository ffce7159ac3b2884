"""What a bridge begins with: by its command line, what is written, and what is remembered."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from a4bridge.core.library import Library
from a4bridge.core.profile import Profile
from a4bridge.core.settings import Settings
from a4bridge.core.tomlfile import read
from a4bridge.service.memory import Memory
from a4bridge.service.routing import Asked, Routing, RoutingError

_NOTHING: Final = Asked()


@dataclass(frozen=True, slots=True)
class Begun:
    """What a start begins with.

    last: what was switched to last, if it begins with that; a track of the command line's counts before the one in it.
    refused: why it does not, where it should.
    """

    routing: Routing
    last: Routing | None = None
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Beginning:
    """What a command line asks for.

    profile: begins whatever is remembered. default: begins where nothing is remembered, instead of the settings'.
    track: where everything goes, "1" to "16" or "auto". auto_channel: 1-16. asked: the ports.
    """

    library: Library
    profile: str = ""
    default: str = ""
    track: str = ""
    auto_channel: int | None = None
    asked: Asked = _NOTHING

    def default_of(self, settings: Settings) -> str:
        """Return the profile that begins where nothing is remembered."""
        return self.default or settings.profile

    def files(self, settings: Settings, memory: Memory) -> list[Path]:
        """Return every file that is read or looked for."""
        names = [self.profile or self.default_of(settings), *([memory.chosen.profile] if memory.chosen else [])]
        profiles = (file for name in names for file in self.library.files_called(name))
        return [*self.library.settings_files, *profiles, memory.path]

    def begin(self, settings: Settings, memory: Memory) -> Begun:
        """Return what a start begins with; raises UnknownProfileError, FileErrors, RoutingError, ValueError.

        What was switched to last counts if it began from the same default. If it can't be used, the default begins.
        """
        default = self.default_of(settings)
        routing = self._as_written(self.profile or default, settings)
        refused = ""
        if not self.profile and memory.chosen and memory.chosen.default == default:
            try:
                last = routing.as_chosen(memory.chosen, self.library)
                return Begun(self._as_asked(last), last)
            except (RoutingError, ValueError) as error:
                refused = str(error)
        return Begun(self._as_asked(routing), refused=refused)

    def _as_written(self, word: str, settings: Settings) -> Routing:
        file = self.library.find(word)
        # Absolute, for it may be read again when the working directory is another.
        return Routing(
            file.stem, read(file, Profile), settings, self.auto_channel, asked=self.asked, file=file.absolute()
        )

    def _as_asked(self, routing: Routing) -> Routing:
        asked = routing.on_track(self.track) if self.track else routing
        asked.wanted()
        return asked
