"""The browser server lets in who knows its address, on this machine only, and leaves no app behind."""

import asyncio
import contextlib
import re
import signal
import socket
import subprocess
import sys

import aiohttp
import pytest

from tests.tui.served import APP, DEAF, Served, read_until, tab, wait_until

pytestmark = pytest.mark.slow


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


def refusal_status(status):
    return pytest.raises(aiohttp.WSServerHandshakeError, match=str(status))


@pytest.mark.asyncio
async def test_the_printed_address_serves_a_self_contained_page(served):
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
@pytest.mark.parametrize(
    "message",
    [["stdin", "\ud83d"], ["stdin", None], ["resize", {"width": None}], ["x", "y" * 5_000_000], [], "{", "[" * 100_000],
)
async def test_no_message_of_a_page_ends_its_session(served, message):
    async with tab(served) as websocket:
        await read_until(websocket, "size")
        await (websocket.send_str if isinstance(message, str) else websocket.send_json)(message)
        await websocket.send_json(["stdin", "x"])
        await read_until(websocket, "typed x")


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
