"""Page files with anything in them."""

from functools import cache
from typing import Final

from dice import Dice
from scratch import scratch
from sentences import assert_sentence
from stage import Stage, own_time

from a4bridge.core.outcomes import OUTCOMES
from a4bridge.core.route import Route, Zone
from a4bridge.engine.page import BUCKETS, LEDGER_SIZE, MAGIC, SIZE, SLOTS, VERSION, Page, owner_of, percentile

_HEADER: Final = MAGIC + VERSION.to_bytes(4, "little")
_HEAD: Final = 16
_NAMES: Final = 64
_LEDGER: Final = 8192
_COUNTS: Final = _LEDGER + LEDGER_SIZE
_RING: Final = _COUNTS + 8 * (OUTCOMES + 2 * BUCKETS)
_PARTS: Final = (0, _HEAD, _HEAD + 1, _NAMES, _LEDGER, _COUNTS, _RING, _RING + 20, _RING + 21)
_SIZES: Final = (SIZE, SIZE, SIZE, SIZE, 0, 7, SIZE - 1, SIZE + 1)


def check(data: bytes) -> None:
    """Read a page file that holds what `data` makes: it is refused, or everything in it can be shown."""
    content = _content(Dice(data))
    file = scratch("page")
    file.write_bytes(content)
    right = content.startswith(_HEADER)
    try:
        page = Page.open(file)
    except ValueError as error:
        taken = False
        assert_sentence(str(error))
    else:
        taken = True
        _show(page)
    assert taken == (right and len(content) == SIZE)
    assert owner_of(file) is None
    Page.prepare(file)
    kept = content[_LEDGER:_COUNTS] if right and len(content) >= SIZE else bytes(LEDGER_SIZE)
    assert bytes(Page.open(file).ledger) == kept


def _content(dice: Dice) -> bytes:
    content = bytearray(_used_page())
    for _ in range(1 + dice.below(8)):
        at = dice.one_of(_PARTS) if dice.flag() else dice.below(1 << 16) * 3
        piece = dice.some(40)
        content[at : at + len(piece)] = piece
    if dice.flag():
        content[: len(_HEADER)] = _HEADER
    return bytes(content).ljust(SIZE + 1)[: dice.one_of(_SIZES)]


def _show(page: Page) -> None:
    assert all(len(record.received) <= 3 and len(record.sent) <= 3 for record in page.recent())
    assert sum(page.outcomes().values()) <= page.events()
    assert all(1 <= channel <= 16 and 0 <= note < 128 for channel, note in page.sounding())
    for slot in range(SLOTS + 1):
        page.slot_name(slot)
    for histogram in (page.took, page.late):
        assert percentile(histogram, 0.5) <= percentile(histogram, 0.99)


@cache
def _used_page() -> bytes:
    """Return the page of an engine on which somebody played."""
    with own_time() as clock:
        stage = Stage(clock, Route("any", (Zone((9,)),)), keyboards=1)
        for note in range(100):
            stage.play(0, bytes([0x90, note, 100]))
        stage.check()
    return (_HEADER + bytes(stage.page._memory)[len(_HEADER) :])[:SIZE]
