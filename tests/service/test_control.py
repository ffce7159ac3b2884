"""A running bridge is told things: by the verbs as a person types them, and over its socket."""

import json
import os
import re
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from running import (
    ANALOG_FOUR,
    KEYSTATION,
    MINILAB,
    PATIENCE,
    Running,
    Start,
    Synth,
    plug_both,
    started,
    write_config,
)

from a4bridge.backend.loopback import Hub
from a4bridge.control.client import RefusedError
from a4bridge.control.wire import Feed, Status, Track, Use, Watch, encode_request

C5_ON = b"\x90\x3c\x64"
C5_OFF = b"\x80\x3c\x40"


def test_status_says_what_is_linked_sounds_and_was_played(hub: Hub, start: Start, tmp_path: Path) -> None:
    keyboard, synth = plug_both(hub)
    bridge = started(start)
    keyboard.play(C5_ON)
    synth.next()
    with bridge.connect() as connection:
        while connection.ask(Status())["forwarded"] == 0:  # until the engine has brought it to the page
            pass

    text = bridge.told("status")
    told = json.loads(bridge.told("status", "--json"))

    assert text.startswith(f"The user's bridge, {tmp_path}/run/control\nprocess    {bridge.process.pid}, engine ")
    assert "\ninput      Keystation 49 MK3:Keystation 49 MK3 MIDI 1, open\n" in text
    assert "\nsounding   C5 (60) on channel 9\n" in text
    assert (told["pid"], told["engine_pid"]) == (bridge.process.pid, bridge.engine_pid())
    assert told["socket"] == f"{tmp_path}/run/control"
    assert told["profile"] == {
        "name": "liverec",
        "file": told["profile"]["file"],
        "sent": False,
        "track": "",
        "tracks": ["auto", "1", "2", "3", "4"],
        "destination": "auto channel 9",
    }
    assert Path(told["profile"]["file"]).name == "liverec.toml"
    assert told["sounding"] == [{"channel": 9, "note": 60, "name": "C5"}]
    assert told["forwarded"] == 1
    assert told["took_us"]["max"] > 0


def test_status_counts_what_the_engine_waited_for_since_it_was_linked_as_it_is(hub: Hub, start: Start) -> None:
    keyboard, synth = plug_both(hub)
    bridge = started(start)
    notes = 200

    def waits() -> int:
        told = bridge.ask(Status())
        assert set(told["faults"]) == {"major", "minor"}
        voluntary: int = told["switches"]["voluntary"]
        return voluntary

    while (before := waits()) < notes:
        # Where the machine is busy a note comes before the callback waits for it: that many are not enough.
        keyboard.play(C5_ON)
        synth.next()
    hub.plug(MINILAB)
    bridge.says(r"Keystation 49 MK3 \+ Minilab3 ->")
    while (after := waits()) >= notes:  # what is linked is said a moment before it is counted
        pass

    assert before >= notes > after
    text = bridge.told("status")
    assert re.search(
        r"\nfaults +\d+ major, \d+ minor, of the engine since it was linked\nswitches +\d+ involuntary", text
    )
    assert len(bridge.ask(Status())["real_time"]["priorities"]["callbacks"]) == len([KEYSTATION, MINILAB])


def test_status_of_one_that_waits_says_for_what_and_has_its_own_exit_code(hub: Hub, start: Start) -> None:
    hub.plug(KEYSTATION)
    bridge = start("--profile", "liverec")
    bridge.says("waiting for an Analog Four")

    assert "\nwaiting    for an Analog Four: no Elektron box is here to play to\n" in bridge.told("status", code=6)
    told = json.loads(bridge.told("status", "--json", code=6))
    assert (told["linked"], told["output"]) == (False, None)


def test_where_none_is_running_every_verb_says_so(hub: Hub, start: Start, tmp_path: Path) -> None:
    bridge = started_and_stopped(hub, start)

    for verb in ["status"], ["use", "gridrec"], ["track", "2"], ["reload"], ["watch"]:
        assert bridge.told(*verb, code=5).startswith(f"No bridge is running (looked for {tmp_path}/run/control and ")
    assert json.loads(bridge.told("status", "--json", code=5))["running"] is False
    other = tmp_path / "other"
    assert bridge.told("panic", "--socket", str(other), code=5) == (f"No bridge is running (looked for {other}).\n")


def started_and_stopped(hub: Hub, start: Start) -> Running:
    plug_both(hub)
    bridge = started(start)
    bridge.process.terminate()
    assert bridge.ends() == 0
    return bridge


def test_a_bridge_that_was_killed_leaves_a_socket_that_nobody_takes_for_it(
    hub: Hub, start: Start, tmp_path: Path
) -> None:
    plug_both(hub)
    bridge = started(start)
    bridge.process.kill()
    bridge.ends()

    assert f"; {tmp_path}/run/control was left by one that is gone)" in bridge.told("status", code=5)
    again = started(start)
    assert again.told("status").splitlines()[1].startswith(f"process    {again.process.pid},")


def test_use_switches_to_a_profile_by_its_name(hub: Hub, start: Start, tmp_path: Path) -> None:
    keyboard, synth = plug_both(hub)
    write_config(tmp_path, "profiles/other.toml", 'description = "other"\ndestination = "track 2"\n')
    bridge = started(start)

    said = bridge.told("use", "other")

    assert said == f"switched to other, track 2 (channel 2)  (the user's bridge, {tmp_path}/run/control)\n"
    keyboard.play(C5_ON)
    assert synth.next() == b"\x91\x3c\x64"


def test_use_sends_the_text_of_a_file_that_the_bridge_need_not_be_able_to_read(
    hub: Hub, start: Start, tmp_path: Path
) -> None:
    keyboard, synth = plug_both(hub)
    file = tmp_path / "mine.toml"
    file.write_text('description = "mine"\ndestination = "track 3"\n')
    bridge = started(start)

    bridge.told("use", str(file))
    file.unlink()

    keyboard.play(C5_ON)
    assert synth.next() == b"\x92\x3c\x64"
    assert "\nprofile    mine, track 3 (channel 3) (sent by a client)\n" in bridge.told("status")


def test_a_file_that_cannot_be_used_gets_a_sentence_and_the_old_route_plays_on(
    hub: Hub, start: Start, tmp_path: Path
) -> None:
    keyboard, synth = plug_both(hub)
    bridge = started(start)
    file, other = tmp_path / "mine.toml", tmp_path / "Mine.toml"
    name = '"Mine" is no name for a profile: a-z, 0-9, - and _ may be in it.'
    for content, sentence in (
        (b'description = "x"\n\ndestinaton = "track 3"\n', "mine.toml:3: destinaton: is not a key; did you mean"),
        (b'description = "x"\ndestination = "track 7"\n', "mine.toml:2: destination: track 7: an Analog Four"),
        (b'description = "\n\n\xff"', "mine.toml:3: is not UTF-8 text"),
        (b"#" * 40_000, "mine.toml: is longer than 32 KiB"),
    ):
        file.write_bytes(content)
        assert sentence in bridge.told("use", str(file), code=2)
    file.unlink()

    assert f"{file}: cannot be read: no such file" in bridge.told("use", str(file), code=2)
    assert bridge.told("use", str(other), code=2) == f"{other}: {name}\n"
    keyboard.play(C5_ON)
    assert synth.next() == b"\x98\x3c\x64"


def test_over_the_socket_no_file_can_be_named(hub: Hub, start: Start, tmp_path: Path) -> None:
    plug_both(hub)
    (tmp_path / "mine.toml").write_text('description = "mine"\n')
    bridge = started(start)

    for name in str(tmp_path / "mine.toml"), "../mine", "mine.toml":
        with pytest.raises(RefusedError, match="is no name for a profile"):
            bridge.ask(Use(name))


def test_track_sends_everything_elsewhere_or_says_why_not(hub: Hub, start: Start, tmp_path: Path) -> None:
    keyboard, synth = plug_both(hub)
    bridge = started(start)

    assert bridge.told("track", "2").startswith("liverec, now to track 2 (channel 2)  (")
    keyboard.play(C5_ON)
    assert synth.next() == b"\x91\x3c\x64"
    assert "track 7 cannot be used" in bridge.told("track", "7", code=2)
    bridge.told("use", "split")
    assert "split has several destinations" in bridge.told("track", "2", code=2)
    keyboard.play(C5_OFF)
    assert synth.next() == b"\x81\x3c\x40"


def test_a_broken_file_is_told_at_reload_and_in_the_status_until_it_is_mended(
    hub: Hub, start: Start, tmp_path: Path
) -> None:
    keyboard, synth = plug_both(hub)
    file = write_config(tmp_path, "profiles/mine.toml", 'description = "mine"\n')
    bridge = started(start, "--profile", "mine")

    file.write_text('description = "mine"\n\ncolour = 2\n')
    broken = bridge.told("reload", code=2)
    trouble = bridge.ask(Status())["trouble"]
    keyboard.play(C5_ON)
    assert synth.next() == b"\x98\x3c\x64"
    file.write_text('description = "mine"\ndestination = "track 2"\n')
    mended = bridge.told("reload")

    assert f"{file}:3: colour: is not a key" in broken
    assert (trouble["file"], trouble["line"], trouble["key"]) == (str(file), 3, "colour")
    assert mended.startswith("read again: mine, track 2 (channel 2)  (")
    assert bridge.ask(Status())["trouble"] is None


def test_panic_silences_the_box_through_the_bridge(hub: Hub, start: Start) -> None:
    keyboard, synth = plug_both(hub)
    bridge = started(start)
    keyboard.play(C5_ON)
    synth.next()

    assert bridge.told("panic").startswith("every note on channels 1 to ")

    assert synth.next() == C5_OFF.replace(b"\x80", b"\x88")
    assert bridge.ask(Status())["sounding"] == []


def test_panic_silences_the_box_where_no_bridge_runs(hub: Hub, start: Start) -> None:
    synth = Synth()
    hub.plug(ANALOG_FOUR, synth)
    hub.plug(KEYSTATION)
    bridge = started(start)
    bridge.process.terminate()
    bridge.ends()

    said = bridge.told("panic", "--backend", f"loopback:{hub.address}")

    assert said == "no bridge is running; every note on Elektron Analog Four is ended\n"
    assert [synth.next() for _ in range(128)] == [bytes([0x80, note, 0x40]) for note in range(128)]
    assert synth.next() == b"\xb0\x7b\x00"


@contextmanager
def watching(bridge: Running, *options: str) -> Iterator[subprocess.Popen[str]]:
    """Give a running `a4bridge watch` that has begun."""
    with subprocess.Popen(
        [sys.executable, "-P", "-u", "-m", "a4bridge", "watch", *options],
        env=bridge.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as verb:
        assert verb.stderr
        assert verb.stderr.readline() == f"watching the user's bridge, {bridge.directory}/run/control\n"
        try:
            yield verb
        finally:
            verb.kill()


def test_watch_shows_what_is_said_and_played_until_the_bridge_ends(hub: Hub, start: Start) -> None:
    keyboard, _ = plug_both(hub)
    bridge = started(start)
    with watching(bridge) as verb:
        assert verb.stdout

        keyboard.play(C5_ON)
        played = verb.stdout.readline()
        bridge.ask(Use("gridrec"))
        said = verb.stdout.readline()
        bridge.process.terminate()
        rest, ended = verb.communicate(timeout=PATIENCE)

    assert played.startswith("Keystation 49 MK3:Keystation 49 MK3 MIDI 1 20:0: 90 3c 64 -> 98 3c 64  forwarded (")
    assert said == "switched to gridrec, auto channel 9\n"
    assert rest == "stopped; 1 sounding note released\n"
    assert ended == f"The user's bridge, {bridge.directory}/run/control, has ended.\n"
    assert verb.returncode == 5


def test_ctrl_c_ends_watching_and_nothing_else(hub: Hub, start: Start) -> None:
    plug_both(hub)
    bridge = started(start)
    with watching(bridge, "--only", "log", "--json") as verb:
        assert verb.stdout
        bridge.ask(Use("gridrec"))
        assert json.loads(verb.stdout.readline())["log"]["event"] == "switched"

        verb.send_signal(signal.SIGINT)

        assert verb.communicate(timeout=PATIENCE) == ("", "")
    assert verb.returncode == -signal.SIGINT
    assert bridge.ask(Status())["linked"]


def test_who_watches_and_never_reads_keeps_no_note_and_no_other_client(hub: Hub, start: Start) -> None:
    keyboard, synth = plug_both(hub)
    bridge = started(start)
    with socket.socket(socket.AF_UNIX) as deaf, bridge.connect() as other:
        deaf.connect(str(bridge.directory / "run/control"))
        deaf.sendall(encode_request(Watch((Feed.LOG, Feed.PLAYED))))

        for number in range(1000):
            keyboard.play(bytes([0x90, number % 128, 100]))
            keyboard.play(bytes([0x80, number % 128, 64]))
            if number % 100 == 0:
                assert other.ask(Status())["linked"]

        arrived = [synth.next() for _ in range(2000)]
    assert arrived == [
        bytes(event) for number in range(1000) for event in ([0x98, number % 128, 100], [0x88, number % 128, 64])
    ]


def test_a_log_that_nobody_reads_keeps_no_note_and_no_client(hub: Hub, start: Start) -> None:
    keyboard, synth = plug_both(hub)
    bridge = started(start)
    with bridge.unheard(), bridge.connect() as connection:
        for number in range(1200):  # 1,024 lines and more, where 4 KiB fit
            with pytest.raises(RefusedError):
                connection.ask(Track(str(number % 2 + 7)))

        keyboard.play(C5_ON)
        assert synth.next() == b"\x98\x3c\x64"
        assert connection.ask(Status())["linked"]
    bridge.ask(Use("gridrec"))
    assert bridge.says("could not be written").startswith("warning: ")


def test_a_switch_that_the_engine_does_not_live_to_see_is_not_carried_out(
    hub: Hub, start: Start, tmp_path: Path
) -> None:
    plug_both(hub)
    write_config(tmp_path, "profiles/lead.toml", 'description = "Lead"\ndestination = "track 3"\n')
    bridge = start()
    bridge.says("->")
    os.kill(bridge.engine_pid(), signal.SIGSTOP)

    assert "the engine ended meanwhile" in bridge.told("use", "lead", code=None)

    bridge.says("-> Elektron Analog Four, auto channel 9")
    assert "profile    liverec" in bridge.told("status")


@contextmanager
def every_descriptor_taken(pid: int) -> Iterator[None]:
    """Let the process open nothing more meanwhile."""
    limits = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    open_ones = {int(each.name) for each in Path(f"/proc/{pid}/fd").iterdir()}
    first_free = next(number for number in range(limits[0]) if number not in open_ones)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (first_free, limits[1]))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_NOFILE, limits)


def test_without_a_descriptor_left_what_is_asked_is_refused_and_the_music_goes_on(hub: Hub, start: Start) -> None:
    keyboard, synth = plug_both(hub)
    bridge = start()
    bridge.says("->")
    with bridge.connect() as connection:
        before = connection.ask(Status())
        pid = bridge.process.pid
        with every_descriptor_taken(pid):
            with pytest.raises(RefusedError, match="no profile is called"):
                connection.ask(Use("nosuchprofile"))
            with pytest.raises(RefusedError, match=r"gridrec cannot be used.* cannot be read: too many open files"):
                connection.ask(Use("gridrec"))
        keyboard.play(bytes([0x90, 60, 100]))
        assert synth.next() == bytes([0x98, 60, 100])
        assert connection.ask(Status())["profile"] == before["profile"]
