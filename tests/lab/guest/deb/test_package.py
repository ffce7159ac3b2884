"""The Debian package, installed on a machine that runs, and upgraded while it plays. It stays installed."""

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from clock import wait_until
from files import new_files, remember_files
from package import (
    NEWER,
    OLDER,
    PAGE,
    PLAYER,
    STRANGER,
    add_users,
    heard,
    is_active,
    journal,
    off,
    on,
    output_of,
    play_until_heard,
    press,
    property_of_service,
)
from usb import A4_MKI, KEYSTATION, Gadget, Model, plugged

SHIPPED = Path("/usr/lib/python3/dist-packages/a4bridge")
PROFILES = Path("/etc/a4bridge/profiles")
ANALYSE = ("systemd-analyze", "security", "--no-pager", "a4bridge-web")
EXPOSURE = 2.0
"""What systemd-analyze says at most of a service that listens; 10 is the worst."""


@pytest.fixture(scope="module", autouse=True)
def machine_with_people() -> None:
    add_users()
    remember_files()


@pytest.fixture
def keyboard_and_box() -> Iterator[tuple[Gadget, Gadget]]:
    with plugged(KEYSTATION, A4_MKI) as (keyboard, box):
        play_until_heard(keyboard, box)
        yield keyboard, box


def test_installing_enables_and_starts_it() -> None:
    said = output_of("dpkg", "--install", str(OLDER))

    assert "warning" not in said.lower()
    assert output_of("systemctl", "is-enabled", "a4bridge").strip() == "enabled"
    assert is_active(), journal()
    assert property_of_service("Type") == "notify"
    assert Path(f"/proc/{property_of_service('MainPID')}").owner() == "a4bridge"


def test_every_module_is_compiled() -> None:
    modules = list(SHIPPED.rglob("*.py"))

    assert len(modules) > 50
    assert [each for each in modules if not list(each.parent.glob(f"__pycache__/{each.stem}.*.pyc"))] == []


def test_the_profiles_are_configuration_and_none_is_said_to_hide_another() -> None:
    conffiles = output_of("dpkg-query", "--show", "--showformat=${Conffiles}", "a4bridge")

    assert {f"/etc/a4bridge/profiles/{each.name}" for each in PROFILES.iterdir()} <= set(conffiles.split())
    assert "/etc/a4bridge/settings.toml" in conffiles
    assert "instead of" not in output_of("a4bridge", "profiles", user=STRANGER)


def test_a_key_is_heard_at_the_box(keyboard_and_box: tuple[Gadget, Gadget]) -> None:
    keyboard, box = keyboard_and_box

    press(keyboard, 60)

    wait_until("the note", lambda: heard(box) == [on(60)])


def test_the_group_audio_may_tell_it_things(keyboard_and_box: tuple[Gadget, Gadget]) -> None:
    keyboard, box = keyboard_and_box
    status = output_of("a4bridge", "status", user=PLAYER)
    assert "Keystation 49 MK3" in status
    assert "Elektron Analog Four" in status

    output_of("a4bridge", "track", "2", user=PLAYER)
    press(keyboard, 60)
    wait_until("the note on track 2", lambda: heard(box) == [on(60, channel=2)])
    output_of("a4bridge", "panic", user=PLAYER)
    assert off(60, channel=2) in heard(box)
    output_of("a4bridge", "use", "gridrec", user=PLAYER)
    assert "gridrec" in output_of("a4bridge", "status", user=PLAYER)
    output_of("a4bridge", "use", "liverec", user=PLAYER)


def test_root_may_too(keyboard_and_box: tuple[Gadget, Gadget]) -> None:
    assert "liverec" in output_of("a4bridge", "status")
    output_of("a4bridge", "reload")


def test_anybody_else_is_told_in_a_sentence_why_not() -> None:
    said = output_of("a4bridge", "panic", user=STRANGER, code=1)

    assert "audio" in said
    assert "Traceback" not in said


def test_bash_offers_the_ports_that_are_there(keyboard_and_box: tuple[Gadget, Gadget]) -> None:
    script = """
        . /usr/share/bash-completion/completions/a4bridge
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        _a4bridge_completion a4bridge
        printf '%s\\n' "${COMPREPLY[@]}"
    """

    def offered(*typed: str) -> list[str]:
        return output_of("bash", "--norc", "-c", script, "bash", "a4bridge", *typed).split("\n")[:-1]

    assert offered("--output", "Elek") == ["Elektron\\ Analog\\ Four"]
    assert offered("--input", "keys") == ["Keystation\\ 49\\ MK3\\ MIDI\\ 1", "Keystation\\ 49\\ MK3\\ MIDI\\ 2"]
    assert offered("--input", "Keystation\\ 49\\ MK3\\ MIDI\\ 2") == ["Keystation\\ 49\\ MK3\\ MIDI\\ 2"]
    assert offered("--input", '"Keystation 49 MK3 MIDI 1') == ["Keystation 49 MK3 MIDI 1"]


def test_the_page_is_a_package_of_its_own_that_runs_when_it_is_asked_for(
    keyboard_and_box: tuple[Gadget, Gadget],
) -> None:
    files = set(output_of("find", "/etc", "/usr", "/var/lib", "-xdev").split("\n"))
    output_of("dpkg", "--install", str(PAGE))
    assert output_of("systemctl", "is-enabled", "a4bridge-web", code=1).strip() == "disabled"
    assert output_of("systemctl", "is-active", "a4bridge-web", code=3).strip() == "inactive"

    output_of("systemctl", "start", "a4bridge-web")
    assert asyncio.run(looked_at("http://localhost:8404"))["output"]["name"].startswith("Elektron Analog Four")
    assert "\npage       http://127.0.0.1:8404/\n" in output_of("a4bridge", "status", user=PLAYER)
    assert "Permission denied" in output_of("cat", "/run/a4bridge-web/web.json", code=1, user=STRANGER)
    main = output_of("systemctl", "show", "-P", "MainPID", "a4bridge-web").strip()
    assert Path(f"/proc/{main}").owner() == "a4bridge-web"
    exposure = re.search(r"exposure level for a4bridge-web\.service: ([\d.]+)", output_of(*ANALYSE))
    assert exposure
    assert float(exposure[1]) <= EXPOSURE

    output_of("systemctl", "stop", "a4bridge-web")
    assert output_of("systemctl", "show", "-P", "Result", "a4bridge-web").strip() == "success"
    output_of("dpkg", "--purge", "a4bridge-web")
    left = set(output_of("find", "/etc", "/usr", "/var/lib", "-xdev").split("\n")) - files
    assert {name for name in left if "web" in name and not re.match("/var/lib/(dpkg|systemd)/", name)} == set()


async def looked_at(url: str) -> dict[str, Any]:
    """Return what a phone that opens the page is told, as soon as the bridge is linked."""
    facts: dict[str, Any] = {}
    async with aiohttp.ClientSession() as client:
        async with client.get(url, headers={"Host": "evil.example"}) as answer:
            assert answer.status == 403
        async with client.ws_connect(f"{url}/live", headers={"Origin": url}) as live:
            while not facts.get("linked"):
                facts |= (await live.receive_json()).get("facts", {})
    return facts


def test_a_power_saver_lets_a_keyboard_be() -> None:
    rule = Path("/etc/udev/rules.d/50-saver.rules")
    rule.write_text('ACTION=="add", SUBSYSTEM=="usb", TEST=="power/control", ATTR{power/control}="auto"\n')
    output_of("udevadm", "control", "--reload")
    try:
        with plugged(KEYSTATION, Model("thing", 0x1234, 0x0001, "Any", "Thing without MIDI", ports=0)):
            output_of("udevadm", "settle")
            power = {
                device.joinpath("product").read_text().strip(): device.joinpath("power/control").read_text().strip()
                for device in Path("/sys/bus/usb/devices").iterdir()
                if (device / "product").exists()
            }
    finally:
        rule.unlink()

    assert power[KEYSTATION.product] == "on"
    assert power["Thing without MIDI"] == "auto"


def test_systemctl_reload_says_what_is_wrong(keyboard_and_box: tuple[Gadget, Gadget]) -> None:
    settings = Path("/etc/a4bridge/settings.toml")
    right = settings.read_text()
    output_of("systemctl", "reload", "a4bridge")

    settings.write_text(right.replace('box = ""', "box = 7"))
    try:
        output_of("systemctl", "reload", "a4bridge", code=1)
        assert "/etc/a4bridge/settings.toml:" in journal()
    finally:
        settings.write_text(right)

    keyboard, box = keyboard_and_box
    play_until_heard(keyboard, box)


def test_an_upgrade_ends_what_sounds_keeps_what_was_chosen_and_plays_on(
    keyboard_and_box: tuple[Gadget, Gadget],
) -> None:
    keyboard, box = keyboard_and_box
    output_of("a4bridge", "use", "gridrec")
    mine = PROFILES / "liverec.toml"
    mine.write_text(mine.read_text() + "# mine\n")
    before = property_of_service("MainPID")
    box.ports[0].forget()
    press(keyboard, 60, 64, 67)
    wait_until("the chord", lambda: heard(box) == [on(60), on(64), on(67)])

    said = output_of("dpkg", "--install", "--force-confdef", "--force-confold", str(NEWER))

    assert "Configuration file '/etc/a4bridge/profiles/liverec.toml'" in said
    wait_until("three ends", lambda: {off(60), off(64), off(67)} <= set(heard(box)))
    assert is_active(), journal()
    assert property_of_service("MainPID") != before
    play_until_heard(keyboard, box)
    assert json.loads(output_of("a4bridge", "status", "--json"))["profile"]["name"] == "gridrec"
    assert mine.read_text().endswith("# mine\n")
    assert "newer" in mine.with_name("liverec.toml.dpkg-dist").read_text()
    assert "newer" in (PROFILES / "gridrec.toml").read_text()  # nobody had changed it
    assert "liverec.toml, instead of the one in /usr/lib/" in output_of("a4bridge", "profiles")


def test_nothing_is_written_but_the_package_and_what_is_remembered() -> None:
    packages = set(output_of("dpkg-query", "--listfiles", "a4bridge").split("\n"))
    enabled = "/etc/systemd/system/multi-user.target.wants/a4bridge.service"

    others = {name for name in new_files() - packages if "__pycache__" not in name and not name.endswith(".dpkg-dist")}

    remembered = {"/var/lib/a4bridge", "/var/lib/a4bridge/state.json", "/var/lib/a4bridge/start.json"}
    assert others == {enabled, *remembered}
