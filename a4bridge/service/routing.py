"""A profile with everything that turns it into a route, as soon as it is known which box is linked."""

from dataclasses import dataclass

from a4bridge.core.boxes import Box
from a4bridge.core.compile import compile_route
from a4bridge.core.destination import Target
from a4bridge.core.profile import Profile
from a4bridge.core.route import Route
from a4bridge.core.settings import Settings


@dataclass(frozen=True, slots=True)
class Routing:
    """A profile by its name, the settings, and the auto channel (1-16) given for this run."""

    name: str
    profile: Profile
    settings: Settings
    auto_channel: int | None = None

    def route_for(self, box: Box | None) -> Route:
        """Compile for `box`, or for whatever the settings say where none is linked; raises CompileError."""
        return compile_route(self.name, self.profile, self.settings, box, self.auto_channel)

    def destination(self, route: Route) -> str:
        """Say where `route` sends: "auto channel 9", "track 2 (channel 2)", "channel 4"."""
        target = self.profile.destination
        if target.target is Target.AUTO:
            return f"auto channel {route.channel}"
        if target.target is Target.CHANNEL:
            return str(target)
        return f"{target} (channel {route.channel})"
