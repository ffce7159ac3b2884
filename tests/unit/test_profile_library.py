import subprocess
import sys
from pathlib import Path

import pytest

from a4bridge.core.library import Kind, Library, UnknownProfileError, kind_of
from a4bridge.core.shipped import shipped


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library.standard({"XDG_CONFIG_HOME": str(tmp_path / "config")}, root=tmp_path)


def put(folder: Path, *names: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        folder.joinpath(name).write_text('description = "x"\n', encoding="utf-8")


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    return tmp_path / "config" / "a4bridge"


@pytest.fixture
def everyones(tmp_path: Path) -> Path:
    return tmp_path / "etc" / "a4bridge"


def test_the_users_profile_counts_before_etcs_and_etcs_before_the_shipped_one(
    library: Library, mine: Path, everyones: Path
) -> None:
    assert library.find("liverec") == shipped("config", "profiles", "liverec.toml")

    put(everyones / "profiles", "liverec.toml")
    assert library.find("liverec") == everyones / "profiles" / "liverec.toml"

    put(mine / "profiles", "liverec.toml")
    assert library.find("liverec") == mine / "profiles" / "liverec.toml"


def test_the_list_has_each_name_once_and_the_files_that_it_hides(library: Library, mine: Path, everyones: Path) -> None:
    put(mine / "profiles", "liverec.toml", "bass_2.toml", "Not A Name.toml", "notes.txt")
    put(everyones / "profiles", "liverec.toml", "bass_2.toml")

    found = {entry.name: (entry.file.parent, entry.hides) for entry in library.profiles()}
    untouched = {"daw", "duo", "multitrack", "play", "split", "spread"}

    assert {name: entry for name, entry in found.items() if name not in untouched} == {
        "bass_2": (mine / "profiles", (everyones / "profiles" / "bass_2.toml",)),
        "gridrec": (shipped("config", "profiles"), ()),
        "liverec": (
            mine / "profiles",
            (everyones / "profiles" / "liverec.toml", shipped("config", "profiles", "liverec.toml")),
        ),
    }
    assert {found[name] for name in untouched} == {(shipped("config", "profiles"), ())}


@pytest.mark.parametrize("path", ["./liverec", "my/liverec.toml", "liverec.toml", "/etc/passwd"])
def test_a_path_is_taken_as_it_is(library: Library, path: str) -> None:
    assert library.find(path) == Path(path)


@pytest.mark.parametrize("name", ["", ".", "..", "Liverec", "live rec", "liverec\n", "l*", "~", "\x1b[31m", "x\0"])
def test_what_is_neither_a_name_nor_a_path_is_refused(library: Library, mine: Path, name: str) -> None:
    put(mine, "..toml")

    with pytest.raises(UnknownProfileError, match=r"is no name for a profile: .* write its path") as caught:
        library.find(name)

    assert str(caught.value).isprintable()


def test_an_unknown_name_is_said_with_a_suggestion_and_the_places(
    library: Library, mine: Path, everyones: Path
) -> None:
    with pytest.raises(UnknownProfileError) as caught:
        library.find("livrec")

    assert str(caught.value) == (
        'no profile is called "livrec"; did you mean "liverec"? '
        f"(looked in {mine}/profiles, {everyones}/profiles and {shipped('config', 'profiles')})"
    )


def test_a_link_that_leads_nowhere_does_not_give_way_to_another_file(library: Library, mine: Path) -> None:
    put(mine / "profiles")
    (mine / "profiles" / "liverec.toml").symlink_to("gone.toml")

    assert library.find("liverec") == mine / "profiles" / "liverec.toml"


@pytest.mark.parametrize(
    ("environ", "folder"),
    [
        ({"XDG_CONFIG_HOME": "/x", "HOME": "/home/me"}, Path("/x/a4bridge")),
        ({"HOME": "/home/me"}, Path("/home/me/.config/a4bridge")),
        ({"XDG_CONFIG_HOME": "", "HOME": "/home/me"}, Path("/home/me/.config/a4bridge")),
        ({"XDG_CONFIG_HOME": "relative", "HOME": "/home/me"}, Path("/home/me/.config/a4bridge")),
        ({"HOME": "relative"}, None),
        ({}, None),
    ],
)
def test_the_users_folder_is_where_the_xdg_rules_say(environ: dict[str, str], folder: Path | None) -> None:
    others = (Path("/etc/a4bridge"),)

    assert Library.standard(environ).folders == ((folder, *others) if folder else others)


def test_of_the_settings_the_first_file_found_counts(library: Library, mine: Path, everyones: Path) -> None:
    assert library.settings() is None

    put(everyones, "settings.toml")
    assert library.settings() == everyones / "settings.toml"

    put(mine, "settings.toml")
    assert library.settings() == mine / "settings.toml"


def test_only_a_file_called_settings_holds_settings() -> None:
    assert kind_of(Path("/etc/a4bridge/settings.toml")) is Kind.SETTINGS
    assert kind_of(Path("profiles/my-settings.toml")) is Kind.PROFILE


def test_listing_names_needs_no_pydantic() -> None:
    program = (
        "import sys; from a4bridge.core.library import Library; names = Library.standard({}).profiles();"
        "print(len(names), 'pydantic' in sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.split()[1] == "False"
    assert int(done.stdout.split()[0]) >= 2
