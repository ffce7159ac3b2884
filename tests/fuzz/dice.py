"""Choices drawn from bytes, so that a fuzzer that changes bytes changes what happens."""

from collections.abc import Sequence
from typing import TypeVar

_T = TypeVar("_T")


class Dice:
    """Draws from `data`, byte after byte; once it is used up, everything that is drawn is the first choice."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def left(self) -> bool:
        """Tell whether there is anything left to draw from."""
        return self._at < len(self._data)

    def byte(self) -> int:
        """Draw 0-255."""
        self._at += 1
        return self._data[self._at - 1] if self._at <= len(self._data) else 0

    def below(self, count: int) -> int:
        """Draw one of 0 to `count` - 1; of more than 256, two bytes decide."""
        return (self.byte() if count <= 256 else self.byte() << 8 | self.byte()) % count

    def one_of(self, items: Sequence[_T]) -> _T:
        """Draw one of `items`."""
        return items[self.below(len(items))]

    def flag(self) -> bool:
        """Draw true or false."""
        return bool(self.below(2))

    def some(self, most: int) -> bytes:
        """Draw up to `most` bytes."""
        count = self.below(most + 1)
        self._at += count
        return self._data[self._at - count : self._at]

    def rest(self) -> bytes:
        """Draw everything that is left."""
        self._at, at = len(self._data), self._at
        return self._data[at:]
