"""The whole screen as text, for a terminal of any size: what is less wanted gives way."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Final

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from a4bridge.core.words import quoted
from a4bridge.monitor.events import Entry, Event, Missed, Naming, Said
from a4bridge.monitor.keyboard import marks_for, picture
from a4bridge.monitor.sparkline import ASCII_BLOCKS, BLOCKS, count_level, latency_level, sparkline
from a4bridge.monitor.state import State
from a4bridge.monitor.words import clock, hexadecimal, line, message_words

_WIDE: Final = 100
_NARROW: Final = 64

_LEAST_LINES: Final = 5
"""Lines of events that everything but the heading gives way to."""

_TRACK_WIDTH: Final = 20
_TRACK_LABEL: Final = 6
_LATENCY_LABEL: Final = 5
_SHORT_NAME: Final = 5

_HELP: Final = (
    ("space", "pause"),
    ("f", "kind"),
    ("q", "quit"),
    ("/", "find"),
    ("r", "raw"),
    ("arrows", "look back"),
    ("esc", "all"),
)


@dataclass(frozen=True, slots=True)
class Signs:
    """The signs that a terminal can show."""

    blocks: str = BLOCKS
    black_key: str = "█"
    arrow: str = "→"
    dots: str = "…"


UNICODE: Final = Signs()
ASCII: Final = Signs(ASCII_BLOCKS, "#", "->", "~")


@dataclass(frozen=True, slots=True)
class Columns:
    """How wide the columns of events are; 0: not shown. The last one, why, takes what is left."""

    time: int
    device: int
    came: int
    went: int
    took: int
    late: int


def columns_for(width: int) -> Columns:
    """Return the columns that fit."""
    if width >= _WIDE:
        return Columns(time=12, device=18, came=22, went=22, took=8, late=8)
    if width >= _NARROW:
        message = min(22, (width - 8 - 7 - _SHORT_NAME - 4) // 2)  # four blanks between
        return Columns(time=8, device=0, came=message, went=message, took=0, late=7)
    return Columns(time=0, device=0, came=17, went=0, took=0, late=0)


def screen(state: State, width: int, height: int, signs: Signs = UNICODE) -> list[Text]:
    """Return `height` lines of `width` columns."""
    parts = {
        "head": _head(state, width, signs),
        "keys": list(_keyboard(state, width, signs)),
        "latency": list(_latencies(state, width, signs)),
        "tracks": list(_tracks(state, width, signs)),
        "titles": [_titles(width)],
    }
    foot = [_foot(state, width)]

    def left() -> int:
        return height - len(foot) - sum(map(len, parts.values()))

    for part in ("tracks", "latency", "keys", "titles", "head"):
        if left() < min(_LEAST_LINES, height - len(foot)):
            parts[part] = []
    room = max(0, left())
    state.page = max(1, room - 1)
    lines = [_entry(entry, state, width, signs) for entry in islice(state.newest(), room)]
    blank = [Text()] * (room - len(lines))
    whole = [*(text for part in parts.values() for text in part), *reversed(lines), *blank, *foot]
    return [_fitted(text, width) for text in whole[-height:]]


def _fitted(text: Text, width: int) -> Text:
    text = text.copy()
    text.truncate(width)
    return text


def _head(state: State, width: int, signs: Signs) -> list[Text]:
    standing = state.standing
    if state.paused:
        right = Text(f" PAUSED, {state.newer} more ", "bold reverse")
    elif state.lost:
        right = Text(" NO BRIDGE ", "bold red reverse")
    else:
        right = Text("live", "green")
    what = f"{standing.profile} {signs.arrow} {standing.destination}" if standing.destination else standing.profile
    left = Text(f"a4bridge monitor  {what}".rstrip())
    left = Text(_cell(left.plain, min(left.cell_len, max(0, width - right.cell_len - 1)), signs.dots), "bold")
    first = Text.assemble(left, " " * max(1, width - left.cell_len - right.cell_len), right)
    if state.lost:
        return [first, Text(_cell(state.lost, width, signs.dots), "red")]
    if standing.waiting:
        return [first, Text(_cell("; ".join(standing.waiting), width, signs.dots), "yellow")]
    inputs = " + ".join(_link(name, state_) for name, state_ in standing.inputs) or "no keyboard"
    return [first, Text(_cell(f"{inputs} {signs.arrow} {_link(*standing.output) or 'no box'}", width, signs.dots))]


def _link(name: str, state: str) -> str:
    device = name.partition(":")[0]
    return device if state in {"open", ""} else f"{device} ({state})"


def _keyboard(state: State, width: int, signs: Signs) -> Iterator[Text]:
    standing = state.standing
    mark = marks_for(standing.naming.channels)
    first = state.look_at_keys(width)
    drawn = picture(standing.sounding, width, first, standing.naming.middle_c, mark, signs.black_key)
    rows = [Text(drawn.black), Text(drawn.white)]
    for row in rows:
        row.stylize("black on white", drawn.first, drawn.last)
    for at, column, channel in drawn.marks:
        rows[at].stylize(f"bold white on {_colour(mark(channel))}", column, column + 1)
    yield from rows
    yield Text(drawn.names, "dim")


def _colour(mark: str) -> str:
    return {"1": "dark_cyan", "2": "green", "3": "dark_orange", "4": "magenta"}.get(mark, "dodger_blue2")


def _tracks(state: State, width: int, signs: Signs) -> Iterator[Text]:
    channels = state.standing.naming.channels
    wanted = {channel for channel, name in channels.items() if name.startswith("track ") or name == "auto channel"}
    shown = [channel for channel in channels if channel in wanted or channel in state.seen_channels]
    shown += sorted(set(state.seen_channels) - set(shown))
    across = max(1, width // _TRACK_WIDTH)
    for at in range(0, len(shown), across):
        cells = [_track(state, channel, signs) for channel in shown[at : at + across]]
        yield Text(" ").join(cells)


def _track(state: State, channel: int, signs: Signs) -> Text:
    bars = _TRACK_WIDTH - _TRACK_LABEL - 2
    levels = [count_level(second.events.get(channel, 0)) for second in state.seconds]
    label = short_name(channel, state.standing.naming)
    colour = _colour(marks_for(state.standing.naming.channels)(channel))
    return Text.assemble(
        (f"{label:{_TRACK_LABEL}}", "bold" if channel in state.seen_channels else "dim"),
        (
            f"{sparkline(levels, bars, signs.blocks)} ",
            colour,
        ),
    )


def short_name(channel: int, naming: Naming) -> str:
    """Return a channel's name in _SHORT_NAME columns: "T2", "auto", "FX", "ch 12"."""
    name = naming.channels.get(channel, "")
    if name.startswith("track "):
        return f"T{name[6:]}"[:_SHORT_NAME]
    return name.split(" ", maxsplit=1)[0][:_SHORT_NAME] if name else f"ch {channel}"


def _latencies(state: State, width: int, signs: Signs) -> Iterator[Text]:
    seconds = state.seconds
    rows = (
        ("took", [second.took for second in seconds], state.standing.took),
        ("late", [second.late for second in seconds], state.standing.late),
    )
    told = [_figures(figures, width) for _, _, figures in rows]
    room = max(map(len, told))
    for (label, latencies, _), figures in zip(rows, told, strict=True):
        drawn = sparkline(map(latency_level, latencies), width - _LATENCY_LABEL - room, signs.blocks)
        yield Text.assemble((f"{label:{_LATENCY_LABEL}}", "bold"), (drawn, "green"), f"{figures:>{room}}")


def _figures(figures: Mapping[str, float], width: int) -> str:
    if not figures.get("max"):
        return " nothing yet"
    shown = ("p50", "p99", "max") if width >= _NARROW else ("p99",)
    return f" {'  '.join(f'{key} {figures.get(key, 0):,.0f}' for key in shown)} us"


def _titles(width: int) -> Text:
    columns = columns_for(width)
    texts = {"time": "time", "device": "from", "came": "came", "went": "went", "took": "took", "late": "late"}
    return Text(_row(columns, width, texts, "zone or reason" if columns.went else "went or reason"), "bold underline")


def _row(columns: Columns, width: int, cells: dict[str, str], why: str, dots: str = "…") -> str:
    """Put cells into their columns; where nothing went out, `why` has its column, too."""
    left = [
        _cell(cells.get(name, ""), getattr(columns, name), dots)
        for name in ("time", "device", "came", "went")
        if getattr(columns, name) and (name != "went" or cells.get(name))
    ]
    right = [f"{cells.get(name, ''):>{getattr(columns, name)}}" for name in ("took", "late") if getattr(columns, name)]
    taken = sum(cell_len(cell) + 1 for cell in (*left, *right))
    return " ".join([*left, _cell(why, max(0, width - taken), dots), *right])


def _cell(text: str, width: int, dots: str) -> str:
    """Return `text` in so many columns; what does not fit ends in a sign for that."""
    if cell_len(text) > width > 0:
        return set_cell_size(text, width - 1) + dots
    return set_cell_size(text, width)


def _entry(entry: Entry, state: State, width: int, signs: Signs) -> Text:
    naming = state.standing.naming
    match entry:
        case Event():
            return _event(entry, state, width, signs)
        case Said(level=level):
            style = {"error": "red", "warning": "yellow"}.get(level, "bright_blue")
        case Missed():
            style = "red"
    text = line(entry, naming) if width >= _WIDE else line(entry, naming).replace(clock(entry.at), clock(entry.at)[:8])
    return Text(_cell(text, width, signs.dots), style)


def _event(event: Event, state: State, width: int, signs: Signs) -> Text:
    naming = state.standing.naming
    columns = columns_for(width)

    def words(message: bytes) -> str:
        return hexadecimal(message) if state.raw else message_words(message, naming, brief=width < _NARROW)

    forwarded = bool(event.went)
    why = event.reason
    if forwarded and not columns.went:
        why = f"{signs.arrow} {words(event.went)}"
    elif forwarded:
        why = " ".join([short_name(event.channel, naming) if event.channel else "", *event.zones]).strip()
    cells = {
        "time": clock(event.at)[: columns.time],
        "device": event.device,
        "came": words(event.came),
        "went": words(event.went) if columns.went else "",
        "took": f"{event.took:.0f} us",
        "late": f"{event.late:.0f} us",
    }
    style = "yellow" if event.is_dropped else "dim" if not forwarded else ""
    return Text(_row(columns, width, cells, why, signs.dots), style)


def _foot(state: State, width: int) -> Text:
    if state.typing is not None:
        return Text.assemble(("find: ", "bold"), state.typing, ("_", "blink"), ("  enter: keep, esc: all", "dim"))
    shown = [f"showing {state.filter.only}"] if state.filter.only != "all" else []
    shown += [f"with {quoted(state.filter.text)}"] if state.filter.text else []
    text = Text()
    if shown:
        text.append(f"{' '.join(shown)}  ", "bold yellow")
    for key, does in _HELP:
        if text.cell_len + len(key) + len(does) + 1 <= width:
            text.append(key, "bold").append(f" {does}  ", "dim")
    return text
