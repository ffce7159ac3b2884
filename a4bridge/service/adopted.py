"""An engine that was started without an event loop (a4bridge.service.child), in the care of one."""

import asyncio
import os
import signal
from typing import Self

from a4bridge.service.child import Child


class AdoptedProcess:
    """What EngineProcess needs of asyncio.subprocess.Process, for a process that runs already."""

    def __init__(self, child: Child, stdin: asyncio.WriteTransport) -> None:
        self.pid = child.pid
        self.stdin = stdin
        self.stdout = asyncio.StreamReader()
        self.stderr = asyncio.StreamReader()
        self.returncode: int | None = None
        self._pidfd = child.pidfd
        self._ended = asyncio.Event()
        self.stdout.feed_data(child.unread)
        asyncio.get_running_loop().add_reader(self._pidfd, self._on_end)

    @classmethod
    async def of(cls, child: Child) -> Self:
        """Look after `child` from now on."""
        loop = asyncio.get_running_loop()
        stdin, _ = await loop.connect_write_pipe(asyncio.BaseProtocol, os.fdopen(child.stdin, "wb", 0))
        adopted = cls(child, stdin)
        for reader, end in ((adopted.stdout, child.stdout), (adopted.stderr, child.stderr)):
            await loop.connect_read_pipe(
                lambda reader=reader: asyncio.StreamReaderProtocol(reader),  # type: ignore[misc] # of this turn
                os.fdopen(end, "rb", 0),
            )
        return adopted

    def kill(self) -> None:
        """End it at once; raises ProcessLookupError where it has ended."""
        if self.returncode is not None:
            raise ProcessLookupError
        os.kill(self.pid, signal.SIGKILL)

    async def wait(self) -> int:
        """Wait for its end and return its exit code, a signal's negative."""
        await self._ended.wait()
        assert self.returncode is not None
        return self.returncode

    def _on_end(self) -> None:
        asyncio.get_running_loop().remove_reader(self._pidfd)
        os.close(self._pidfd)
        _, status = os.waitpid(self.pid, 0)
        self.returncode = os.waitstatus_to_exitcode(status)
        self.stdin.close()
        self._ended.set()
