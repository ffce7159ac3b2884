"""The project's documents, and what they are made of: sections, tables, fenced blocks, links and commands."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

REPOSITORY: Final = Path(__file__).parents[2]
DOCUMENTS: Final = {
    str(file.relative_to(REPOSITORY)): file.read_text(encoding="utf-8")
    for file in sorted(REPOSITORY.rglob("*.md"))
    if not any(part.startswith(".") for part in file.relative_to(REPOSITORY).parts)
}
FENCE: Final = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    """A fenced piece of a document."""

    document: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.document}:{self.line}"


def blocks(language: str) -> list[Block]:
    return [
        Block(document, text.count("\n", 0, fence.start()) + 1, fence[2])
        for document, text in DOCUMENTS.items()
        for fence in FENCE.finditer(text)
        if fence[1] == language
    ]


def section(document: str, heading: str) -> str:
    """Return what stands below a heading of the second level."""
    return re.split(r"^## ", DOCUMENTS[document].partition(f"\n## {heading}\n")[2], flags=re.MULTILINE)[0]


def rows(text: str) -> list[list[str]]:
    """Return the cells of the rows that begin with a word of the program, backticks taken off it."""
    lines = re.findall(r"^\| (`.*) \|$", text, re.MULTILINE)
    return [[cell.strip(" `") if not at else cell.strip() for at, cell in enumerate(line.split("|"))] for line in lines]


def indented(document: str) -> list[str]:
    """Return the lines that stand as code because they are indented; a list's own lines are not."""
    return re.findall(r"^    (\S.*)$", FENCE.sub("", DOCUMENTS[document]), re.MULTILINE)


def inline(document: str) -> list[str]:
    """Return what stands in single backticks."""
    return re.findall(r"(?<!`)`([^`\n]+)`(?!`)", FENCE.sub("", DOCUMENTS[document]))


def anchors(text: str) -> set[str]:
    """Return the names that GitHub gives to a document's headings."""
    headings = re.findall(r"^#+ (.*)$", FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def links(document: str) -> list[tuple[str, str]]:
    """Return the path and the anchor of each link that does not leave the project."""
    return re.findall(r"\]\((?!https?://)([^)#\s]*)#?([^)\s]*)\)", FENCE.sub("", DOCUMENTS[document]))


def _simple_commands(text: str) -> Iterator[list[str]]:
    """Yield the simple commands of a shell's lines, each as its words."""
    for line in text.replace("\\\n", " ").splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        words: list[str] = []
        for word in [*lexer, ";"]:
            if set(word) <= set("();<>|&"):
                yield words
                words = []
            else:
                words.append(word)


def commands() -> Iterator[tuple[str, list[str]]]:
    """Yield every command that a document shows, as its words: fenced, indented, or in backticks."""
    for document, text in DOCUMENTS.items():
        pieces = [fence[2] for fence in FENCE.finditer(text) if fence[1] == "sh"] + indented(document)
        pieces += [piece for piece in inline(document) if re.match(r"(\.venv/bin/|sudo )?(a4bridge|make) ", piece)]
        for piece in pieces:
            try:
                simple = list(_simple_commands(piece))
            except ValueError:  # an apostrophe in what is no command
                continue
            for words in simple:
                while words and (words[0] == "sudo" or re.fullmatch(r"\w+=.*", words[0])):
                    words.pop(0)
                if words:
                    yield document, words
