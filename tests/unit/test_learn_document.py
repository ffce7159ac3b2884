"""Editing a profile's text: what was there stays, and what comes of it is exactly what was meant."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from profiles import PROFILES

import a4bridge
from a4bridge.core.destination import Destination
from a4bridge.core.route import Action, Sustain, Trigger
from a4bridge.core.settings import Settings
from a4bridge.learn.document import Append, Document, EditError, Put, Remove
from a4bridge.learn.draft import Draft, Event, StepError, Surroundings

SHIPPED: Final = sorted((Path(a4bridge.__file__).parents[1] / "config/profiles").glob("*.toml"))
SURROUNDINGS: Final = Surroundings(Path("lead.toml"), Settings(), profiles=("liverec", "gridrec"))


def comments(text: str) -> list[str]:
    """Return the comments of a text in which no string has a #."""
    return re.findall(r"#.*", text)


def test_a_profile_from_nothing_looks_as_a_person_would_write_it() -> None:
    document = Document('description = "lead"').edited(
        [
            Put(("inputs",), ["Keystation"]),
            Append(("zones",), {"keys": "48..59", "destination": "track 2"}, {"keys": "C4 to B4"}),
            Append(("zones",), {"destination": "auto", "exclusive": True}),
            Append(("zones", 1, "knobs"), {"cc": 74, "to": "macro A"}, inline=True),
            Append(("zones", 1, "knobs"), {"cc": 75, "to": "macro B"}, inline=True),
            Append(("bindings",), {"note": 36, "track": 2}),
            Append(("zones",), {"destination": ["track 3", "track 4"]}),
        ]
    )

    assert document.text == (
        'description = "lead"\ninputs = ["Keystation"]\n\n'
        '[[zones]]\nkeys = "48..59"  # C4 to B4\ndestination = "track 2"\n\n'
        '[[zones]]\ndestination = "auto"\nexclusive = true\n'
        'knobs = [\n    { cc = 74, to = "macro A" },\n    { cc = 75, to = "macro B" },\n]\n\n'
        '[[zones]]\ndestination = ["track 3", "track 4"]\n\n'
        "[[bindings]]\nnote = 36\ntrack = 2\n"
    )


def test_a_comment_stays_where_its_key_goes() -> None:
    document = Document('description = "x"\ndestination = "auto"   # or "track 1"\n# of sustain\nsustain = "hold"\n')

    assert document.edited([Remove(("destination",))]).text == (
        'description = "x"\n# or "track 1"\n# of sustain\nsustain = "hold"\n'
    )


@pytest.mark.parametrize("end", ["\n", ""])
def test_a_key_that_is_true_goes_like_any_other_and_its_comment_stays(end: str) -> None:
    document = Document(f"[[bindings]]\nnote = 36\npanic = true  # the red pad{end}")

    edited = document.edited([Remove(("bindings", 0, "panic")), Put(("bindings", 0, "track"), 2)])

    assert edited.data == {"bindings": [{"note": 36, "track": 2}]}
    assert "# the red pad" in edited.text


def test_knobs_with_headers_of_their_own_get_another_one() -> None:
    text = 'description = "x"\n[[zones]]\n[[zones.knobs]]\ncc = 1\nto = 2\n\n[[bindings]]\nnote = 1\npanic = true\n'
    edited = Document(text).edited([Append(("zones", 0, "knobs"), {"cc": 3, "to": "macro A"}, inline=True)])

    assert edited.data["zones"] == [{"knobs": [{"cc": 1, "to": 2}, {"cc": 3, "to": "macro A"}]}]
    assert edited.text.count("[[zones.knobs]]") == 2
    assert len(edited.data["bindings"]) == 1


@pytest.mark.parametrize("edit", [Put(("zones", 0, "keys"), "1"), Remove(("inputs",)), Append(("description",), {})])
def test_what_cannot_be_done_is_refused_in_a_sentence_or_was_never_meant(edit: Any) -> None:
    with pytest.raises((EditError, LookupError, AttributeError)):
        Document('description = "x"\n').edited([edit])


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_every_profile_that_comes_with_a4bridge_can_be_edited_and_keeps_its_comments(file: Path) -> None:
    before = Draft.of(file.read_text(), SURROUNDINGS)
    draft = before.with_keyboard("Keystation").described("mine").with_sustain(Sustain.DROP)
    draft = draft.with_zone(48, 59, [Destination.parse("track 3")], exclusive=True, others=True)
    draft = draft.with_knob(20, "A").with_knob(21, "B").with_binding(Event(Trigger.NOTE, 36, "", 10), Action.PANIC)

    kept = [each for each in comments(draft.text) if each in set(comments(before.text))]
    assert kept == comments(before.text)
    assert "48..59" in [zone.keys for zone in draft.profile.zones]
    assert {(knob.cc, knob.to) for zone in draft.profile.zones for knob in zone.knobs} >= {
        (20, "macro A"),
        (21, "macro B"),
    }
    assert draft.profile.bindings[-1].panic
    assert draft.profile.filters == before.profile.filters
    assert Draft.of(draft.text, SURROUNDINGS) == draft


# Whatever a person may have written.


class Writer:
    """Writes a profile in one of the ways in which TOML can, with a comment at every turn; each has a number."""

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw
        self._comments = 0
        self.lines: list[str] = []

    def line(self, text: str) -> None:
        if self._draw(st.booleans()):
            self.lines.append(self._comment())
        if self._draw(st.sampled_from([False, False, True])):
            self.lines.append("")
        self.lines.append(f"{text}  {self._comment()}" if self._draw(st.booleans()) else text)

    def _comment(self) -> str:
        self._comments += 1
        return f"# remark {self._comments}."

    def tables(self, at: str, data: dict[str, Any]) -> None:
        plain = {key: value for key, value in data.items() if not self._is_header(value)}
        for key, value in plain.items():
            self.line(f"{key} = {self.value(value)}")
        for key, value in data.items():
            if key in plain:
                continue
            name = f"{at}{key}"
            for table in [value] if isinstance(value, dict) else value:
                self.line(f"[{name}]" if isinstance(value, dict) else f"[[{name}]]")
                self.tables(f"{name}.", table)

    def _is_header(self, value: Any) -> bool:
        tables = isinstance(value, dict) or (isinstance(value, list) and value and isinstance(value[0], dict))
        return bool(tables) and self._draw(st.sampled_from([True, True, False]))

    def value(self, value: Any) -> str:
        match value:
            case dict():
                return f"{{{', '.join(f'{key} = {self.value(each)}' for key, each in value.items())}}}"
            case [dict(), *_]:
                inside = [
                    f"    {self.value(each)},{f' {self._comment()}' * self._draw(st.booleans())}" for each in value
                ]
                return "\n".join(["[", *inside, "]"])
            case list():
                return f"[{', '.join(map(self.value, value))}]"
            case bool():
                return str(value).lower()
            case str():
                return f"'{value}'" if self._draw(st.booleans()) else f'"{value}"'
            case _:
                return str(value)


@st.composite
def texts(draw: st.DrawFn) -> str:
    writer = Writer(draw)
    writer.tables("", draw(PROFILES))
    end = draw(st.sampled_from(["\n", "\n", "\r\n"]))
    return end.join("\n".join(writer.lines).split("\n")) + draw(st.sampled_from(["", end, end * 3]))


KEYBOARDS = st.sampled_from(["", "left", "right", "MPK mini"])
NOTES = st.integers(0, 127)
PLACES = st.lists(
    st.sampled_from(["auto", "track 1", "track 2", "cv", "channel 12"]), min_size=1, max_size=3, unique=True
)
EVENTS = st.builds(
    Event,
    st.sampled_from(Trigger),
    st.sampled_from([0, 1, 2, 3, 35, 36, 60]),
    KEYBOARDS,
    st.sampled_from([None, 1, 10]),
)
STEPS = st.one_of(
    st.builds(lambda name: lambda draft: draft.with_keyboard(name), KEYBOARDS.filter(bool)),
    st.just(lambda draft: draft.with_every_keyboard()),
    st.builds(lambda text: lambda draft: draft.described(text), st.text('ab "\\é\n', max_size=9)),
    st.builds(lambda word: lambda draft: draft.with_sustain(word), st.sampled_from(Sustain)),
    st.builds(
        lambda low, high, places, keyboard, exclusive, others: (
            lambda draft: draft.with_zone(
                *sorted((low, high)),
                [Destination.parse(each) for each in places],
                keyboard,
                exclusive=exclusive,
                others=others,
            )
        ),
        NOTES | st.just(0),
        NOTES | st.just(127),
        PLACES,
        KEYBOARDS,
        st.booleans(),
        st.booleans(),
    ),
    st.builds(
        lambda cc, macro, keyboard: lambda draft: draft.with_knob(cc, macro, keyboard),
        st.sampled_from([1, 2, 6, 16, 64, 74, 98, 119]),
        st.sampled_from("ABJZ"),
        KEYBOARDS,
    ),
    st.builds(
        lambda event, does: lambda draft: draft.with_binding(event, *does),
        EVENTS,
        st.sampled_from(
            [(Action.PANIC,), (Action.SUSTAIN,), (Action.USE, "gridrec"), (Action.TRACK, "2"), (Action.TRACK, "auto")]
        ),
    ),
)


def done(step: Callable[[Draft], Draft], draft: Draft) -> Draft | None:
    """Return what comes of a step, or None where it was refused, in a sentence."""
    before = draft.text
    try:
        return step(draft)
    except StepError as error:
        sentence = str(error)
    assert sentence
    assert "by hand" not in sentence, before
    return None


@given(texts(), st.lists(STEPS, min_size=1, max_size=4))
def test_whatever_is_edited_the_comments_stay_and_the_profile_is_valid_or_a_sentence_says_why_not(
    text: str, steps: list[Any]
) -> None:
    draft = Draft.of(text, SURROUNDINGS)
    for step in steps:
        if (after := done(step, draft)) is None:
            continue
        kept = comments(text.replace("\r", ""))
        assert [each for each in comments(after.text.replace("\r", "")) if each in kept] == kept
        # What is written is what is read, and nobody has read it but the reader of the bridge.
        assert Draft.of(after.text, SURROUNDINGS) == after
        assert after.profile.limits == draft.profile.limits
        assert after.profile.filters == draft.profile.filters
        assert len(after.profile.zones) >= len(draft.profile.zones)
        assert len(after.profile.bindings) >= len(draft.profile.bindings)
        draft = after
