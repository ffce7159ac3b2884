import re
from dataclasses import asdict
from pathlib import Path

import pytest

from a4bridge.core.boxes import box
from a4bridge.core.compile import box_in_use
from a4bridge.core.settings import Channels, Settings
from a4bridge.core.shipped import shipped
from a4bridge.core.tables import tables_of
from a4bridge.core.tomlfile import FileErrors, parse, read

EXAMPLE = shipped("config", "settings.toml")


def test_the_shipped_example_has_everything_at_its_default() -> None:
    assert read(EXAMPLE, Settings) == Settings()


def test_the_shipped_example_names_every_key() -> None:
    written = set(re.findall(r"^(?:# )?(\w+) = ", EXAMPLE.read_text(encoding="utf-8"), re.MULTILINE))
    tables = tables_of(Settings)
    keys = {key for table in tables.values() for key in table.fields}

    assert keys - {names[-1] for names in tables if names} - {"aliases"} <= written


def test_what_the_shipped_example_has_commented_out_is_valid_and_the_analog_fours_own() -> None:
    text = re.sub(r"^# (\w+ = )", r"\1", EXAMPLE.read_text(encoding="utf-8"), flags=re.MULTILINE)

    settings = parse(text.encode(), Path("settings.toml"), Settings)

    assert box_in_use(settings, None) == box("analog-four")
    assert settings.channels == Channels(
        auto=9, tracks=(1, 2, 3, 4), fx=5, cv=6, perf=8, macros=dict(box("analog-four").macros)
    )
    assert settings.records.model_dump() == asdict(box("analog-four").records)
    assert settings.aliases == {"keys": "Keystation 49", "pads": "MPK mini*"}


@pytest.mark.parametrize("name", ["a", "AB", "20", "0", "macro A"])
def test_a_macro_that_no_box_can_have_is_said(name: str) -> None:
    with pytest.raises(FileErrors) as caught:
        parse(f'[channels.macros]\nB = 1\n"{name}" = 2'.encode(), Path("settings.toml"), Settings)

    assert str(caught.value).startswith("settings.toml:3: channels.macros.")
    assert str(caught.value).endswith(": is no performance macro: they are called A to Z, or 1 to 19")


def test_without_a_file_everything_is_at_its_default() -> None:
    assert Settings.load(None) == Settings()


def test_an_alias_stands_for_its_match_and_anything_else_for_itself() -> None:
    settings = Settings(aliases={"keys": "Keystation 49"})

    assert settings.match("keys").text == "Keystation 49"
    assert settings.match("MPK mini*").text == "MPK mini*"
    with pytest.raises(ValueError, match="names no port"):
        settings.match("")
