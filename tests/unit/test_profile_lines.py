"""TOML is written here in every style that it has, noting the line of each key; `key_lines` must agree."""

import json
import re
import tomllib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from a4bridge.core.tomllines import KeyPath, key_lines

CONFUSING = st.sampled_from(["", "a", "a.b", "#", "[x]", "x = 1", '"', "'", '"""', "'''", "\\", "\n", "é", "true", "1"])
TEXT = st.one_of(
    CONFUSING, st.lists(CONFUSING, max_size=4).map("".join), st.text(st.characters(exclude_categories=["Cs"]))
)
SCALAR = st.one_of(
    st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False, allow_infinity=False), TEXT
)
VALUE = st.recursive(
    SCALAR, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3), max_leaves=8
)
TABLE = st.dictionaries(
    TEXT, VALUE | st.lists(st.dictionaries(TEXT, SCALAR, max_size=2), min_size=1, max_size=3), max_size=4
)


class Writer:
    """Writes data as TOML, in styles that `draw` chooses, and notes the line of each key and element."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.text = ""
        self.lines: dict[KeyPath, int] = {}

    def chance(self) -> bool:
        return self.draw(st.booleans())

    def note(self, path: KeyPath) -> None:
        self.lines.setdefault(path, self.text.count("\n") + 1)

    def end_line(self) -> None:
        self.text += self.draw(st.sampled_from(["\n", "\r\n", " # '''\n", ' # [a] """ \\\n', "\n\n", "\n\t# x = [\n"]))

    def string(self, text: str, *, may_break: bool) -> str:
        escaped = json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")
        printable = not re.search(r"[\0-\x08\x0a-\x1f\x7f]", text)
        styles = [escaped]
        if printable and "'" not in text:
            styles.append(f"'{text}'")
        if may_break and printable and "'''" not in text:
            styles.append(f"'''{text}'''")
        if may_break:
            inside = escaped[1:-1].replace("\\\\", "\\u005C").replace("\\n", "\n").replace('\\"', '"')
            styles.append('"""\n' + inside.replace('"""', '""\\"') + '"""')
        return self.draw(st.sampled_from(styles))

    def dotted(self, keys: list[str]) -> str:
        dot = self.draw(st.sampled_from([".", " . "]))
        bare = self.chance()
        return dot.join(
            key if bare and re.fullmatch("[A-Za-z0-9_-]+", key) else self.string(key, may_break=False) for key in keys
        )

    def assign(self, start: KeyPath, keys: list[str], value: Any, *, may_break: bool) -> None:
        for length in range(1, len(keys) + 1):
            self.note((*start, *keys[:length]))
        self.text += self.dotted(keys) + self.draw(st.sampled_from(["=", " = ", "\t= "]))
        self.value((*start, *keys), value, may_break=may_break)

    def value(self, path: KeyPath, value: Any, *, may_break: bool) -> None:
        self.note(path)
        if isinstance(value, str):
            self.text += self.string(value, may_break=may_break)
        elif isinstance(value, list):
            self.array(path, value, may_break=may_break)
        elif isinstance(value, dict):
            self.text += "{"
            for index, (key, inner) in enumerate(value.items()):
                self.text += " , " if index else " "
                self.assign(path, [key], inner, may_break=False)
            self.text += "}"
        else:
            self.text += str(value).lower()

    def array(self, path: KeyPath, values: list[Any], *, may_break: bool) -> None:
        self.text += "["
        for index, value in enumerate(values):
            if may_break and self.chance():
                self.end_line()
            self.value((*path, index), value, may_break=may_break)
            self.text += "," if index < len(values) - 1 or self.chance() else ""
        if may_break and self.chance():
            self.end_line()
        self.text += "]"

    def body(self, path: KeyPath, header: list[str], table: dict[str, Any]) -> None:
        later: list[tuple[str, Any]] = []
        for key, value in table.items():
            is_table = isinstance(value, dict)
            is_array_of_tables = bool(value) and isinstance(value, list) and all(isinstance(x, dict) for x in value)
            if (is_table or is_array_of_tables) and self.chance():
                later.append((key, value))
            elif is_table and value and self.chance():
                for inner_key, inner in value.items():
                    self.assign(path, [key, inner_key], inner, may_break=True)
                    self.end_line()
            else:
                self.assign(path, [key], value, may_break=True)
                self.end_line()
        for key, value in later:
            if isinstance(value, dict):
                self.section((*path, key), [*header, key], "[{}]", value)
                continue
            self.note((*path, key))
            for index, element in enumerate(value):
                self.section((*path, key, index), [*header, key], "[[{}]]", element)

    def section(self, path: KeyPath, header: list[str], style: str, table: dict[str, Any]) -> None:
        self.note(path)
        self.text += style.replace("{}", self.dotted(header))
        self.end_line()
        self.body(path, header, table)


@st.composite
def documents(draw: st.DrawFn) -> tuple[str, dict[str, Any], dict[KeyPath, int]]:
    data = draw(TABLE)
    writer = Writer(draw)
    writer.end_line()
    writer.body((), [], data)
    return writer.text, data, writer.lines


@given(documents())
def test_every_key_and_element_is_found_on_the_line_where_it_was_written(
    document: tuple[str, dict[str, Any], dict[KeyPath, int]],
) -> None:
    text, data, lines = document
    assert tomllib.loads(text) == data

    assert key_lines(text) == lines


def test_a_table_that_only_its_inner_tables_name_stands_where_the_first_of_them_does() -> None:
    assert key_lines("# x\n[a.b]\n[[a.c.d]]\n[a.c.d.e]\n[a]\n") == {
        ("a",): 2,
        ("a", "b"): 2,
        ("a", "c"): 3,
        ("a", "c", "d"): 3,
        ("a", "c", "d", 0): 3,
        ("a", "c", "d", 0, "e"): 4,
    }


def test_inner_tables_belong_to_the_last_element_of_an_array() -> None:
    assert key_lines("[[a]]\nb.c = 1\n[[a]]\n[a.b]\nc = 2\n") == {
        ("a",): 1,
        ("a", 0): 1,
        ("a", 0, "b"): 2,
        ("a", 0, "b", "c"): 2,
        ("a", 1): 3,
        ("a", 1, "b"): 4,
        ("a", 1, "b", "c"): 5,
    }


def test_quotes_and_brackets_inside_text_are_text() -> None:
    text = """a = \"\"\"x\"\"\"\"
b = ''''[''''
c = '\\'
d = "\\"#="
"""
    assert tomllib.loads(text) == {"a": 'x"', "b": "'['", "c": "\\", "d": '"#='}

    assert key_lines(text) == {("a",): 1, ("b",): 2, ("c",): 3, ("d",): 4}
