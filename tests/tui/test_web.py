"""The browser server lets in who knows its address, on this machine only, and leaves no app behind."""

import asyncio
import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time

import aiohttp
import pytest

# What stands in for the app: it notes its process, shows what is typed, and quits as any Textual app does.
APP = """
import os, pathlib, sys
from textual.app import App
from textual.widgets import Static

class Echo(App):
    def compose(self):
        yield Static(f"size {self.size.width}x{self.size.height}")

    def on_mount(self):
        pathlib.Path(sys.argv[1], str(os.getpid())).touch()

    def on_resize(self, event):
        self.query_one(Static).update(f"size {event.size.width}x{event.size.height}")

    def on_key(self, event):
        if event.key == "k":
            os.kill(os.getpid(), 9)
        self.query_one(Static).update(f"typed {event.key}")

Echo().run()
"""
# An app that hears nothing, and with one more argument never stops talking.
DEAF = """
import os, pathlib, signal, sys, time
for number in (signal.SIGTERM, signal.SIGINT):
    signal.signal(number, signal.SIG_IGN)
print("__GANGLION__", flush=True)
pathlib.Path(sys.argv[1], str(os.getpid())).touch()
while True:
    os.write(1, b"D" + (60_000).to_bytes(4, "big") + b"." * 60_000) if sys.argv[2:] else time.sleep(9)
"""
SERVER = """
import sys
from tinygpt_tui import web
web.QUIT_SECONDS, web.PLACE_SECONDS = float(sys.argv[1]), 0.5
sys.exit(web.serve(sys.argv[3:], int(sys.argv[2])))
"""


class Served:
    """A server process with its app; `pids` of the apps are the names of files in `folder`."""

    def __init__(self, folder, app=APP, *flags, quit_seconds=9, port=0):
        self.folder = folder / "pids of; apps $HOME"  # what a shell would take apart
        self.folder.mkdir()
        command = [sys.executable, "-c", app, str(self.folder), *flags]
        self.process = subprocess.Popen(
            [sys.executable, "-c", SERVER, str(quit_seconds), str(port), *command],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout
        self.lines = [self.process.stdout.readline() for _ in range(2)]
        found = re.fullmatch(r"tinygpt-tui is at (http://127\.0\.0\.1:(\d+)/[\w-]{40,}/)\n", self.lines[0])
        assert found, self.lines
        self.address, self.port = found[1], int(found[2])
        self.origin = f"http://127.0.0.1:{self.port}"

    def alive(self):
        return {pid for pid in (int(file.name) for file in self.folder.iterdir()) if is_alive(pid)}

    def end(self, number=signal.SIGINT):
        """Ends the server as Ctrl-C does; gives its status and what else it said."""
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=20)
        return self.process.returncode, out, err


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def wait_until(condition, seconds=20.0):
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    server = Served(tmp_path_factory.mktemp("served"))
    yield server
    assert server.end() == (0, "", "")
    assert not server.alive()


@contextlib.contextmanager
def server_of(*arguments, **options):
    """A server that the block may end; ended afterwards at any rate."""
    server = Served(*arguments, **options)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.end(signal.SIGTERM)


async def get(url, **headers):
    async with aiohttp.ClientSession() as client, client.get(url, headers=headers, allow_redirects=False) as response:
        return response.status, await response.text(), response.headers


@contextlib.asynccontextmanager
async def tab(server, query="width=80&height=24", **headers):
    """What a browser tab has: a websocket of its own."""
    headers = {"Origin": server.origin, **headers}
    async with (
        aiohttp.ClientSession() as client,
        client.ws_connect(f"{server.address}ws?{query}", headers=headers) as websocket,
    ):
        yield websocket


async def read_until(websocket, text):
    """Reads what the app draws until a text is in it."""
    seen = b""
    async with asyncio.timeout(20):
        while text.encode() not in seen:
            message = await websocket.receive()
            assert message.type is aiohttp.WSMsgType.BINARY, (message, seen)
            seen += message.data
    return seen


def refusal_status(status):
    return pytest.raises(aiohttp.WSServerHandshakeError, match=str(status))


@pytest.mark.asyncio
async def test_the_page_is_at_the_printed_address_and_needs_no_other_host(served):
    status, text, headers = await get(served.address)
    assert (status, served.lines[1]) == (200, "Press Ctrl-C to stop.\n")
    assert "<title>tinygpt</title>" in text
    assert "reload to start again" in text
    path = served.address.removeprefix(served.origin)
    assert re.findall(r"\w+://[^\"]*", text) == [f"ws://127.0.0.1:{served.port}{path}ws"]
    assert (headers["Cache-Control"], headers["X-Frame-Options"]) == ("no-store", "DENY")
    assert (headers["X-Content-Type-Options"], headers["Referrer-Policy"]) == ("nosniff", "no-referrer")
    assert "default-src 'self'" in headers["Content-Security-Policy"]
    for link in re.findall(r'(?:src|href)="(static[^"]*)"', text):
        status, text, _ = await get(served.address + link)
        assert status == 200
        assert not re.findall(r"url\(|@import|https?://[^/]*googleapis", text), "the files load nothing either"


@pytest.mark.asyncio
@pytest.mark.parametrize("path", ["/", "/ws", "/static/js/textual.js", "/{}x/", "/{}", "/{}/static/", "/download/x"])
async def test_any_other_address_shows_nothing(served, path):
    token = served.address.split("/")[3]
    status, text, _ = await get(served.origin + path.format(token), Origin=served.origin)
    assert status in (403, 404)
    assert "textual" not in text
    assert token not in text


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "host", ["elsewhere.example", "127.0.0.1", "elsewhere.example:{}", "localhost.:{}", "[::1]:{}"]
)
async def test_a_name_that_somebody_else_points_here_is_refused(served, host):
    host = host.format(served.port)
    assert (await get(served.address, Host=host))[0] == 403
    with refusal_status(403):
        async with tab(served, Host=host):
            pass


@pytest.mark.asyncio
async def test_localhost_is_the_same_place(served):
    host = f"localhost:{served.port}"
    status, text, _ = await get(served.address, Host=host)
    assert (status, f'"ws://{host}/' in text) == (200, True)


@pytest.mark.asyncio
@pytest.mark.parametrize("origin", ["http://elsewhere.example", "null", "http://127.0.0.1", "https://127.0.0.1:{}", ""])
async def test_a_page_elsewhere_cannot_type_into_the_app(served, origin):
    before = served.alive()
    with refusal_status(403):
        async with tab(served, Origin=origin.format(served.port)):
            pass
    url = f"{served.address}ws"
    headers = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    assert (await get(url, **headers, **{"Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA=="}))[0] == 403, "no Origin"
    assert served.alive() == before


def test_it_listens_on_one_address_of_this_machine(served):
    with socket.create_connection(("127.0.0.1", served.port), timeout=5):
        pass
    with pytest.raises((ConnectionRefusedError, TimeoutError)):
        socket.create_connection(("127.0.0.2", served.port), timeout=5)


@pytest.mark.asyncio
async def test_sizes_are_kept_sane(served):
    async with tab(served, "width=1000000000&height=-5") as websocket:
        await read_until(websocket, "size 500x5")
        await websocket.send_json(["resize", {"width": 0, "height": 10**9}])
        await read_until(websocket, "size 20x300")
    async with tab(served, "width=wide") as websocket:
        await read_until(websocket, "size 80x24")


@pytest.mark.asyncio
async def test_four_browsers_fit_and_a_place_comes_free(served):
    assert wait_until(lambda: not served.alive())
    async with contextlib.AsyncExitStack() as tabs:
        websockets = [await tabs.enter_async_context(tab(served)) for _ in range(4)]
        for websocket in websockets:
            await read_until(websocket, "size")
        before = served.alive()
        assert len(before) == 4
        async with tab(served) as fifth:
            assert b"Close another tab" in await read_until(fifth, "reload")
            assert (await fifth.receive()).type is aiohttp.WSMsgType.CLOSE
        assert served.alive() == before
        await websockets[0].send_json(["stdin", "x"])
        await read_until(websockets[0], "typed x")
        await websockets[0].close()
        async with tab(served) as sixth:
            await read_until(sixth, "size")
            assert len(served.alive()) == 4
    assert wait_until(lambda: not served.alive()), "the apps end when their browsers have gone"


@pytest.mark.asyncio
async def test_an_app_that_was_killed_closes_its_page(served):
    async with tab(served) as websocket:
        await read_until(websocket, "size")
        await websocket.send_json(["stdin", "k"])
        while (message := await websocket.receive(timeout=20)).type is aiohttp.WSMsgType.BINARY:
            pass
        assert message.type is aiohttp.WSMsgType.CLOSE


@pytest.mark.asyncio
@pytest.mark.parametrize("flags", [[], ["talks all the time"]])
async def test_a_deaf_app_ends_with_its_browser_too(tmp_path, flags):
    with server_of(tmp_path, DEAF, *flags, quit_seconds=0.5) as server:
        async with tab(server) as websocket:
            assert wait_until(server.alive)
            if flags:
                await read_until(websocket, "....")
            assert websocket._response.connection.transport
            websocket._response.connection.transport.abort()  # as when the browser crashes
        assert wait_until(lambda: not server.alive())
        assert server.end() == (0, "", "")


@pytest.mark.asyncio
@pytest.mark.parametrize(("number", "app"), [(signal.SIGINT, APP), (signal.SIGTERM, DEAF), (signal.SIGHUP, APP)])
async def test_the_end_of_the_server_ends_every_app(tmp_path, number, app):
    with server_of(tmp_path, app, quit_seconds=9 if app == APP else 0.5) as server:
        async with tab(server), tab(server) as websocket:
            assert wait_until(lambda: len(server.alive()) == 2)
            server.process.send_signal(number)
            if app == DEAF:
                await asyncio.sleep(0.2)
                server.process.send_signal(number)  # again, while it waits for the apps; that changes nothing
            while (await websocket.receive(timeout=20)).type is aiohttp.WSMsgType.BINARY:
                pass
            _, err = server.process.communicate(timeout=20)
            assert (server.process.returncode, err) == (0, "")
            assert not server.alive()


def test_a_port_in_use_says_what_to_do(served):
    code = f"from tinygpt_tui import web; web.serve(['true'], {served.port})"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert f"InputError: cannot listen on port {served.port}: Address already in use. Choose another" in result.stderr
    assert "--port" in result.stderr
    code = "from tinygpt_tui import web; web.serve(['true'], 70000)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "InputError: cannot listen on port 70000" in result.stderr
