"""The links: which ports the engine has open, by which route, and what is said about them."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace

from a4bridge.core.boxes import Box
from a4bridge.core.compile import CompileError
from a4bridge.core.effects import Effects
from a4bridge.core.names import shown
from a4bridge.core.route import Route
from a4bridge.engine.page import SLOTS
from a4bridge.engine.protocol import Answer, CloseInput, CloseOutput, Command, OpenInput, OpenOutput, SetRoute
from a4bridge.ports.choose import OWN_PORT, Choice, Held, Wanted, choose
from a4bridge.ports.listing import Kind, Listing, Port
from a4bridge.ports.verdict import box_at, bytes_per_second
from a4bridge.service.log import Log, say_released
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
        self._missed: dict[str, Port] = {}
        self._inputs: dict[int, Port] = {}
        self._cut: set[int] = set()
        self._held: Held = {}
        self._route: Route | None = None
        self._said: tuple[str, ...] = ()
        self._not_recorded: list[str] = []
        self._looked_at: Route | None = None
        self._refusals: dict[str, str] = {}
        self._choice = Choice({}, None)
        self._effects: tuple[Route, Effects] | None = None
        self._hushed = False
        self._adopted = False

    def __bool__(self) -> bool:
        """Tell whether anything is open."""
        return bool(self._inputs or self.output)

    @property
    def inputs(self) -> dict[int, Port]:
        """The inputs that are open, by slot."""
        return dict(self._inputs)

    @property
    def sources(self) -> dict[int, frozenset[int]]:
        """Which of the inputs that the route names each open input is, by slot."""
        return {slot: frozenset(self._numbers(port)) for slot, port in self._inputs.items()}

    @property
    def waiting_for(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """A sentence for each thing that is waited for: those about inputs and those about the output."""
        return self._choice.waiting_inputs, self._choice.waiting_output

    @property
    def effects(self) -> Effects | None:
        """What comes of the route that the engine goes by; None as long as it has none."""
        if self._route is None:
            return None
        if self._effects is None or self._effects[0] is not self._route:
            self._effects = self._route, self.routing.effects(self._route, self.box)
        return self._effects[1]

    @property
    def refusals(self) -> dict[str, str]:
        """Why a port could not be opened the last time, by its title."""
        return dict(self._refusals)

    @property
    def wanted(self) -> Wanted:
        """The ports that the routing asks for."""
        return self._wanted

    @property
    def missed_inputs(self) -> list[Port]:
        """The inputs that were open, were unplugged, and have not come back."""
        return list(self._missed.values())

    @property
    def missed_output(self) -> Port | None:
        """The output that was unplugged and is waited for."""
        return None if self.output else self._linked_before

    @property
    def sentence(self) -> str:
        """What is linked to what, or what is waited for, in one sentence."""
        name = self.routing.name
        if self._inputs and self.output and self._route:
            return f"{name}: {self._linked()}"
        return f"{name}: {'; '.join(self._choice.waiting) or 'linking'}"

    def is_cut(self, port: Port) -> bool:
        """Tell whether an open input brings back what is sent, so that it is not listened to."""
        return any(self._inputs.get(slot) == port for slot in self._cut)

    def loops(self, slot: int, *, cut: bool) -> None:
        """Take note that an input brings back what is sent and was cut, or does so no more."""
        if (port := self._inputs.get(slot)) is None:
            return
        if cut:
            self._cut.add(slot)
            box = self.output.client if self.output else "the box"
            self._log.warning(
                "loop_cut",
                says=f"{port.client} brings back what is sent to {box}, and is not listened to until that ends: "
                f"look for a cable or a program that leads {box}'s output to it",
                input=port.title,
            )
        else:
            self._cut.discard(slot)
            self._log.info(
                "loop_over", says=f"{port.client} brings nothing back any more: it is played again", input=port.title
            )

    def doubles(self, slot: int, other: int) -> None:
        """Take note that two inputs bring the same notes."""
        ports = [self._inputs[each] for each in (slot, other) if each in self._inputs]
        if len(ports) == 2:  # noqa: PLR2004 - one may be closed by now
            first, second = ports
            self._log.warning(
                "doubled",
                says=f"{first.title} and {second.title} bring the same notes, as one keyboard does by two ways: each "
                f"is played twice. Unplug one way, or choose the other with --input '{shown(first.title)}'",
                inputs=[port.title for port in ports],
            )

    def choose(self, listing: Listing) -> Choice:
        """Choose from `listing`, as things are."""
        return choose(listing, self._wanted, self._memory.last_output, self._linked_before, self._held)

    def forget(self) -> None:
        """Take note that the engine is gone, and all that was open."""
        self._inputs.clear()
        self._cut.clear()
        self.output = None
        self._route = None

    async def begin(self) -> None:
        """Let a new engine go by the routing before anything is open."""
        with suppress(CompileError):  # it may suit the box that comes; the link will say if not
            await self._go_by(self.routing.route_for(None))

    def adopt(self, commands: Sequence[Command], listing: Listing) -> None:
        """Take over an engine that has carried out `commands`, as `commands` gives them; the next `link` mends them."""
        for command in commands:
            match command:
                case OpenInput(slot, name):
                    self._inputs[slot] = OWN_PORT if command.virtual else _port_called(name, listing)
                case OpenOutput(name):
                    self.output = _port_called(name, listing)
        choice = self.choose(listing)
        if choice.output == self.output:
            self._linked_before = self.output
        self._held = {port: names for port, names in choice.inputs.items() if port in self._inputs.values()}
        with suppress(CompileError):  # as in `begin`
            self._route = self.routing.route_for(self.box)
        if self.commands() != commands:
            self._route = None
        self._adopted = True

    def commands(self) -> list[Command]:
        """Return what makes another engine go by the same route, between the same ports; nothing if none are linked."""
        if not (self._route and self.output and self._inputs):
            return []
        inputs = [self._opening(slot, port, self._numbers(port)) for slot, port in self._inputs.items()]
        return [SetRoute(self._route.to_data()), opening(self.output), *inputs]

    def are_as_at_start(self, listing: Listing) -> bool:
        """Tell whether a start would choose what is open: that stays so even where its like has come since."""
        choice = choose(listing, self._wanted, self._memory.last_output)
        return choice.output == self.output and choice.inputs == {
            port: self._held.get(port) for port in self._inputs.values()
        }

    async def close_lost(self, listing: Listing) -> None:
        """Close what is linked and not there: unplugged, replaced by its like within a scan, or cut by a program."""
        there = {port for port in listing.ports if port.held is not False} | {OWN_PORT}
        for slot, port in list(self._inputs.items()):
            if port not in there:
                del self._inputs[slot]
                self._cut.discard(slot)
                self._missed[port.title] = port
                self._log.warning("input_lost", says=f"{port.client} is unplugged", input=port.title)
                await self._call(CloseInput(slot))
        if self.output and self.output not in there:
            lost, self.output = self.output, None
            self._log.warning("output_lost", says=f"{lost.client} is unplugged", output=lost.title)
            await self._call(CloseOutput(lost=True))

    async def link(self, listing: Listing) -> bool:
        """Close what is not wanted, open what is wanted and in `listing`, and say so.

        Returns whether a port was refused that was not before, so that it is worth trying again soon.
        """
        before_refusals = self.refusals
        self._choice = choice = self.choose(listing)
        changed, self._adopted = self._adopted, False
        changed |= await self._close_unwanted(choice.inputs)
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
        there = {port.title for port in listing.ports}
        self._refusals = {title: error for title, error in self._refusals.items() if error and title in there}
        return bool(self._refusals.items() - before_refusals.items())

    async def change(self, routing: Routing, listing: Listing) -> None:
        """Go by another routing from now on. What both want stays open, and what is held ends where it began."""
        wanted = routing.wanted()
        before = self.routing, self._wanted, self._linked_before, self._held, dict(self._missed)
        try:
            await self._go_on_by(routing, wanted, listing)
        except Exception:  # it was not carried out: what links next goes by the routing that there was
            self.routing, self._wanted, self._linked_before, self._held, self._missed = before
            raise

    async def _go_on_by(self, routing: Routing, wanted: Wanted, listing: Listing) -> None:
        if wanted.output != self._wanted.output:
            self._linked_before = None
        self.routing, self._wanted = routing, wanted
        # What an input was to the other profile says nothing; but a name that both have still means the same port.
        names = set(wanted.named)
        self._held = {port: same for port, meant in self._held.items() if (same := meant & names)}
        self._missed.clear()
        self._route = None
        await self.link(listing)

    def box_for(self, routing: Routing, listing: Listing) -> Box | None:
        """Return the box that `routing` would be linked to."""
        linked = self._linked_before if routing.wanted().output == self._wanted.output else None
        return box_at(choose(listing, routing.wanted(), self._memory.last_output, linked).output)

    @property
    def box(self) -> Box | None:
        """The box that is linked."""
        return box_at(self.output)

    @property
    def route(self) -> Route | None:
        """The route that the engine goes by."""
        return self._route

    @property
    def hushed(self) -> bool:
        """Whether nothing that is played passes."""
        return self._hushed

    async def hush(self, *, on: bool) -> None:
        """Let nothing that is played pass from now on, or everything that the routing lets pass again."""
        self._hushed = on
        if self._route:
            await self._go_by(self._route)

    async def _go_by(self, route: Route) -> None:
        self._route = route
        if self._hushed:  # what sounds ends where it began, as with any other route; one without zones counts as a hush
            route = replace(route, zones=(), bindings=(), clock=False, transport=False, sysex_bytes=0)
        sources = {str(slot): self._numbers(port) for slot, port in self._inputs.items()}
        await self._call(SetRoute(route.to_data(), sources))

    def _numbers(self, port: Port) -> list[int]:
        return self._wanted.numbers_of(self._held.get(port, frozenset()))

    async def _close_unwanted(self, wanted: Held) -> bool:
        unwanted = [slot for slot, port in self._inputs.items() if port not in wanted]
        for slot in unwanted:
            del self._inputs[slot]
            self._cut.discard(slot)
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
            route = self.routing.route_for(box_at(port))
        except CompileError as failure:
            return not self._refused(port, f"{self.routing.name} does not suit {port.client}: {failure}")
        await self._go_by(route)
        answer = await self._call(opening(port))
        if self._refused(port, answer.error):
            return False
        self.output = self._linked_before = port
        say_released(answer.released, self._log)
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
            answer = await self._call(self._opening(free[0], port, self._wanted.numbers_of(names)))
            if not self._refused(port, answer.error):
                self._inputs[free[0]] = port
                self._missed.pop(port.title, None)
                self._held = {**self._held, port: names}
                changed = True
        return changed

    @staticmethod
    def _opening(slot: int, port: Port, sources: list[int]) -> OpenInput:
        return OpenInput(slot, port.rtmidi_name, sources, virtual=port == OWN_PORT)

    def _refused(self, port: Port, error: str) -> bool:
        """Say once why a port could not be opened; it is tried again at every scan."""
        if error and self._refusals.get(port.title) != error:
            self._log.warning("port_refused", says=error, port=port.title)
        self._refusals[port.title] = error
        return bool(error)

    def _say(self, choice: Choice, *, changed: bool) -> None:
        if changed and self._inputs and self.output and self._route:
            self._log.info(
                "linked",
                says=self._linked(),
                profile=self.routing.name,
                inputs=[port.title for port in self._inputs.values()],
                output=self.output.title,
                destination=self.routing.destination(self._route),
            )
        if choice.waiting != self._said:
            for sentence in choice.waiting:
                if sentence not in self._said:
                    self._log.info("waiting", says=sentence)
            self._said = choice.waiting
        self._say_what_is_not_recorded()

    def _linked(self) -> str:
        assert self.output
        assert self._route
        inputs = " + ".join(_called(port) for port in self._inputs.values())
        return f"{inputs} -> {self.output.client}, {self.routing.destination(self._route)}"

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


def _port_called(name: str, listing: Listing) -> Port:
    """Return what the transport calls `name`, or, where that has gone, what stands in for it until it is closed."""
    there = (port for port in listing.ports if port.rtmidi_name == name)
    return next(there, Port(name, name, "", readable=True, writable=True, kind=Kind.UNKNOWN))


def opening(port: Port) -> OpenOutput:
    """Return the command that opens an output, as fast as the cable behind it is."""
    return OpenOutput(port.rtmidi_name, bytes_per_second(port))
