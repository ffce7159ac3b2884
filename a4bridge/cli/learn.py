"""`a4bridge learn`: what is asked and answered on a terminal or by a script, around the machine of a4bridge.learn."""

import os
import select
import signal
import stat
import sys
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn, Self

import click

from a4bridge.backend.base import BackendError
from a4bridge.backend.choice import RTMIDI, backend_for
from a4bridge.cli.exits import FAILED, NO_MIDI, WRONG, end
from a4bridge.cli.profiles import LIBRARY, load_settings
from a4bridge.cli.talking import NOTHING, Talk, script
from a4bridge.control.client import Connection, ControlError, RefusedError
from a4bridge.control.wire import Use
from a4bridge.core.boxes import Box
from a4bridge.core.library import Library, checked_name
from a4bridge.core.settings import Settings
from a4bridge.core.words import capitalised, listed, printable
from a4bridge.core.writing import write_whole
from a4bridge.learn.asking import NO, YES, Ending
from a4bridge.learn.draft import Draft, StepError, Surroundings
from a4bridge.learn.gestures import Played
from a4bridge.learn.hearing import Hearing, meant_by
from a4bridge.learn.quiet import Quiet
from a4bridge.learn.session import ANYWHERE, QUIT, Said, Session
from a4bridge.ports.listing import Enumerator, Listing
from a4bridge.ports.system import why_no_midi
from a4bridge.ports.verdict import Role, box_at, judge
from a4bridge.service.bridge import enumerator_for

_LOOK_SECONDS: Final = 0.25
_SETTLE_SECONDS: Final = 0.1
_DEAF_SECONDS: Final = 0.3
_MOST_WAITING: Final = 4096
_MODE: Final = 0o644
_PLAY: Final = "play"


def learn(name: str | None, answers: Path | None, system: bool, user: bool, socket: Path | None, backend: str) -> None:
    """Set up a profile and write it, or end with the sentence that says why not."""
    if sys.platform == "win32":
        end("a4bridge does not run on Windows, so there is nothing to set up.", NO_MIDI)
    if system and user:
        end("--system and --user exclude each other.", WRONG)
    settings = load_settings()
    if backend == RTMIDI and (lacking := why_no_midi()):
        end(lacking, NO_MIDI)
    talk = Talk(script(answers))
    folder = folder_for(LIBRARY, system=system, user=user, is_root=os.geteuid() == 0)
    try:
        enumerator = enumerator_for(backend)
        listing = enumerator.scan()
        begun = _begin(talk, folder, name, settings, listing)
        with _Desk(talk, enumerator, backend, settings, socket) as desk:
            _finish(desk, begun)
    except BackendError as error:
        end(f"No MIDI: {error}.", NO_MIDI)
    except KeyboardInterrupt:
        talk.leave_prompt()
        end(NOTHING, FAILED)


def folder_for(library: Library, *, system: bool, user: bool, is_root: bool) -> Path:
    """Return the folder to write to: one that the user's bridge reads, or the machine's."""
    machines = system or (is_root and not user)
    return library.profile_folders[len(library.folders) - 1 if machines else 0]


# The beginning: a name, and what there is of it.


@dataclass(frozen=True, slots=True)
class _Begun:
    """before: what the file to be written has now; None: there is none."""

    draft: Draft
    before: bytes | None
    is_new: bool


def _begin(talk: Talk, folder: Path, given: str | None, settings: Settings, listing: Listing) -> _Begun:
    name = given
    while True:
        if name is None:
            talk.prompt("What is the profile called?\n(a-z, 0-9, - and _)")
            if (name := talk.wait_for_line()) is None:
                talk.out_of_answers()
            if name.lower() == QUIT:
                _leave(talk)
            if name.lower() in ANYWHERE:
                talk.say("There is no profile yet.")
                name = None
                continue
        try:
            checked_name(name)
        except ValueError as error:
            if given == name:
                end(f"{error}.", WRONG)
            talk.refuse(f"{error}.")
            name = None
            continue
        begun = _begun(talk, folder / f"{name}.toml", settings, listing)
        if begun:
            return begun
        name = None


def _begun(talk: Talk, file: Path, settings: Settings, listing: Listing) -> _Begun | None:
    """Begin with a file, or what else there is of that name; None where another name is wanted."""
    names = [entry.name for entry in LIBRARY.profiles()]
    surroundings = Surroundings(file, settings, _linked(listing), names)
    there = next((folder / file.name for folder in _folders(file) if os.path.lexists(folder / file.name)), None)
    if there is None:
        return _Begun(Draft.new(surroundings), None, is_new=True)
    shown_file = printable(str(there))
    try:
        content = _content(there)
        draft = Draft.of(content.decode("utf-8-sig"), Surroundings(there, settings, _linked(listing), names))
    except (OSError, UnicodeDecodeError) as error:
        reason = "is not UTF-8 text" if isinstance(error, UnicodeDecodeError) else f"cannot be read: {error.strerror}"
        _say_broken(talk, f"{shown_file}: {reason}")
        return None
    except StepError as error:
        _say_broken(talk, str(error))
        return None
    if there == file:
        talk.say(f"There is a profile {file.stem} already: {shown_file}")
    else:
        talk.say(f"There is a profile {file.stem} already, {shown_file}; a copy of it would count before it.")
    talk.prompt("Edit it?\n(yes, or Enter; no: take another name)")
    while (answer := talk.wait_for_line()) is not None:
        if answer.lower() in {*YES, "edit"}:
            draft = Draft.of(draft.text, surroundings)
            return _Begun(draft, content if there == file else None, is_new=False)
        if answer.lower() in {*NO, "undo", "menu"}:
            return None
        if answer.lower() == QUIT:
            _leave(talk)
        if answer.lower() == "show":
            talk.show(draft.text)
        else:
            talk.refuse("Answer yes or no.")
        talk.prompt("Edit it?\n(yes, or Enter; no: take another name)")
    return talk.out_of_answers()


def _leave(talk: Talk) -> NoReturn:
    talk.leave_prompt()
    click.echo(NOTHING)
    raise SystemExit(0)


def _folders(file: Path) -> list[Path]:
    """Return the folders in which a profile of that name counts, beginning with the file's own."""
    folders = LIBRARY.profile_folders
    return list(folders[folders.index(file.parent) :])


def _content(file: Path) -> bytes:
    if not stat.S_ISREG(file.stat().st_mode):
        raise OSError(0, "it is not a file of text")
    return file.read_bytes()


def _say_broken(talk: Talk, sentence: str) -> None:
    if not talk.is_person:
        end(f"{sentence}\nMend it, or take another name. {NOTHING}", WRONG)
    talk.say(sentence, "Mend it first, or take another name.")


def _linked(listing: Listing) -> Box | None:
    """Return the box that is plugged in, if there is just one."""
    ports = [verdict.port for verdict in judge(listing) if verdict.role is Role.DESTINATION]
    boxes = {box.key: box for port in ports if (box := box_at(port))}
    return next(iter(boxes.values())) if len(boxes) == 1 else None


# What is played, and the bridge that must not play it.


class _Desk:
    """Everything that is listened to while the questions are asked."""

    def __init__(
        self, talk: Talk, enumerator: Enumerator, backend: str, settings: Settings, socket: Path | None
    ) -> None:
        self.talk = talk
        self.settings = settings
        self.hush = Quiet(socket)
        self._enumerator = enumerator
        self._played: deque[Played] = deque(maxlen=_MOST_WAITING)
        self._woken, self._waking = os.pipe()
        os.set_blocking(self._waking, False)
        self.hearing = Hearing(backend_for(backend, "learn"), settings, self._receive)
        self._next_look = 0.0
        self._deaf_until: float | None = None
        """Until when nothing counts that comes: it was played while the program was suspended, and waited."""

    def __enter__(self) -> Self:
        signal.signal(signal.SIGCONT, self._go_on)
        return self

    def __exit__(self, *_error: object) -> None:
        signal.signal(signal.SIGCONT, signal.SIG_DFL)
        self.hearing.close()
        self.hush.close()
        os.close(self._woken)
        os.close(self._waking)

    def _receive(self, played: Played) -> None:
        self._played.append(played)
        with suppress(BlockingIOError):
            os.write(self._waking, b"!")

    def _go_on(self, *_signal: object) -> None:
        self._deaf_until = time.monotonic() + _DEAF_SECONDS

    def hears_again(self) -> bool:
        """Tell once, after the program was suspended, that what is played counts from now on."""
        if self._deaf_until is None or time.monotonic() < self._deaf_until:
            return False
        self.forget()
        self._deaf_until = None
        return True

    def look(self) -> list[str]:
        """Look at what is plugged in and what runs, if it is time; returns what is to be said of it."""
        now = time.monotonic()
        if now < self._next_look:
            return []
        self._next_look = now + _LOOK_SECONDS
        # First the bridge: from the moment that ports are open, keys may be pressed.
        said = list(self.hush.keep())
        with suppress(BackendError):  # a list that cannot be read is no empty one
            said += self.hearing.follow(self._enumerator.scan(), now)
        return said

    def wait(self, *, for_lines: bool, seconds: float) -> None:
        """Wait until something is played or, if that is wanted, typed; or for `seconds`."""
        readable: list[int] = [self._woken]
        if for_lines and (descriptor := self.talk.fileno()) is not None:
            readable.append(descriptor)
        ready, _, _ = select.select(readable, [], [], seconds)
        if self._woken in ready:
            os.read(self._woken, _MOST_WAITING)
        if 0 in ready:
            self.talk.read()

    def forget(self) -> None:
        """Forget what was played before anybody could see the question."""
        self._played.clear()

    def played(self) -> Iterator[Played]:
        """Yield what was played since the last time."""
        with suppress(IndexError):
            while self._deaf_until is None:
                yield self._played.popleft()

    def finds(self, name: str) -> list[str]:
        """Return the titles of what `name` means of what is here; raises StepError for one that can mean nothing."""
        try:
            return meant_by(name, self.hearing.listing, self.settings)
        except ValueError as error:
            raise StepError(f"{error}.") from None


# The questions.


def _finish(desk: _Desk, begun: _Begun) -> None:
    talk = desk.talk
    talk.say(*desk.look())
    if desk.hearing.names:
        talk.say(f"Listening to {listed([printable(name) for name in desk.hearing.names])}.")
    session = Session(begun.draft, desk.finds, new=begun.is_new)
    while True:
        _ask_until_ended(session, desk)
        if session.ending is Ending.QUIT:
            _leave(talk)
        if (sentence := _write(session.draft, begun.before)) is None:
            break
        talk.refuse(sentence)
        session.go_on()
    _offer(session.draft, desk)


def _ask_until_ended(session: Session, desk: _Desk) -> None:
    talk = desk.talk
    asked, is_held = -1, False
    while session.ending is None:
        if session.number != asked:
            asked, is_held = session.number, False
            desk.hearing.call(session.draft.keyboards)
            desk.forget()
            talk.prompt(session.question)
        if not is_held and (line := talk.line()) is not None:
            is_held = line.lower() == _PLAY and session.listens
            if not is_held:
                _tell(session.answer(line), session, asked, talk)
            continue
        if not is_held and talk.is_over:
            talk.out_of_answers()
        desk.wait(for_lines=not is_held, seconds=_SETTLE_SECONDS if session.listens else _LOOK_SECONDS)
        if is_held or talk.is_person:  # a script says when, or it would not know which question was answered
            _listen(session, asked, desk)
        _say_news(session, asked, desk)


def _listen(session: Session, asked: int, desk: _Desk) -> None:
    for played in desk.played():
        if session.number == asked:  # or it would answer a question that nobody has seen
            _tell(session.hear(played), session, asked, desk.talk)
    if session.number == asked:
        _tell(session.settle(time.monotonic()), session, asked, desk.talk)


def _say_news(session: Session, asked: int, desk: _Desk) -> None:
    """Say what has come and gone."""
    said = desk.look()
    if desk.hears_again():
        said.append("What was played meanwhile does not count.")
    desk.talk.say(*said)
    if said and session.number == asked:
        desk.talk.prompt(session.question)


def _tell(said: Said, session: Session, asked: int, talk: Talk) -> None:
    if said.wrong:
        talk.refuse(" ".join(said.lines))
    else:
        talk.show(said.text)
        talk.say(*said.lines)
    if session.number == asked and session.ending is None and said != Said():
        talk.prompt(session.question)


# The end.


def _write(draft: Draft, before: bytes | None) -> str | None:
    """Write the profile and say where; returns a sentence if that cannot be done."""
    file = draft.surroundings.file
    where = printable(str(file))
    with _uninterrupted():
        try:
            target = file.resolve()  # a link stays one
            now = target.read_bytes() if target.exists() else None
            if now != before:
                return f"{where} was changed by somebody else meanwhile, and is left alone: `quit`, and begin anew."
            write_whole(target, draft.text.encode(), stat.S_IMODE(target.stat().st_mode) if now is not None else _MODE)
        except OSError as error:
            hint = "; with sudo it could be" if isinstance(error, PermissionError) else ""
            return f"{where} cannot be written: {(error.strerror or str(error)).lower()}{hint}."
    click.echo(f"Written: {where}")
    found = LIBRARY.find(draft.name)
    if found != file:
        click.echo(
            f"Mind that {printable(str(found))} has the same name and counts before it, where you are concerned."
        )
    return None


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Let no Ctrl-C come between a file's being written and saying so."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _offer(draft: Draft, desk: _Desk) -> None:
    """Have the bridge that runs go by the profile, if the player wants it; or say how to."""
    talk, connection = desk.talk, desk.hush.connection
    if connection is None:
        talk.say(f"`a4bridge --profile {draft.name}` plays by it.")
        return
    place = connection.place
    desk.hush.close()  # nothing is listened to any more, and whoever wonders what to answer may want to play
    question = f"Shall the bridge that runs go by it now, as `a4bridge use {draft.name}` does?\n(yes, or Enter; no)"
    try:
        talk.prompt(question)
        while (answer := talk.wait_for_line()) is not None and answer.lower() not in {*YES, *NO, QUIT}:
            talk.say("Answer yes or no.")
            talk.prompt(question)
        if answer is None or answer.lower() in {*NO, QUIT}:
            talk.say(f"`a4bridge use {draft.name}` has it go by it later.")
            return
    except KeyboardInterrupt:
        talk.leave_prompt()
        return
    # The machine's bridge reads none of a user's folders.
    is_sent = place.whose == "the system's bridge" and draft.surroundings.file.parent != LIBRARY.profile_folders[-2]
    try:
        with Connection.to_first([place]) as asking:
            answered = asking.ask(Use(draft.name, draft.text if is_sent else None))
    except (RefusedError, ControlError) as error:
        end(f"{capitalised(str(error))}  ({place})", WRONG if isinstance(error, RefusedError) else FAILED)
    talk.say(f"{answered.get('says', 'done')}  ({place})")
