# What the tests use of py-midicsv, which ships no types.
from typing import IO

def midi_to_csv(file: IO[bytes]) -> list[str]: ...
