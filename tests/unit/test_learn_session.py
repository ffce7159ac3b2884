"""Setting up by playing: what is asked, what it makes of answers, and the way back."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from a4bridge.core.boxes import box
from a4bridge.core.route import Sustain
from a4bridge.core.settings import Settings
from a4bridge.learn.asking import Ending
from a4bridge.learn.draft import Draft, Surroundings
from a4bridge.learn.gestures import QUIET_SECONDS, Played
from a4bridge.learn.session import MENU, Said, Session

KEYS: Final = "Keystation 49 MK3"
PADS: Final = "MPK mini"


def finds(name: str) -> list[str]:
    return [each for each in (KEYS, PADS) if name.lower() in each.lower()]


class Player:
    """Answers a session, by hand and by typing."""

    def __init__(self, text: str | None = None, **surroundings: Any) -> None:
        around = Surroundings(Path("/home/lead.toml"), Settings(), profiles=("liverec", "gridrec"))
        around = Surroundings(around.file, surroundings.pop("settings", around.settings), profiles=around.profiles)
        draft = Draft.of(text, around) if text else Draft.new(around)
        self.session = Session(draft, finds, new=text is None)
        self._now = 0.0

    def types(self, *words: str) -> Said:
        said = Said()
        for word in words:
            said = self.session.answer(word)
            assert not said.wrong, said.lines
        return said

    def mistypes(self, word: str) -> str:
        said = self.session.answer(word)
        assert said.wrong
        return " ".join(said.lines)

    def plays(self, *messages: Sequence[int], keyboard: str = KEYS) -> str:
        """Play messages, then nothing for a while; returns what was said."""
        lines: list[str] = []
        for message in messages:
            self._now += 0.01
            lines += self.session.hear(Played(keyboard, bytes(message), self._now)).lines
        self._now += 1.01 * QUIET_SECONDS
        return "\n".join([*lines, *self.session.settle(self._now).lines])

    def key(self, note: int, keyboard: str = KEYS, channel: int = 1) -> str:
        return self.plays([0x8F + channel, note, 100], [0x7F + channel, note, 64], keyboard=keyboard)

    def knob(self, number: int, keyboard: str = KEYS) -> str:
        return self.plays(*([0xB0, number, value] for value in range(9)), keyboard=keyboard)

    @property
    def data(self) -> dict[str, Any]:
        """What the profile says, without its description."""
        return {key: value for key, value in self.session.draft.document.data.items() if key != "description"}

    @property
    def asks(self) -> str:
        return self.session.question.partition("\n")[0]


@pytest.fixture
def player() -> Player:
    """A player whose keyboard is known."""
    player = Player()
    assert player.key(60) == "The keyboard is Keystation 49 MK3; its key C5 (60) came on channel 1."
    return player


def test_a_whole_profile_by_playing(player: Player) -> None:
    player.types("zone")
    assert player.key(36) == "The lowest is C3 (36)."
    assert player.key(59) == "The zone has C3 (36) to B4 (59)."
    player.types("2")
    assert player.types("").lines[0] == "C3 (36) to B4 (59): to track 2."
    player.types("knob", "")
    assert player.knob(74) == "CC 74 turns macro A."
    assert player.knob(74) == "", "the same knob still moves"
    assert player.knob(75) == "CC 75 turns macro B."
    player.types("", "pedal")
    assert player.plays([0xB0, 64, 127]) == "It sends CC 64."
    player.types("drop", "pad")
    assert player.key(36, channel=10) == "That is the note C3 (36) on channel 10."
    player.types("panic", "write", "yes")

    assert player.session.ending is Ending.WRITE
    only_knobs = {"notes": False, "pitch_bend": False, "channel_pressure": False, "control_changes": []}
    assert player.data == {
        "inputs": [KEYS],
        "sustain": "drop",
        "zones": [
            {"keys": "36..59", "destination": "track 2", "exclusive": True},
            {"name": "other keys", "destination": "auto"},
            {
                "name": "knobs",
                "destination": "auto",
                "filters": only_knobs,
                "knobs": [{"cc": 74, "to": "macro A"}, {"cc": 75, "to": "macro B"}],
            },
        ],
        "bindings": [{"channel": 10, "note": 36, "panic": True}],
    }


def test_the_same_by_typing(player: Player) -> None:
    player.types("2", "C3", "B4", "track 2", "no", "3", "c", "cc 74", "menu", "4", "64", "pass")
    player.types("pad", "cc 80", "use gridrec", "pad", "program 3", "panic", "pad", "C1", "sustain")

    assert player.data["zones"][0] == {
        "keys": "36..59",
        "destination": "track 2",
        "knobs": [{"cc": 74, "to": "macro C"}],
    }
    assert player.data["bindings"] == [
        {"cc": 80, "use": "gridrec"},
        {"program": 3, "panic": True},
        {"note": 12, "sustain": True},
    ]


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("9", "track 9: an Analog Four has tracks 1 to 4."),
        ("1 9", "track 9: an Analog Four has tracks 1 to 4."),
        ("fx perf", '"fx perf" is no destination; did you mean "perf"?'),
    ],
)
def test_a_place_that_the_box_does_not_have_is_refused_where_it_is_asked_for(
    player: Player, word: str, says: str
) -> None:
    player.types("zone", "C3", "B3")

    assert player.mistypes(word) == says

    assert player.asks == "Where do they go?"
    player.types("2", "yes")
    assert player.data["zones"][0]["destination"] == "track 2"


def test_all_keys_are_the_profile_s_destination_and_pads_choose_the_track(player: Player) -> None:
    player.types("zone", "", "", "3", "pad")
    player.key(40, channel=10)
    player.types("2", "pad")
    player.key(40, channel=10)
    player.types("auto", "pad", "C#3", "1")

    assert player.data == {
        "inputs": [KEYS],
        "destination": "track 3",
        "bindings": [{"channel": 10, "note": 40, "track": "auto"}, {"note": 37, "track": 1}],
    }


def test_a_track_cannot_be_chosen_where_there_are_several_destinations(player: Player) -> None:
    player.types("zone", "C3", "C4", "2", "", "pad", "cc 80")

    assert player.mistypes("2").startswith("This profile has several destinations")
    assert player.mistypes("5") == "There is no track 5: they are 1 to 4, and auto."
    assert player.mistypes("gridrek") == 'No profile is called "gridrek"; did you mean "gridrec"?'
    assert player.asks == "What does it do?"


def test_keys_that_a_zone_has_already_sound_in_both_or_in_the_new_one(player: Player) -> None:
    player.types("zone", "C3", "B4", "2", "no")
    player.types("zone", "C4", "C6", "3")
    assert player.asks.startswith("Some of these keys have a zone already: C3 (36) to B4 (59) to track 2.")
    player.types("only")
    said = player.types("zone", "C7", "C8", "1 2")

    assert [zone.get("exclusive") for zone in player.data["zones"]] == [None, True, None]
    assert player.data["zones"][2]["destination"] == ["track 1", "track 2"]
    assert said.lines[1].startswith("No zone has C0 (0) to B2 (35), C#6 (73) to B6 (83) and ")


def test_the_two_keys_of_a_zone_may_come_in_any_order_but_of_one_keyboard(player: Player) -> None:
    player.types("zone")
    player.key(72)

    assert player.key(36, keyboard=PADS) == (
        "That key is on MPK mini, and the lowest is on Keystation 49 MK3: press the highest there, too."
    )
    assert player.key(48) == "The zone has C4 (48) to C6 (72)."


def test_of_two_keyboards_each_has_its_zones_knobs_and_pads(player: Player) -> None:
    player.types("keyboard")
    assert player.key(60, keyboard=PADS).startswith("The keyboard is MPK mini;")
    player.types("keyboard")
    assert "is played already" in player.key(60, keyboard=PADS)
    player.types("zone")
    player.key(36, keyboard=PADS)
    player.key(48, keyboard=PADS)
    player.types("2", "no", "zone")
    player.key(0)
    player.key(127)
    player.types("1", "knob", "")
    player.knob(70, keyboard=PADS)
    player.types("menu", "pad")
    player.key(40, keyboard=PADS, channel=10)
    player.types("panic")

    keys, everything, knobs = player.data["zones"]
    assert keys == {"input": PADS, "keys": "36..48", "destination": "track 2"}
    assert everything == {"input": KEYS, "destination": "track 1"}
    assert (knobs["input"], knobs["filters"]["notes"]) == (PADS, False)
    assert knobs["knobs"] == [{"cc": 70, "to": "macro A"}]
    assert player.data["bindings"] == [{"input": PADS, "channel": 10, "note": 40, "panic": True}]


def test_what_comes_from_a_keyboard_that_is_not_played_is_bound_to_that_one(player: Player) -> None:
    player.types("pad")
    player.key(40, keyboard=PADS, channel=10)
    player.types("2")

    assert player.data["bindings"] == [{"input": PADS, "channel": 10, "note": 40, "track": 2}]


@pytest.mark.parametrize(
    ("messages", "says"),
    [
        ([[0xE0, 0, 64]], "That is the pitch wheel of Keystation 49 MK3; press a key."),
        (
            [[0xD0, 64], [0xD0, 65]],
            "That is pressure on the keys (channel pressure) of Keystation 49 MK3; press a key.",
        ),
        ([[0xF8], [0xFE], [0x80, 60, 64], [0x90, 60, 0]], ""),
    ],
    ids=["wheel", "pressure once", "clock and key up"],
)
def test_what_is_no_key_tells_no_keyboard(messages: list[list[int]], says: str) -> None:
    player = Player()

    assert player.plays(*messages) == says
    assert player.asks.startswith("Press a key")


def test_a_knob_without_a_control_change_is_refused_with_what_came(player: Player) -> None:
    player.types("knob", "a")

    nrpn = [[0xB0, *pair] for value in range(9) for pair in ((99, 1), (98, 3), (6, value))]
    assert player.plays(*nrpn).startswith("It sends NRPN 1:3, several messages")
    assert player.plays([0xD0, 9], [0xD0, 10]) == (
        "That is pressure on the keys (channel pressure); it takes a control change (CC)."
    )
    assert player.knob(64).startswith("That is the sustain pedal, CC 64")
    assert "zones" not in player.data
    assert player.knob(16) == "CC 16 turns macro A."


def test_a_knob_that_turned_something_else_turns_the_new_macro_and_a_macro_has_the_new_knob(player: Player) -> None:
    player.types("knob", "a", "74", "menu", "knob", "b", "75", "menu", "knob", "c")
    assert player.knob(74) == "CC 74 turns macro C, and macro A no more."
    player.types("menu", "knob", "b", "76")

    assert player.data["zones"][0]["knobs"] == [{"cc": 74, "to": "macro C"}, {"cc": 76, "to": "macro B"}]


def test_after_the_last_macro_the_menu_comes(player: Player) -> None:
    player.types("knob", "i", "80", "81")

    assert player.asks.startswith("What next?")


@pytest.mark.parametrize(
    ("treads", "answers", "becomes"),
    [
        ([[0xB0, 64, 127]], [""], {"sustain": "hold"}),
        ([[0xB0, 64, 127], [0xB0, 64, 0]], ["drop"], {"sustain": "drop"}),
        (
            [[0xB0, 64, 127]],
            ["f"],
            {"sustain": "drop", "zones": [{"destination": "auto", "knobs": [{"cc": 64, "to": "macro F"}]}]},
        ),
        ([[0xB0, 66, 127]], [""], {"bindings": [{"cc": 66, "sustain": True}]}),
        (
            [[0xB0, 11, value] for value in range(9)],
            ["e"],
            {"zones": [{"destination": "auto", "knobs": [{"cc": 11, "to": "macro E"}]}]},
        ),
        ([[0x9F, 24, 100]], [""], {"bindings": [{"channel": 16, "note": 24, "sustain": True}]}),
    ],
    ids=["sustain", "dropped", "as a macro", "another switch", "expression", "a note"],
)
def test_pedals(player: Player, treads: list[list[int]], answers: list[str], becomes: dict[str, Any]) -> None:
    player.types("pedal")
    player.plays(*treads)
    player.types(*answers)

    assert player.data == {"inputs": [KEYS], **becomes}


def test_a_program_change_is_no_pedal(player: Player) -> None:
    player.types("pedal")

    assert player.plays([0xC0, 5]).startswith(
        "It sends a program change, which says nothing of when the foot is lifted"
    )
    assert player.asks == "Tread the pedal."


def test_a_keyboard_can_be_named_and_every_keyboard_be_taken() -> None:
    player = Player()
    player.types("mpk")
    assert player.data["inputs"] == ["mpk"]
    assert "nothing that is plugged in is called so" in player.types("keyboard", "nord").lines[0]
    assert player.types("keyboard", "").lines == ("Every keyboard that is found is played.",)
    assert player.data["inputs"] == []
    assert "numbers that change" in Player().mistypes("20:0")


def test_the_box_that_is_linked_decides_which_tracks_and_macros_there_are() -> None:
    settings = Settings(box="analog-rytm")
    player = Player(settings=settings)
    player.types("menu", "knob")
    assert "(1 to 12; Enter: 1)" in player.session.question
    player.types("menu", "zone", "", "")
    assert f"1 to {len(box('analog-rytm').tracks)}: that track" in player.session.question
    assert Player(settings=Settings(box="digitakt")).session.answer("menu") == Said()


def test_a_box_without_macros_has_no_knobs_to_give() -> None:
    player = Player(settings=Settings(box="digitakt"))
    player.types("menu")

    assert player.mistypes("knob").startswith("Of the Digitakt no performance macros are known")
    player.types("pedal", "64", "hold")


def test_notes_are_named_as_the_settings_name_them() -> None:
    player = Player(settings=Settings(middle_c=3))
    assert "key C3 (60)" in player.key(60)
    player.types("zone", "C3", "C4", "2", "no")
    assert player.data["zones"][0]["keys"] == "60..72"


def test_an_edited_profile_keeps_what_it_has_and_its_bound_pads_get_the_new_action() -> None:
    text = (
        '# mine\ndescription = "x"\nlimits = { bend_and_pressure = 0 }  # all of it\n'
        '[[bindings]]\nnote = "C3"  # a pad\ntrack = 1\n'
    )
    player = Player(text)
    assert player.asks == "What next?"
    player.types("pad")
    assert player.key(36, channel=10).endswith("on channel 10, now: track 1.")
    player.types("panic")

    assert player.session.draft.text == text.replace("track = 1\n", "panic = true\n")


def test_an_edited_profile_that_is_as_it_was_has_nothing_to_write() -> None:
    player = Player('description = "x"\n')
    assert player.mistypes("write").startswith("Nothing has changed")
    player.types("describe", "y", "undo")
    assert player.mistypes("write").startswith("Nothing has changed")
    player.types("quit")
    assert player.session.ending is Ending.QUIT


def test_it_is_shown_before_it_is_written_and_no_goes_back(player: Player) -> None:
    said = player.types("write")
    assert said.text == player.session.draft.text
    assert said.lines[0].startswith("lead: all keys to the auto channel")
    player.types("no")
    assert player.asks[:10] == "What next?"
    assert not player.session.ending
    player.types("write", "")
    assert player.session.ending is Ending.WRITE
    player.session.go_on()
    assert player.asks[:10] == "What next?"
    assert not player.session.ending


def test_leaving_with_something_done_is_asked_about(player: Player) -> None:
    player.types("quit", "no")
    assert player.session.ending is None
    player.types("quit", "")
    assert player.session.ending is Ending.QUIT


def test_undo_goes_back_by_a_question_and_from_the_menu_by_a_step(player: Player) -> None:
    before = player.session.draft
    player.types("zone", "C3", "C4", "undo")
    assert player.asks == "Press its highest key."
    player.types("C5", "2", "no")
    assert player.data["zones"][0]["keys"] == "36..60"
    assert player.types("undo").lines[0].startswith("Undone: C3 (36) to C5 (60): to track 2.")
    assert player.session.draft == before
    player.types("knob", "a", "74", "undo")
    assert (player.asks, player.session.draft) == ("Turn the knob for macro A.", before)
    player.types("menu", "undo")
    assert player.data == {}
    assert player.types("undo").lines == ("There is nothing to undo.",)


def test_a_word_of_the_menu_may_be_short_and_another_is_told() -> None:
    player = Player('description = "x"\n')
    assert player.mistypes("zoen") == '"zoen" is none of the words; did you mean "zone"?'
    assert player.mistypes("11") == '"11" is none of the words.'
    assert player.mistypes("p").endswith("is none of the words.")
    player.types("pe")
    assert player.asks == "Tread the pedal."


WORDS = st.sampled_from(
    [*MENU, *(str(number) for number in range(12)), "", "auto", "yes", "no", "only", "C3", "a", "cc 74", "64", "panic"]
) | st.text(max_size=6)
PLAYED = st.builds(
    lambda keyboard, kind, data: (keyboard, bytes([kind, *data[: 1 if kind & 0xF0 in {0xC0, 0xD0} else 2]])),
    st.sampled_from([KEYS, PADS]),
    st.sampled_from([0x90, 0x99, 0x80, 0xB0, 0xB1, 0xC0, 0xD0, 0xE0]),
    st.tuples(st.sampled_from([1, 6, 36, 48, 64, 74, 99, 123]), st.sampled_from([0, 1, 64, 127])),
)


@given(st.none() | st.just('description = "x"  # mine\nsustain = "drop"\n'), st.lists(WORDS | PLAYED, max_size=25))
def test_whatever_is_typed_and_played_the_profile_is_valid_and_undone_to_the_end_it_is_as_before(
    text: str | None, moves: list[str | tuple[str, bytes]]
) -> None:
    player = Player(text)
    session, begin = player.session, player.session.draft
    for move in moves:
        if session.ending:
            session.go_on()
        if isinstance(move, str):
            said = session.answer(move)
            assert said.lines or not said.wrong
        else:
            player.plays(move[1], keyboard=move[0])
        assert session.question
        assert Draft.of(session.draft.text, session.draft.surroundings) == session.draft
        assert session.draft.profile.sustain in Sustain
    session.go_on()
    while session.answer("undo").lines != ("There is nothing to undo.",):
        session.answer("menu")
    assert session.draft == begin
