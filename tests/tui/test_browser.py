"""The terminal UI in a real browser: what a person sees there, and what is left when they go away."""

import base64
import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import pyte
import pytest
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webdriver import WebDriver

from tests.tui.programs import program

pytestmark = pytest.mark.slow

FLAGS = [
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--window-size=1200,900"),
]


def open_browser(profile: Path) -> WebDriver:
    """A browser with a fresh profile that notes what goes over its network."""
    options = webdriver.ChromeOptions()
    options.binary_location = program("chromium")
    for flag in [*FLAGS, f"--user-data-dir={profile}"]:
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    return webdriver.Chrome(options, webdriver.ChromeService(program("chromedriver")))


class BrowserTerminal:
    """The terminal in a page, read as a person reads it.

    xterm.js paints on a canvas, which has no text to ask for; so what the page was sent is given to a terminal
    emulator of our own, of the same size.

    Args:
        driver: The browser.
    """

    def __init__(self, driver: WebDriver) -> None:
        self.driver = driver
        self.screen = pyte.Screen(80, 24)
        self.stream = pyte.ByteStream(self.screen)
        self.hosts: set[str | None] = set()

    def open(self, address: str) -> None:
        self.driver.get(address)

    def reload(self) -> None:
        """Load the page again, with nothing in the terminal that the old page has shown."""
        self.text()
        self.screen.reset()
        self.driver.refresh()

    def type(self, *keys: str) -> None:
        """Press keys, as characters or as members of selenium's `Keys`."""
        ActionChains(self.driver).send_keys(*keys).perform()

    def text(self) -> str:
        """What the terminal shows by now."""
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if handle := getattr(self, "on_" + message["method"].replace("Network.", ""), None):
                handle(message["params"])
        return "\n".join(line.rstrip() for line in self.screen.display)

    def on_requestWillBeSent(self, params: dict) -> None:  # noqa: N802  # Chrome's name
        address = urlsplit(params["request"]["url"])
        if address.scheme in ("http", "https"):  # the browser's own pages are chrome://
            self.hosts.add(address.hostname)

    def on_webSocketCreated(self, params: dict) -> None:  # noqa: N802  # Chrome's name
        self.hosts.add(urlsplit(params["url"]).hostname)
        self.screen.reset()

    def on_webSocketFrameSent(self, params: dict) -> None:  # noqa: N802  # Chrome's name
        kind, *values = json.loads(params["response"]["payloadData"])
        if kind == "resize":
            self.screen.resize(values[0]["height"], values[0]["width"])

    def on_webSocketFrameReceived(self, params: dict) -> None:  # noqa: N802  # Chrome's name
        frame = params["response"]
        if frame["opcode"] == 2:
            self.stream.feed(base64.b64decode(frame["payloadData"]))

    def wait_for(self, text: str, seconds: float = 60) -> str:
        """Wait until a text is on the screen; gives the screen."""
        deadline = time.monotonic() + seconds
        while text not in (shown := self.text()):
            assert time.monotonic() < deadline, f"{text!r} did not appear in\n{shown}\n{self.complaints()}"
            time.sleep(0.1)
        return shown

    def notices(self) -> list[str]:
        """The notices that the page shows over its terminal."""
        return [notice.text for notice in self.driver.find_elements(By.CLASS_NAME, "notice") if notice.is_displayed()]

    def complaints(self) -> list[str]:
        """What the browser holds against the page, such as a breach of its security policy."""
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] == "SEVERE"]


def processes() -> list[tuple[int, int]]:
    """Every process with its parent; without those that have ended and that nobody has buried."""
    command = [program("ps"), "-eo", "pid=,ppid=,stat="]
    rows = [line.split() for line in subprocess.check_output(command, text=True).splitlines()]
    return [(int(pid), int(parent)) for pid, parent, state, *_ in rows if not state.startswith("Z")]


def children(*pids: int) -> set[int]:
    """The processes that some processes have started and that are still there."""
    return {pid for pid, parent in processes() if parent in pids}


def alive(pids: set[int]) -> set[int]:
    """Those of some processes that are still there."""
    return {pid for pid, _ in processes()} & pids


def wait_until(condition, seconds: float = 30) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return condition()


@pytest.fixture
def server(tmp_path):
    """A running `tinygpt-tui --web`, and the address that it prints."""
    command = [sys.executable, "-m", "tinygpt_tui", "--web", "--port", "0", "--runs-dir", str(tmp_path / "runs")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found
        yield process, found[0]
        if process.poll() is None:
            process.send_signal(signal.SIGINT)


@pytest.fixture
def terminal(tmp_path):
    driver = open_browser(tmp_path / "profile")
    yield BrowserTerminal(driver)
    driver.quit()


def test_the_ui_lives_as_long_as_its_page(terminal, server):
    """A reload replaces the session; closing the browser ends it and its worker."""
    process, address = server
    terminal.open(address)
    terminal.wait_for("tinygpt")
    assert (terminal.driver.title, terminal.notices()) == ("tinygpt", [])
    terminal.type("?")
    terminal.wait_for("esc closes")
    assert (terminal.hosts, terminal.complaints()) == ({"127.0.0.1"}, [])
    apps = children(process.pid)
    assert len(apps) == 1
    first = apps | children(*apps)

    terminal.reload()
    terminal.wait_for("tinygpt")
    assert wait_until(lambda: not alive(first)), "a reload is a new session in place of the old"
    apps = children(process.pid)
    assert len(apps) == 1
    second = apps | children(*apps)

    terminal.driver.quit()
    assert wait_until(lambda: not alive(second)), "the app or its worker is still there"


def test_the_page_says_that_the_session_has_ended(terminal, server):
    process, address = server
    terminal.open(address)
    terminal.wait_for("tinygpt")
    apps = children(process.pid)
    started = apps | children(*apps)
    process.send_signal(signal.SIGINT)
    assert wait_until(lambda: terminal.notices() == ["The session has ended: reload to start again."])
    assert (process.wait(timeout=20), alive(started)) == (0, set())
