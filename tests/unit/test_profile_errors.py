from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from a4bridge.core.library import kind_of
from a4bridge.core.profile import Profile
from a4bridge.core.schema import MODELS
from a4bridge.core.settings import Settings
from a4bridge.core.shipped import shipped
from a4bridge.core.tomlfile import MAX_BYTES, MAX_LINE, FileError, FileErrors, located, parse, read

CORPUS = sorted(Path(__file__).parent.joinpath("data", "errors").glob("*.toml"))
SHIPPED = [*shipped("config").glob("*.toml"), *shipped("config").glob("profiles/*.toml")]


def said_about(content: bytes, model: type[BaseModel] = Profile) -> list[str]:
    with pytest.raises(FileErrors) as caught:
        parse(content, Path("p.toml"), model)
    return str(caught.value).splitlines()


def errors_in(content: bytes, file: Path, model: type[BaseModel]) -> tuple[FileError, ...]:
    try:
        parse(content, file, model)
    except FileErrors as errors:
        return errors.errors
    return ()


def expected_by(file: Path) -> list[str]:
    expected = []
    wrong_line = 0
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("#! "):
            expected.append(f"{file}:{wrong_line}: {line[3:]}")
        else:
            wrong_line = number
    return expected


@pytest.mark.parametrize("file", CORPUS, ids=lambda file: file.stem)
def test_everything_wrong_in_a_file_is_said_with_its_line_and_key(file: Path) -> None:
    with pytest.raises(FileErrors) as caught:
        read(file, MODELS[kind_of(file)])

    assert sorted(str(caught.value).splitlines()) == sorted(expected_by(file))
    lines = [error.line for error in caught.value.errors]
    assert lines == sorted(lines)


@pytest.mark.parametrize(
    ("destination", "sentence"),
    [
        ("9", '"9" is no destination; did you mean "channel 9"?'),
        ("Track 1", '"Track 1" is no destination; did you mean "track 1"?'),
        ("track 0", '"track 0" does not exist: tracks are numbered 1 to 16'),
        ("track 17", '"track 17" does not exist: tracks are numbered 1 to 16'),
        ("channel -1", '"channel -1" does not exist: channels are numbered 1 to 16'),
        ("auto ", '"auto " is no destination; did you mean "auto"?'),
        (r"auto\n", '"auto\ufffd" is no destination; did you mean "auto"?'),
        ("", '"" is no destination: write "auto", "track N", "fx", "cv", "perf", "channel N" or "keep"'),
    ],
)
def test_a_wrong_destination_is_said_with_what_would_be_right(destination: str, sentence: str) -> None:
    content = f'description = "x"\ndestination = "{destination}"'

    assert said_about(content.encode()) == [f"p.toml:2: destination: {sentence}"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"a = ", ":1: is not valid TOML: "),
        (b"a = 1\nb\n", ":2: is not valid TOML: "),
        (b"a = 1\na = 2\n", ":2: is not valid TOML: "),
        (b"a = '''\n", ":2: is not valid TOML: "),
        (b"a = 1\n\0\n", ":2: is not valid TOML: "),
        (b"a = 1\nb = '\xff'", ":2: is not UTF-8 text: save it as UTF-8"),
        ("a = 1".encode("utf-16"), ":1: is not UTF-8 text: save it as UTF-8"),
        (b"\x7fELF\x02\x01\x01\0", ":1: is not valid TOML: "),
        (b"a = " + b"[\n" * 5000, ": is nested too deeply"),
        (b"a = 1 #" + b"!" * MAX_LINE, f":1: this line is longer than {MAX_LINE} characters"),
        (b"\n" * (MAX_BYTES + 1), ": is longer than 32 KiB: not one of our files"),
    ],
    ids=lambda value: repr(value[:20]) if isinstance(value, bytes) else "",
)
def test_what_is_no_toml_is_said_with_its_line(content: bytes, sentence: str) -> None:
    (said,) = said_about(content)
    # What is wrong with TOML, the standard library says in words that change between versions.
    assert said.startswith(f"p.toml{sentence}")


def test_a_file_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    missing, link = tmp_path / "missing.toml", tmp_path / "loop.toml"
    link.symlink_to(link)

    for file in (missing, link, tmp_path, Path("/dev/zero"), Path("nul\0.toml"), tmp_path / ("x" * 300)):
        with pytest.raises(FileErrors) as caught:
            read(file, Profile)
        assert len(caught.value.errors) == 1

    with pytest.raises(FileErrors, match=r"missing.toml: cannot be read: no such file or directory$"):
        read(missing, Profile)
    with pytest.raises(FileErrors, match=r"is not a file of text$"):
        read(tmp_path, Profile)


def test_a_byte_order_mark_and_windows_line_ends_are_taken() -> None:
    content = '\ufeffdescription = "x"\r\nsustain = "pass"\r\n'.encode()

    assert parse(content, Path("p.toml"), Profile).sustain == "pass"


def test_of_tables_in_a_list_the_one_that_is_meant_is_found(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    text = '[[zones]]\nkeys = ".."\n[[zones]]\nknobs = [{ cc = 1, to = 2 },\n{ cc = 2, to = 3 }]\n[zones.filters]\n'
    file.write_text(text, encoding="utf-8")

    assert str(located(file, "zones.1.knobs.1.to", "is odd")) == f"{file}:5: zones[2].knobs[2].to: is odd"
    assert str(located(file, "zones.1.filters.nrpn", "is odd")) == f"{file}:6: zones[2].filters.nrpn: is odd"
    assert located(file, "zones.1.destination", "is odd").line == 3
    assert located(file, "zones.0.destination", "is odd").line == 1


@pytest.mark.parametrize("what", ["zones", "bindings"])
def test_more_of_them_than_there_may_be_are_counted(what: str) -> None:
    each = "[[zones]]\n" if what == "zones" else "[[bindings]]\nnote = 1\npanic = true\n"

    assert said_about(f'description = "x"\n{each * 65}'.encode()) == [f"p.toml:2: {what}: has 65, and 64 is the most"]
    assert errors_in(f'description = "x"\n{each * 64}'.encode(), Path("p.toml"), Profile) == ()


def test_a_sentence_about_a_key_gets_its_line(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('description = "x"\n\n[filters]\nnotes = true\n', encoding="utf-8")

    assert str(located(file, "filters.notes", "is odd")) == f"{file}:4: filters.notes: is odd"
    assert located(file, "filters.pitch_bend", "is odd").line == 3
    assert located(file, "destination", "is odd").line == 1


@given(st.one_of(st.binary(), st.text().map(lambda text: text.encode("utf-8", "surrogatepass"))))
def test_any_content_is_read_or_refused_in_sentences(content: bytes) -> None:
    for model in (Profile, Settings):
        assert all(str(error).isprintable() for error in errors_in(content, Path("p.toml"), model))


@given(st.sampled_from(SHIPPED), st.data())
def test_a_shipped_file_cut_and_pasted_anyhow_is_read_or_refused_in_sentences(file: Path, data: st.DataObject) -> None:
    text = file.read_text(encoding="utf-8")
    for _ in range(data.draw(st.integers(1, 3))):
        start, end = sorted(data.draw(st.tuples(st.integers(0, len(text)), st.integers(0, len(text)))))
        pasted = data.draw(
            st.one_of(st.sampled_from(["", "\n", '"', "[", "]", "[[", "=", "3", "#", "{", "'''"]), st.text())
        )
        text = text[:start] + pasted + text[min(end, start + 20) :]

    errors = errors_in(text.encode("utf-8", "surrogatepass"), file, MODELS[kind_of(file)])

    assert all(0 <= error.line <= text.count("\n") + 1 and str(error).isprintable() for error in errors)
