"""The browser server as a process, and what a browser tab says to it."""

import asyncio
import contextlib
import os
import re
import signal
import subprocess
import sys
import time

import aiohttp

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
