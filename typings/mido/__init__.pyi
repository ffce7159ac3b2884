# What a4bridge uses of mido 1.3.3, which ships no types.
from typing import IO, Any, Self

class Message:
    time: int
    type: str
    @classmethod
    def from_bytes(cls, data: bytes, time: int = ...) -> Self: ...
    def bytes(self) -> list[int]: ...
    def copy(self, **overrides: Any) -> Self: ...

class MetaMessage:
    time: int
    type: str
    def __init__(self, type: str, **values: Any) -> None: ...  # noqa: A002 - its own name

class MidiTrack(list[Message | MetaMessage]):
    name: str

class MidiFile:
    ticks_per_beat: int
    tracks: list[MidiTrack]
    def __init__(
        self,
        *,
        type: int = ...,  # noqa: A002
        ticks_per_beat: int = ...,
        file: IO[bytes] | None = ...,
    ) -> None: ...
    def save(self, *, file: IO[bytes]) -> None: ...

# For the benchmark's router.
def get_input_names() -> list[str]: ...
def get_output_names() -> list[str]: ...
def open_input(name: str, callback: Any) -> Any: ...
def open_output(name: str) -> Any: ...
