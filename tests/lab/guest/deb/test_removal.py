"""The Debian package, taken out of a machine on which it plays. Afterwards it is gone."""

from pathlib import Path

from clock import wait_until
from files import lost_files, new_files
from package import heard, is_active, off, on, output_of, play_until_heard, press
from usb import A4_MKI, KEYSTATION, plugged

ADDITION = Path("/etc/systemd/system/a4bridge.service.d/profile.conf")


def test_its_own_installer_adds_only_the_profile_to_the_packages_unit() -> None:
    output_of("a4bridge", "service", "install", "--system", "--profile", "gridrec")

    assert not Path("/etc/systemd/system/a4bridge.service").exists()
    assert ADDITION.exists()
    assert is_active()


def test_removing_it_ends_what_sounds_and_keeps_the_configuration() -> None:
    with plugged(KEYSTATION, A4_MKI) as (keyboard, box):
        play_until_heard(keyboard, box)
        press(keyboard, 60, 64)
        wait_until("two notes", lambda: heard(box) == [on(60), on(64)])

        output_of("dpkg", "--remove", "a4bridge")

        wait_until("their ends", lambda: sorted(heard(box)[2:]) == [off(60), off(64)])
    assert not is_active()
    left = {name for name in new_files() if not name.startswith(("/etc/a4bridge", "/var/lib/a4bridge"))}
    enabled = "/etc/systemd/system/multi-user.target.wants/a4bridge.service"
    assert left == {enabled, str(ADDITION.parent), str(ADDITION)}
    assert Path("/etc/a4bridge/profiles/liverec.toml").read_text().endswith("# mine\n")
    assert Path("/var/lib/a4bridge/state.json").exists()
    assert not Path("/run/a4bridge").exists()


def test_purging_it_leaves_nothing() -> None:
    output_of("dpkg", "--purge", "a4bridge")

    assert new_files() == set()
    assert lost_files() == set()
    assert "\n0 unit files" in output_of("systemctl", "list-unit-files", "a4bridge*", code=1)
    assert not Path("/run/a4bridge").exists()
