"""What the kernel counts for a process's threads, and what of it was used since some moment."""

import os
import threading
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from a4bridge.service.threads import Thread, Usage, UsageSinceLinked, threads_of

# Of an engine on Linux 6.1 of Debian 12: the callback of an input, at SCHED_FIFO 70.
STAT: Final = (
    "412 (my (odd) name) S 400 405 405 0 -1 4194368 97 5 3 6 12 7 0 0 -71 0 2 0 2153 31457280 4605 "
    "18446744073709551615 1 1 0 0 0 0 0 16781312 16386 0 0 0 -1 0 70 1 0 0 0 0 0 0 0 0 0 0 0\n"
)
STATUS: Final = "Name:\tmy (odd) name\nvoluntary_ctxt_switches:\t2001\nnonvoluntary_ctxt_switches:\t4\n"
FIRST: Final = Thread(minor_faults=10, major_faults=1, voluntary=100, involuntary=2, fifo=10)
SECOND: Final = Thread(minor_faults=20, major_faults=2, voluntary=200, involuntary=4, fifo=70)


def write_task(proc: Path, number: int, stat: str = STAT, status: str = STATUS) -> None:
    task = proc / "405/task" / str(number)
    task.mkdir(parents=True)
    (task / "stat").write_text(stat)
    (task / "status").write_text(status)


def test_a_thread_is_read_whatever_its_name_is(tmp_path: Path) -> None:
    write_task(tmp_path, 412)

    assert threads_of(405, tmp_path) == {
        412: Thread(minor_faults=97, major_faults=3, voluntary=2001, involuntary=4, fifo=70)
    }


def test_the_priority_of_another_policy_is_none(tmp_path: Path) -> None:
    write_task(tmp_path, 412, stat=STAT.replace(" 70 1 ", " 70 2 "))  # SCHED_RR

    assert threads_of(405, tmp_path)[412].fifo == 0


def test_one_that_ends_while_it_is_read_is_left_out(tmp_path: Path) -> None:
    write_task(tmp_path, 412)
    write_task(tmp_path, 413, stat="", status="")
    (tmp_path / "405/task/414").mkdir()

    assert list(threads_of(405, tmp_path)) == [412]


def test_of_a_process_that_is_gone_nothing_is_known(tmp_path: Path) -> None:
    assert threads_of(405, tmp_path) == {}


def test_the_kernel_tells_it_of_us() -> None:
    done = threading.Event()
    other = threading.Thread(target=done.wait)
    other.start()
    try:
        threads = threads_of(os.getpid())
    finally:
        done.set()
        other.join()

    assert {os.getpid(), other.native_id} <= set(threads)
    assert threads[os.getpid()].minor_faults > 0


def test_usage_is_that_of_all_threads_since_they_were_looked_at_or_began() -> None:
    later = replace(FIRST, minor_faults=13, major_faults=2, voluntary=150, involuntary=3)

    assert Usage.between({1: FIRST, 9: SECOND}, {1: later, 2: SECOND}) == Usage(
        minor_faults=3 + 20, major_faults=1 + 2, voluntary=50 + 200, involuntary=1 + 4
    )


@pytest.mark.parametrize(
    ("engine", "links", "used"),
    [
        pytest.param(5, "the first", 100, id="the same"),
        pytest.param(5, "the second", 0, id="other links"),
        pytest.param(6, "the first", 0, id="another engine"),
    ],
)
def test_counting_begins_anew_with_other_links_or_another_engine(engine: int, links: str, used: int) -> None:
    threads = {1: replace(FIRST, voluntary=100)}
    usage = UsageSinceLinked(lambda _pid: dict(threads))
    usage.note(5, "the first")
    threads[1] = replace(FIRST, voluntary=200)
    usage.note(engine, links)

    assert usage.read(threads) == Usage(minor_faults=0, major_faults=0, voluntary=used, involuntary=0)


def test_of_an_engine_without_threads_nothing_is_known() -> None:
    usage = UsageSinceLinked()
    usage.note(1, "links")

    assert usage.read({}) is None
