"""The page as a player has it: in Chromium, at the size of a phone and of a desktop, with a bridge that really plays.

With A4BRIDGE_SCREENSHOTS=FOLDER the pictures of docs/page.md are written there (make screenshots).
"""

import json
import os
import re
import socketserver
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, Final

import pytest
from chromium import ARGUMENTS, EXECUTABLE, FOREIGN_NAME, GIVEN_NAME, obstacle
from running import PATIENCE, Running, Synth, plug_both, starting, write_config
from web_page import Web, serving

from a4bridge.backend.loopback import Device, Hub
from a4bridge.control.wire import Status, Use
from a4bridge.web.door import PEER_TRIES
from a4bridge.web.examine import read
from a4bridge.web.site import Limits

if reason := obstacle():
    pytest.skip(f"browser tier did not run: {reason}", allow_module_level=True)
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Page,
    WebSocketRoute,
    expect,
    sync_playwright,
)

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

PHONE: Final = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "has_touch": True,
    "is_mobile": True,
}
DESKTOP: Final = {"viewport": {"width": 1280, "height": 800}}
SIZES: Final[dict[str, dict[str, Any]]] = {"phone": PHONE, "desktop": DESKTOP}
FINGER: Final = 44
"""CSS pixels that a button must have at least in either direction (WCAG 2.5.5)."""
CONTRAST: Final = 7.0
"""Of text to its ground (WCAG 1.4.6, level AAA)."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=EXECUTABLE, args=list(ARGUMENTS))
        yield browser
        browser.close()


class Stage:
    """A keyboard, a box, a bridge and its page; and who looks at it."""

    def __init__(self, directory: Path, hub: Hub, stack: ExitStack, browser: Browser) -> None:
        self.directory = directory
        self.hub = hub
        self.keyboard: Device
        self.box: Synth
        self.keyboard, self.box = plug_both(hub)
        self._start = stack.enter_context(starting(hub, directory))
        self._stack = stack
        self._browser = browser
        self._contexts: list[BrowserContext] = []
        self.complaints: list[str] = []
        self.bridge: Running = self.play_on()
        self.web: Web = self.serve()

    def play_on(self, profile: str = "liverec") -> Running:
        self.bridge = self._start("--profile", profile)
        self.bridge.says("->")
        return self.bridge

    def serve(self, *arguments: str) -> Web:
        self.web = self._stack.enter_context(serving(self.directory, *arguments))
        return self.web

    def context(self, size: str = "phone", **options: Any) -> BrowserContext:
        context = self._browser.new_context(**SIZES[size], **options)
        context.set_default_timeout(PATIENCE * 1000)
        self._contexts.append(context)
        return context

    def close_browsers(self) -> None:
        while self._contexts:
            self._contexts.pop().close()

    def clear(self) -> None:
        """Play liverec where the profile says, let go of every key, and forget what was heard and complained of."""
        self.bridge.ask(Use("liverec"))
        while held := self.bridge.ask(Status())["sounding"]:
            self.let_go(*(each["note"] for each in held))
        while not self.box.nothing_more():
            self.box.next()
        self.complaints.clear()

    def look(self, size: str = "phone", **options: Any) -> Page:
        """Open the page, and wait until it knows of the bridge."""
        page = self.context(size, **options).new_page()
        self.listen(page)
        page.goto(self.web.url())
        expect(state(page)).to_have_text("linked")
        return page

    def listen(self, page: Page) -> None:
        """Take note of what the browser complains of: a policy that was violated, a script that failed."""
        page.on("console", lambda message: self.complaints.append(message.text) if message.type != "log" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def press(self, *notes: int) -> None:
        for note in notes:
            self.keyboard.play(bytes([0x90, note, 100]))

    def let_go(self, *notes: int) -> None:
        for note in notes:
            self.keyboard.play(bytes([0x80, note, 64]))


@contextmanager
def staged(directory: Path, browser: Browser) -> Iterator[Stage]:
    expect.set_options(timeout=PATIENCE * 1000)
    with Hub() as hub, ExitStack() as stack:
        yield Stage(directory, hub, stack, browser)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Stage]:
    with staged(tmp_path_factory.mktemp("stage"), browser) as stage:
        yield stage


@pytest.fixture
def stage(shared: Stage) -> Iterator[Stage]:
    """A stage on which nothing has been played for a while: for tests that leave bridge and page alive."""
    shared.clear()
    yield shared
    shared.close_browsers()


@pytest.fixture
def own_stage(tmp_path: Path, browser: Browser) -> Iterator[Stage]:
    """A stage for a test that breaks something."""
    with staged(tmp_path, browser) as stage:
        yield stage
        stage.close_browsers()


def state(page: Page) -> Any:
    return page.locator("#state")


def said(page: Page) -> Any:
    return page.locator("#said")


def choice(page: Page, group: str, name: str) -> Any:
    return page.get_by_role("group", name=group).get_by_role("button", name=name, exact=True)


@pytest.mark.parametrize("size", SIZES)
def test_what_is_played_is_seen(stage: Stage, size: str) -> None:
    page = stage.look(size)
    links = page.get_by_role("region", name="Links")
    expect(links.get_by_role("listitem")).to_contain_text(["Keystation 49 MK3", "Elektron Analog Four"])
    expect(links).to_contain_text("input, open")
    expect(links).to_contain_text("auto channel 9")

    stage.press(60, 64, 67)
    expect(page.locator("#sounding")).to_have_text("C5 E5 G5 on channel 9")
    expect(page.locator(".keys .down")).to_have_count(3)
    for note in (60, 64, 67):
        expect(page.locator(f"#key-{note}")).to_have_class(re.compile("down"))

    stage.let_go(60, 64, 67)
    expect(page.locator("#sounding")).to_have_text("nothing")
    expect(page.locator(".keys .down")).to_have_count(0)

    stage.keyboard.play(b"\xc0\x05")
    stage.keyboard.play(b"\xb0\x14\x40")
    dropped = page.get_by_role("region", name="Passed and dropped")
    expect(dropped).to_contain_text("program change, filtered: it would change the pattern")
    expect(dropped.locator("#forwarded")).to_have_text(str(stage.bridge.ask(Status())["forwarded"]))
    latency = page.get_by_role("region", name="Latency")
    expect(latency.locator("dd").first).to_have_text(re.compile(r"^[\d.]+(\u00b5s|ms)$"))
    expect(page.get_by_role("region", name="Log")).to_contain_text("Keystation 49 MK3 -> Elektron Analog Four")
    stage.bridge.told("track", "3")
    expect(page.get_by_role("region", name="Log")).to_contain_text("liverec, now to track 3 (channel 3)")
    assert page.title() == "a4bridge"
    assert stage.complaints == []


def test_keys_outside_the_keyboard_move_it(stage: Stage) -> None:
    page = stage.look()

    stage.press(20)
    expect(page.locator("#key-20")).to_have_class(re.compile("down"))
    stage.let_go(20)
    stage.press(127)
    expect(page.locator("#key-127")).to_have_class(re.compile("down"))
    assert stage.complaints == []


def test_a_key_that_is_only_tapped_lights_up(stage: Stage) -> None:
    page = stage.look()

    stage.press(72)
    stage.let_go(72)

    expect(page.locator("#key-72")).to_have_class(re.compile("struck"))


@pytest.mark.parametrize("size", SIZES)
def test_profile_track_and_panic_are_buttons(stage: Stage, size: str) -> None:
    page = stage.look(size)
    expect(choice(page, "Profile", "liverec")).to_have_attribute("aria-pressed", "true")

    choice(page, "Profile", "gridrec").click()
    expect(said(page)).to_have_text("switched to gridrec, auto channel 9")
    expect(choice(page, "Profile", "gridrec")).to_have_attribute("aria-pressed", "true")
    expect(choice(page, "Profile", "liverec")).to_have_attribute("aria-pressed", "false")

    choice(page, "Track", "2").click()
    expect(said(page)).to_have_text("gridrec, now to track 2 (channel 2)")
    expect(choice(page, "Track", "2")).to_have_attribute("aria-pressed", "true")
    stage.press(60)
    assert stage.box.next() == b"\x91\x3c\x64"
    expect(page.locator("#sounding")).to_have_text("C5 on channel 2")

    page.get_by_role("button", name="Panic").click()
    expect(said(page)).to_contain_text("is ended")
    expect(page.locator("#sounding")).to_have_text("nothing")
    arrived = [stage.box.next()]
    while arrived[-1] != b"\x81\x3c\x40":
        arrived.append(stage.box.next())

    choice(page, "Profile", "split").click()
    expect(page.get_by_role("group", name="Track").get_by_role("button")).to_have_count(0)
    expect(page.locator("#tracks-note")).to_have_text("split says itself where each note goes.")
    assert stage.complaints == []


def test_a_profile_that_is_broken_says_so_and_everything_goes_on(own_stage: Stage) -> None:
    stage = own_stage
    write_config(stage.directory, "profiles/broken.toml", "keyz = 1\n")
    page = stage.look()
    broken = choice(page, "Profile", "broken")
    expect(broken).to_contain_text("broken.toml:1: ")

    broken.click()

    expect(said(page)).to_contain_text("the profile broken cannot be used, liverec goes on: ")
    expect(choice(page, "Profile", "liverec")).to_have_attribute("aria-pressed", "true")


def test_a_profile_that_cannot_be_chosen_by_its_name_says_so_and_its_button_waits_for_nothing(own_stage: Stage) -> None:
    stage = own_stage
    stage.bridge.process.terminate()
    stage.bridge.ends()
    file = write_config(stage.directory, "elsewhere/My Lead.toml", 'description = "x"\n')
    stage.play_on(str(file))
    page = stage.look()
    button = choice(page, "Profile", "My Lead")
    expect(button).to_contain_text("a file that was named when the bridge began")

    button.click()

    expect(said(page)).to_contain_text('"My Lead"')
    expect(button).not_to_have_attribute("aria-busy", "true")


def test_what_another_says_to_the_bridge_is_seen_and_stays_under_the_finger(stage: Stage) -> None:
    page = stage.look()
    choice(page, "Profile", "spread").focus()

    stage.bridge.told("use", "multitrack")

    expect(choice(page, "Profile", "multitrack")).to_have_attribute("aria-pressed", "true")
    expect(choice(page, "Profile", "spread")).to_be_focused()


def test_two_phones_at_once(stage: Stage) -> None:
    one, two = stage.look(), stage.look("desktop")

    choice(one, "Profile", "play").click()
    expect(choice(two, "Profile", "play")).to_have_attribute("aria-pressed", "true")
    expect(said(two)).to_have_text("")  # it was not asked here
    choice(two, "Track", "3").click()
    expect(choice(one, "Track", "3")).to_have_attribute("aria-pressed", "true")
    stage.press(60)
    for page in (one, two):
        expect(page.locator("#sounding")).to_have_text("C5 on channel 3")
    assert stage.complaints == []


def test_a_cable_that_is_pulled_is_seen(own_stage: Stage) -> None:
    stage = own_stage
    page = stage.look()

    stage.hub.unplug(stage.keyboard)

    expect(state(page)).to_have_text("waiting")
    expect(page.get_by_role("region", name="Links")).to_contain_text("Waiting for a keyboard")
    expect(page.get_by_role("region", name="Log")).to_contain_text("warning: Keystation 49 MK3 is unplugged")


def test_a_bridge_that_dies_is_seen_and_seen_to_come_back(own_stage: Stage) -> None:
    stage = own_stage
    page = stage.look()
    alarm = page.get_by_role("alert")
    expect(alarm).to_have_text("")

    stage.bridge.process.kill()
    stage.bridge.ends()
    expect(state(page)).to_have_text("no bridge")
    expect(alarm).to_contain_text("No bridge is running")
    page.get_by_role("button", name="Panic").click()
    expect(said(page)).to_contain_text("no bridge is running")

    stage.play_on()
    expect(state(page)).to_have_text("linked")
    expect(alarm).to_have_text("")
    stage.press(60)
    expect(page.locator("#sounding")).to_have_text("C5 on channel 9")


def test_a_connection_that_is_lost_is_seen_and_found_again(own_stage: Stage) -> None:
    stage = own_stage
    page = stage.look()
    port = stage.web.url().rpartition(":")[2]

    stage.web.process.kill()
    expect(state(page)).to_have_text("no connection")
    expect(page.get_by_role("alert")).to_have_text("The connection is lost. Trying again.")
    page.get_by_role("button", name="Panic").click()
    expect(said(page)).to_have_text("There is no connection to the bridge's machine.")

    stage.serve("--port", port).url()
    expect(state(page)).to_have_text("linked")
    expect(page.get_by_role("alert")).to_have_text("")
    choice(page, "Track", "2").click()
    expect(said(page)).to_have_text("liverec, now to track 2 (channel 2)")


def test_one_page_too_many_says_so_until_another_is_closed(own_stage: Stage) -> None:
    stage = own_stage
    page = stage.look()
    last = page.evaluate(
        """async most => {
            const opened = Array.from({length: most - 1}, () => new WebSocket(`ws://${location.host}/live`));
            await Promise.all(opened.map(each => new Promise(done => { each.onopen = done; })));
            window.last = opened.pop();
        }""",
        Limits().lookers,
    )
    assert last is None
    another = stage.context().new_page()
    another.goto(stage.web.url())

    expect(another.get_by_role("alert")).to_have_text("16 pages are open, which is the most; close one.")
    page.evaluate("window.last.close()")
    expect(state(another)).to_have_text("linked")
    expect(another.get_by_role("alert")).to_have_text("")


def test_a_server_that_hangs_is_noticed(own_stage: Stage) -> None:
    stage = own_stage
    page = stage.look()

    os.kill(stage.web.process.pid, 19)  # SIGSTOP
    expect(state(page)).to_have_text("no connection")

    os.kill(stage.web.process.pid, 18)  # SIGCONT
    expect(state(page)).to_have_text("linked")


def test_the_doctor_is_asked_by_a_button(stage: Stage) -> None:
    page = stage.look()
    verdict = page.locator("#verdict")
    run = subprocess.run(
        [sys.executable, "-P", "-m", "a4bridge", "doctor", "--no-input", "--json"],
        capture_output=True,
        env=stage.bridge.environment,
        check=False,
    )
    expected = read(run.stdout, run.stderr)
    expect(verdict).to_have_attribute("data-verdict", expected["verdict"])
    expect(verdict).to_have_text(re.compile(re.escape(expected["says"]), re.IGNORECASE))

    doctor = page.get_by_role("region", name="Doctor")
    expect(doctor).to_contain_text(re.compile(r"Examined at \d\d:\d\d:\d\d\."))

    page.get_by_role("button", name="Examine again").click()

    expect(page.get_by_role("button", name="Examine again")).to_have_attribute("aria-disabled", "false")
    expect(verdict).to_have_text(re.compile(re.escape(expected["says"]), re.IGNORECASE))


# Who may come in.


def paired(stage: Stage) -> tuple[str, str]:
    """Serve to the network; return address and code."""
    stage.web.stop()
    web = stage.serve("--listen", "0.0.0.0", "--host", GIVEN_NAME)  # noqa: S104 - that is tested
    code = web.says(r"^The code is (\d{4} \d{4})\.$")
    return web.url(GIVEN_NAME), code


def test_a_phone_is_paired_once(own_stage: Stage) -> None:
    stage = own_stage
    url, code = paired(stage)
    context = stage.context()
    page = context.new_page()
    stage.listen(page)
    page.goto(url)
    expect(page).to_have_url(f"{url}/pair")
    entry = page.get_by_label("The code of eight digits")
    expect(entry).to_be_focused()

    entry.fill("1234 5678" if code != "1234 5678" else "8765 4321")
    page.get_by_role("button", name="Pair").click()
    expect(page.get_by_role("alert")).to_contain_text("That is not the code.")
    entry.fill(code)
    entry.press("Enter")

    expect(page).to_have_url(f"{url}/")
    expect(state(page)).to_have_text("linked")
    (cookie,) = context.cookies()
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
    assert page.evaluate("document.cookie") == ""
    page.goto(f"{url}/pair")
    expect(page).to_have_url(f"{url}/")

    other = stage.context().new_page()
    other.goto(url)
    expect(other).to_have_url(f"{url}/pair")
    assert [line for line in stage.complaints if "403" not in line] == []


def test_a_phone_that_is_no_longer_known_is_asked_for_the_code(own_stage: Stage) -> None:
    stage = own_stage
    url, code = paired(stage)
    page = stage.context().new_page()
    page.goto(url)
    page.get_by_label("The code of eight digits").fill(code)
    page.get_by_role("button", name="Pair").click()
    expect(state(page)).to_have_text("linked")

    stage.web.stop()
    (stage.directory / "state" / "paired.json").unlink()
    port = url.rpartition(":")[2]
    stage.serve("--listen", "0.0.0.0", "--host", GIVEN_NAME, "--port", port)  # noqa: S104 - that is tested

    expect(page).to_have_url(f"{url}/pair")


def test_who_guesses_has_to_wait(own_stage: Stage) -> None:
    stage = own_stage
    url, code = paired(stage)
    page = stage.context().new_page()
    page.goto(url)
    for _ in range(PEER_TRIES):
        page.get_by_label("The code of eight digits").fill("0")
        with page.expect_response(f"{url}/pair") as response:
            page.get_by_role("button", name="Pair").click()
        assert response.value.status == 403
        expect(page.get_by_role("alert")).to_contain_text("That is not the code.")

    page.get_by_label("The code of eight digits").fill(code)
    page.get_by_role("button", name="Pair").click()

    expect(page.get_by_role("alert")).to_have_text("Too many wrong codes. Try again in 5 min.")


def test_a_name_that_somebody_made_lead_here_is_not_served(stage: Stage) -> None:
    page = stage.context().new_page()
    answer = page.goto(stage.web.url(FOREIGN_NAME))
    assert answer
    assert answer.status == 403
    expect(page.locator("body")).to_contain_text(f"This page is not served as {FOREIGN_NAME}.")


@contextmanager
def foreign_page() -> Iterator[str]:
    """Serve an empty page at another port: another origin, on the same machine."""

    class Empty(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!doctype html><title>foreign</title>")

        def log_message(self, *_args: object) -> None:
            pass

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Empty) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def test_a_foreign_page_can_neither_look_nor_press_nor_frame(stage: Stage) -> None:
    ours = stage.web.url()
    stage.press(60)
    with foreign_page() as foreign:
        page = stage.context().new_page()
        page.goto(foreign)

        opened = page.evaluate(
            """url => new Promise(done => {
                const socket = new WebSocket(url);
                socket.onopen = () => done("opened");
                socket.onerror = () => done("refused");
            })""",
            f"{ours.replace('http', 'ws')}/live",
        )
        read_by = """url => fetch(url, {credentials: "include"}).then(answer => answer.text(), () => "refused")"""
        statuses: list[int] = []
        page.on("response", lambda response: statuses.append(response.status))
        posted = page.evaluate(
            """url => fetch(url, {method: "POST", mode: "no-cors", body: "code=1"})
                .then(() => "sent", () => "refused")""",
            f"{ours}/pair",
        )
        framed = page.evaluate(
            """url => new Promise(done => {
                const frame = document.createElement("iframe");
                frame.onload = () => done(frame.contentDocument ? "ours" : "blocked");
                frame.src = url;
                document.body.append(frame);
            })""",
            ours,
        )

        assert opened == "refused"
        assert page.evaluate(read_by, f"{ours}/page.js") == "refused"
        assert posted in {"sent", "refused"}
        assert 200 not in [status for status in statuses if posted == "sent"][:1]
        assert framed == "blocked"
        (frame,) = page.main_frame.child_frames
        assert "Panic" not in frame.content()
    assert stage.box.next() == b"\x98\x3c\x64"
    assert stage.box.nothing_more()


# For everybody.

_NAMELESS: Final = """() => [...document.querySelectorAll("button, a, input, summary, [tabindex='0']")]
    .filter(each => each.getClientRects().length)
    .map(each => each.id || each.dataset.choice || each.textContent)"""

_WEAK: Final = """least => {
    const linear = part => (part /= 255) <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    const parts = colour => colour.match(/[\\d.]+/g).map(Number);
    const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
    const ground = element => {
        for (let each = element; each; each = each.parentElement) {
            const colour = parts(getComputedStyle(each).backgroundColor);
            if (colour.length === 3 || colour[3] === 1) return colour;
        }
        return [0, 0, 0];
    };
    const weak = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const element = walker.currentNode.parentElement;
        const text = walker.currentNode.textContent.trim();
        if (!text || !element.getClientRects().length || element.closest("noscript")) continue;
        const lights = [light(parts(getComputedStyle(element).color)), light(ground(element))];
        const [dark, bright] = lights.sort((a, b) => a - b);
        const ratio = (bright + 0.05) / (dark + 0.05);
        if (ratio < least) weak.push(`${text}: ${ratio.toFixed(1)}`);
    }
    return weak;
}"""
"""Returns texts whose contrast to what is behind them is less than `least`."""


def tabbed(page: Page) -> list[str]:
    """Press Tab until it comes round, and return what had the focus, each of which must be seen to have it."""
    focused: list[str] = []
    page.evaluate("document.activeElement.blur()")
    while True:
        page.keyboard.press("Tab")
        name, outline = page.evaluate(
            """() => {
                const each = document.activeElement;
                return [each.id || each.dataset.choice || each.textContent, getComputedStyle(each).outlineStyle];
            }"""
        )
        if name in focused or page.evaluate("document.activeElement === document.body"):
            return focused
        assert outline != "none", name
        focused.append(name)


@pytest.mark.parametrize("size", SIZES)
def test_it_is_used_by_keyboard_and_screen_reader(stage: Stage, size: str) -> None:
    page = stage.look(size)
    expect(choice(page, "Profile", "liverec")).to_be_visible()

    for landmark in (page.get_by_role("banner"), page.get_by_role("main"), page.get_by_role("contentinfo")):
        expect(landmark).to_have_count(1)
    regions = ["Links", "Sounding", "Track", "Profile", "Passed and dropped", "Latency", "Doctor", "Log"]
    expect(page.get_by_role("region")).to_have_count(len(regions))
    for name in regions:
        expect(page.get_by_role("region", name=name, exact=True)).to_have_count(1)
        expect(page.get_by_role("heading", name=name, exact=True)).to_have_count(1)
    expect(page.get_by_role("status")).to_have_count(2)
    expect(page.get_by_role("alert")).to_have_count(1)

    shipped = ["daw", "duo", "gridrec", "liverec", "multitrack", "play", "split", "spread"]
    names = ["auto", "1", "2", "3", "4", *shipped, "Examine again", "Panic"]
    expect(page.get_by_role("button")).to_have_count(len(names))
    for name in names:
        button = page.get_by_role("button", name=name, exact=True)
        expect(button).to_have_count(1)
        box = button.bounding_box()
        assert box
        assert min(box["width"], box["height"]) >= FINGER, name
    expect(choice(page, "Profile", "gridrec")).to_have_accessible_description(re.compile("Write notes to steps"))
    expect(page.get_by_role("button", name="Panic")).to_have_accessible_description("ends every note on the box")

    reachable: list[str] = page.evaluate(_NAMELESS)
    assert sorted(tabbed(page)) == sorted(reachable)
    choice(page, "Track", "4").focus()
    page.keyboard.press("Space")
    expect(choice(page, "Track", "4")).to_have_attribute("aria-pressed", "true")
    choice(page, "Profile", "gridrec").focus()
    page.keyboard.press("Enter")
    expect(choice(page, "Profile", "gridrec")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Shift+Tab")

    assert page.evaluate(_WEAK, CONTRAST) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")  # nothing to scroll sideways
    assert stage.complaints == []


def test_the_page_for_the_code_is_used_by_keyboard_and_screen_reader(own_stage: Stage) -> None:
    stage = own_stage
    url, _ = paired(stage)
    page = stage.context().new_page()
    page.goto(url)

    expect(page.get_by_role("main")).to_have_count(1)
    expect(page.get_by_role("textbox", name="The code of eight digits")).to_be_focused()
    expect(page.get_by_role("button", name="Pair")).to_have_count(1)
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Pair")).to_be_focused()
    assert page.evaluate(_WEAK, CONTRAST) == []


def test_who_wants_no_motion_gets_none(stage: Stage) -> None:
    page = stage.look(reduced_motion="reduce")

    stage.press(60)
    stage.let_go(60)
    expect(page.locator("#key-60")).to_have_class(re.compile("struck"))

    assert page.evaluate("getComputedStyle(document.getElementById('key-60')).animationName") == "none"


def test_it_can_be_put_on_the_home_screen(stage: Stage) -> None:
    page = stage.look()
    manifest = json.loads(page.evaluate("fetch('/manifest.webmanifest').then(answer => answer.text())"))
    pictures = [icon["src"] for icon in manifest["icons"]]
    pictures += page.evaluate(
        "[...document.querySelectorAll('link[rel*=icon]')].map(link => link.getAttribute('href'))"
    )

    for picture in pictures:
        size = page.evaluate(
            "url => new Promise((done, fail) => { const image = new Image(); image.onerror = fail; "
            "image.onload = () => done([image.naturalWidth, image.naturalHeight]); image.src = url; })",
            picture,
        )
        assert picture.endswith(".svg") or f"-{size[0]}." in picture
    assert manifest["name"] == page.title()
    assert stage.complaints == []


# The pictures of the documents.

_EVENING: Final = 1_767_298_500
"""1 January 2026, 20:15 UTC, in seconds: when the pictures are taken."""

_FACTS: Final = {
    "took_us": {"p50": 25.1, "p99": 27.2, "p99_9": 30.0, "max": 87.0},
    "late_us": {"p50": 5.1, "p99": 9.2, "p99_9": 12.3, "max": 30.7},
    "real_time": {"fifo": "", "memory": ""},
    "examining": False,
    "doctor": {
        "verdict": "good",
        "says": "everything is as it should be: play",
        "stations": [
            {"name": "Keystation 49 MK3", "verdict": "good", "evidence": "linked, and played", "remedy": ""},
            {"name": "Elektron Analog Four", "verdict": "good", "evidence": "notes go to its MIDI input", "remedy": ""},
        ],
        "checklist": [{"menu": "MIDI CONFIG", "item": "INPUT FROM", "set": "USB", "why": ""}],
        "at": _EVENING,
    },
}


def with_fixed_figures(route: WebSocketRoute) -> None:
    """Let the page hear what the server says, with figures and times that are the same each time."""
    server = route.connect_to_server()

    def pass_on(message: str | bytes) -> None:
        facts = json.loads(message)
        told = facts.get("facts", {})
        if told.get("bridge", {}).get("here") or "took_us" in told:
            told |= _FACTS
        for key in ("doctor", "examining"):
            if key in told:
                told[key] = _FACTS[key]
        for number, line in enumerate(facts.get("log", ())):
            line["at"] = _EVENING + number
        route.send(json.dumps(facts))

    server.on_message(pass_on)


@pytest.mark.parametrize("size", SIZES)
def test_a_picture_is_taken(own_stage: Stage, size: str) -> None:
    stage = own_stage
    page = stage.context(size, timezone_id="UTC", reduced_motion="reduce").new_page()
    stage.listen(page)
    page.route_web_socket(re.compile("/live$"), with_fixed_figures)
    page.goto(stage.web.url())
    expect(state(page)).to_have_text("linked")
    stage.press(57, 60, 64)
    for dropped in [b"\xc0\x05"] * 3 + [b"\xb0\x14\x40"] * 12:
        stage.keyboard.play(dropped)
    expect(page.locator("#dropped")).to_contain_text("12")
    expect(page.locator("#dropped")).to_contain_text("3program change")
    expect(page.locator("#forwarded")).to_have_text("3")
    expect(page.locator("#sounding")).to_have_text("A4 C5 E5 on channel 9")
    expect(page.locator("#verdict")).to_have_text("Everything is as it should be: play.")

    folder = os.environ.get("A4BRIDGE_SCREENSHOTS")
    path = Path(folder, f"page-{size}.png") if folder else None

    assert page.screenshot(path=path) == page.screenshot()
    assert stage.complaints == []
