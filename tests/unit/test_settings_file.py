import re
from pathlib import Path

import pytest

from a4bridge.core.settings import Channels, Settings
from a4bridge.core.shipped import shipped
from a4bridge.core.tomlfile import parse, read

EXAMPLE = shipped("config", "settings.toml")


def test_the_shipped_example_has_everything_at_its_default() -> None:
    assert read(EXAMPLE, Settings) == Settings()


def test_the_shipped_example_names_every_key() -> None:
    written = set(re.findall(r"^(?:# )?(\w+) = ", EXAMPLE.read_text(encoding="utf-8"), re.MULTILINE))
    tables = (Settings, Channels)

    assert {key for table in tables for key in table.model_fields} - {
        "channels",
        "aliases",
        "logging",
    } <= written


def test_what_the_shipped_example_has_commented_out_is_valid_and_the_analog_fours_own() -> None:
    text = re.sub(r"^# (\w+ = )", r"\1", EXAMPLE.read_text(encoding="utf-8"), flags=re.MULTILINE)

    settings = parse(text.encode(), Path("settings.toml"), Settings)

    assert settings.channels == Channels(auto=9, tracks=(1, 2, 3, 4), fx=5, cv=6)
    assert settings.aliases == {"keys": "Keystation 49", "pads": "MPK mini*"}


def test_without_a_file_everything_is_at_its_default() -> None:
    assert Settings.load(None) == Settings()


def test_an_alias_stands_for_its_match_and_anything_else_for_itself() -> None:
    settings = Settings(aliases={"keys": "Keystation 49"})

    assert settings.match("keys").text == "Keystation 49"
    assert settings.match("MPK mini*").text == "MPK mini*"
    with pytest.raises(ValueError, match="names no port"):
        settings.match("")
