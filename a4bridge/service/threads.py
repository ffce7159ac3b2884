"""What the kernel has counted, and granted, for each thread of a process; on Linux only."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")

# Fields of /proc/PID/task/TID/stat from the one behind the thread's name on, whose number in proc_pid_stat(5) is 3.
_MINOR_FAULTS, _MAJOR_FAULTS, _PRIORITY, _POLICY = (number - 3 for number in (10, 12, 40, 41))
_FIFO: Final = 1  # linux: include/uapi/linux/sched.h


@dataclass(frozen=True, slots=True)
class Thread:
    """One thread, since it began.

    minor_faults: pages that it touched first, or again. major_faults: pages that it waited for, from a disk.
    voluntary: how often it gave the processor away, to wait for something. involuntary: how often it was taken away.
    fifo: its SCHED_FIFO priority, 1-99; 0: it has none.
    """

    minor_faults: int
    major_faults: int
    voluntary: int
    involuntary: int
    fifo: int


Threads = Mapping[int, Thread]
"""The threads of a process by their numbers; the process's own number is its main thread's."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What all threads of a process have used together, in counts as in Thread."""

    minor_faults: int
    major_faults: int
    voluntary: int
    involuntary: int

    @classmethod
    def between(cls, before: Threads, now: Threads) -> "Usage | None":
        """Return what the threads in `now` have used since `before`; a thread that began meanwhile, since it began.

        None where there are none, as nothing is known then.
        """
        if not now:
            return None
        pairs = [(before.get(number, _UNUSED), thread) for number, thread in now.items()]
        return cls(
            minor_faults=sum(thread.minor_faults - first.minor_faults for first, thread in pairs),
            major_faults=sum(thread.major_faults - first.major_faults for first, thread in pairs),
            voluntary=sum(thread.voluntary - first.voluntary for first, thread in pairs),
            involuntary=sum(thread.involuntary - first.involuntary for first, thread in pairs),
        )


_UNUSED: Final = Thread(0, 0, 0, 0, 0)


def threads_of(pid: int, proc: Path = _PROC) -> Threads:
    """Return the threads of process `pid`; none where it is gone, or the system does not tell."""
    threads = {}
    with suppress(OSError):
        for task in (proc / str(pid) / "task").iterdir():
            with suppress(OSError, ValueError, KeyError, IndexError):  # it may end while it is read
                threads[int(task.name)] = _thread(task)
    return threads


def _thread(task: Path) -> Thread:
    # The name may hold blanks and brackets itself.
    stat = (task / "stat").read_bytes().rpartition(b") ")[2].split()
    status = dict(line.partition(b":")[::2] for line in (task / "status").read_bytes().splitlines())
    return Thread(
        minor_faults=int(stat[_MINOR_FAULTS]),
        major_faults=int(stat[_MAJOR_FAULTS]),
        voluntary=int(status[b"voluntary_ctxt_switches"]),
        involuntary=int(status[b"nonvoluntary_ctxt_switches"]),
        fifo=int(stat[_PRIORITY]) if int(stat[_POLICY]) == _FIFO else 0,
    )


class UsageSinceLinked:
    """What an engine's threads have used since the ports were linked as they are now."""

    def __init__(self, look: Callable[[int], Threads] = threads_of) -> None:
        self._look = look
        self._pid: int | None = None
        self._links: object = None
        self._before: Threads = {}

    def note(self, pid: int, links: object) -> None:
        """Take note of the engine and of its links, in whatever form; counting begins anew where either is another."""
        if (pid, links) != (self._pid, self._links):
            self._pid, self._links = pid, links
            self._before = self._look(pid)

    def read(self, threads: Threads) -> Usage | None:
        """Return what the engine, whose threads are now `threads`, has used; None where nothing is known."""
        return Usage.between(self._before, threads)
