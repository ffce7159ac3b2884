"""The links: which ports the engine has open, by which route, and what is said about them."""

from collections.abc import Awaitable, Callable
from contextlib import suppress

from a4bridge.core.boxes import Box, box_of
from a4bridge.core.compile import CompileError
from a4bridge.core.route import Route
from a4bridge.engine.page import SLOTS
from a4bridge.engine.protocol import Answer, CloseInput, CloseOutput, Command, OpenInput, OpenOutput, SetRoute
from a4bridge.ports.choose import OWN_PORT, Choice, Held, choose
from a4bridge.ports.listing import Listing, Port
from a4bridge.service.log import Log, counted
from a4bridge.service.memory import Memory
from a4bridge.service.routing import Routing


class Links:
    """The open ports of one engine, or of the next one that takes its place, and the routing they go by.

    call: has a command carried out by the engine that there is; what it raises, every method here raises.
    """

    def __init__(
        self, call: Callable[[Command], Awaitable[Answer]], routing: Routing, memory: Memory, log: Log
    ) -> None:
        self._call = call
        self._memory = memory
        self._log = log
        self.routing = routing
        self._wanted = routing.wanted()
        self.output: Port | None = None
        """The output that is open."""
        self._linked_before: Port | None = None
        self._inputs: dict[int, Port] = {}
        self._held: Held = {}
        self._route: Route | None = None
        self._said: tuple[str, ...] = ()
        self._not_recorded: list[str] = []
        self._looked_at: Route | None = None
        self._refusals: dict[str, str] = {}

    def __bool__(self) -> bool:
        """Tell whether anything is open."""
        return bool(self._inputs or self.output)

    def choose(self, listing: Listing) -> Choice:
        """Choose from `listing`, as things are."""
        return choose(listing, self._wanted, self._memory.last_output, self._linked_before, self._held)

    def forget(self) -> None:
        """Take note that the engine is gone, and all that was open."""
        self._inputs.clear()
        self.output = None
        self._route = None

    async def begin(self) -> None:
        """Let a new engine go by the routing before anything is open."""
        with suppress(CompileError):  # it may suit the box that comes; the link will say if not
            await self._go_by(self.routing.route_for(None))

    async def close_lost(self, listing: Listing) -> None:
        """Close what is linked and not there: unplugged, replaced by its like within a scan, or cut by a program."""
        there = {port for port in listing.ports if port.held is not False} | {OWN_PORT}
        for slot, port in list(self._inputs.items()):
            if port not in there:
                del self._inputs[slot]
                self._log.warning("input_lost", says=f"{port.client} is unplugged", input=port.title)
                await self._call(CloseInput(slot))
        if self.output and self.output not in there:
            lost, self.output = self.output, None
            self._log.warning("output_lost", says=f"{lost.client} is unplugged", output=lost.title)
            await self._call(CloseOutput(lost=True))

    async def link(self, listing: Listing) -> None:
        """Close what is not wanted, open what is wanted and in `listing`, and say so."""
        choice = self.choose(listing)
        changed = await self._close_unwanted(choice.inputs)
        changed |= await self._open_output(choice.output)
        before = self._held
        known = {*self._inputs.values(), *before}
        self._held = {port: names for port, names in choice.inputs.items() if port in known}
        # Not without need: to be told a route makes the engine forget which track of several plays what.
        if self._route is None or any(self._held[port] != before.get(port) for port in self._inputs.values()):
            with suppress(CompileError):  # as in `begin`
                await self._go_by(self.routing.route_for(self.box))
        changed |= await self._open_inputs(choice.inputs)
        self._say(choice, changed=changed)

    async def change(self, routing: Routing, listing: Listing) -> None:
        """Go by another routing from now on. What both want stays open, and what is held ends where it began."""
        wanted = routing.wanted()
        if wanted.output != self._wanted.output:
            self._linked_before = None
        self.routing, self._wanted = routing, wanted
        # What an input was to the other profile says nothing; but a name that both have still means the same port.
        names = set(wanted.named)
        self._held = {port: same for port, meant in self._held.items() if (same := meant & names)}
        self._route = None
        await self.link(listing)

    def box_for(self, routing: Routing, listing: Listing) -> Box | None:
        """Return the box that `routing` would be linked to."""
        linked = self._linked_before if routing.wanted().output == self._wanted.output else None
        return _box(choose(listing, routing.wanted(), self._memory.last_output, linked).output)

    @property
    def box(self) -> Box | None:
        """The box that is linked."""
        return _box(self.output)

    @property
    def route(self) -> Route | None:
        """The route that the engine goes by."""
        return self._route

    async def _go_by(self, route: Route) -> None:
        self._route = route
        sources = {str(slot): self._numbers(port) for slot, port in self._inputs.items()}
        await self._call(SetRoute(route.to_data(), sources))

    def _numbers(self, port: Port) -> list[int]:
        return self._wanted.numbers_of(self._held.get(port, frozenset()))

    async def _close_unwanted(self, wanted: Held) -> bool:
        unwanted = [slot for slot, port in self._inputs.items() if port not in wanted]
        for slot in unwanted:
            del self._inputs[slot]
            await self._call(CloseInput(slot))
        return bool(unwanted)

    async def _open_output(self, port: Port | None) -> bool:
        if port == self.output:
            return False
        if self.output:
            await self._call(CloseOutput(lost=False))
            self.output = None
        if port is None:
            return True
        try:
            route = self.routing.route_for(_box(port))
        except CompileError as failure:
            return not self._refused(port, f"{self.routing.name} does not suit {port.client}: {failure}")
        await self._go_by(route)
        answer = await self._call(OpenOutput(port.rtmidi_name))
        if self._refused(port, answer.error):
            return False
        self.output = self._linked_before = port
        if released := answer.released:
            says = f"{counted(released, 'note')} released that {'was' if released == 1 else 'were'} left sounding"
            self._log.info("released", says=says, released=released)
        try:
            self._memory.remember_output(port.title)
        except OSError as failure:
            self._log.warning("not_remembered", says=f"the output cannot be remembered: {failure}", reason=str(failure))
        return True

    async def _open_inputs(self, wanted: Held) -> bool:
        changed = False
        for port, names in wanted.items():
            free = [slot for slot in range(SLOTS) if slot not in self._inputs]
            if port in self._inputs.values() or not free:
                continue
            sources = self._wanted.numbers_of(names)
            answer = await self._call(OpenInput(free[0], port.rtmidi_name, sources, virtual=port == OWN_PORT))
            if not self._refused(port, answer.error):
                self._inputs[free[0]] = port
                self._held = {**self._held, port: names}
                changed = True
        return changed

    def _refused(self, port: Port, error: str) -> bool:
        """Say once why a port could not be opened; it is tried again at every scan."""
        if error and self._refusals.get(port.title) != error:
            self._log.warning("port_refused", says=error, port=port.title)
        self._refusals[port.title] = error
        return bool(error)

    def _say(self, choice: Choice, *, changed: bool) -> None:
        if changed and self._inputs and self.output and self._route:
            inputs = " + ".join(_called(port) for port in self._inputs.values())
            destination = self.routing.destination(self._route)
            self._log.info(
                "linked",
                says=f"{inputs} -> {self.output.client}, {destination}",
                profile=self.routing.name,
                inputs=[port.title for port in self._inputs.values()],
                output=self.output.title,
                destination=destination,
            )
        if choice.waiting != self._said:
            for sentence in choice.waiting:
                if sentence not in self._said:
                    self._log.info("waiting", says=sentence)
            self._said = choice.waiting
        self._say_what_is_not_recorded()

    def _say_what_is_not_recorded(self) -> None:
        if not self.output or not self._route or self._route is self._looked_at:
            return
        self._looked_at = self._route
        reasons = self.routing.cannot_record(self._route, self.box)
        if reasons and reasons != self._not_recorded:
            self._log.info(
                "not_recorded",
                says=f"{self.routing.name}, when recording: {'; '.join(reasons)}",
                profile=self.routing.name,
                reasons=reasons,
            )
        self._not_recorded = reasons


def _called(port: Port) -> str:
    return f"{port.client} (virtual)" if port == OWN_PORT else port.client


def _box(port: Port | None) -> Box | None:
    return box_of(port.client, port.usb_id) if port else None
