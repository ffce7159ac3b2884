"""Numbers in sentences: "tracks 1 to 4", "channels 7 and 10 to 16"."""

from collections.abc import Callable, Iterable, Iterator

from a4bridge.core.words import listed


def spans(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield the first and last number of each unbroken run in `numbers`, in their order."""
    run: list[int] = []
    for number in numbers:
        if run and number != run[-1] + 1:
            yield run[0], run[-1]
            run = []
        run.append(number)
    if run:
        yield run[0], run[-1]


def spelled(numbers: Iterable[int], name: Callable[[int], str] = str) -> list[str]:
    """Return a text for each of `numbers`, "1" or "2", but one for each run of three and more, "4 to 9"."""
    texts = []
    for first, last in spans(numbers):
        if last - first > 1:
            texts.append(f"{name(first)} to {name(last)}")
        else:
            texts.extend(name(number) for number in range(first, last + 1))
    return texts


def numbered(noun: str, numbers: Iterable[int]) -> str:
    """Return "track 2", or "tracks 1 to 4" where there are several."""
    which = list(numbers)
    return f"{noun}{'s' if len(which) > 1 else ''} {listed(spelled(which))}"
