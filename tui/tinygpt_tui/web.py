"""The web server of the terminal UI, for browsers on the same machine: one session and app process per tab."""

import asyncio
import contextlib
import json
import logging
import os
import secrets
import shlex
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process, SubprocessStreamProtocol
from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Template

from aiohttp import WSCloseCode, WSMsgType, web
from aiohttp.http import HttpProcessingError
from aiohttp.typedefs import Handler
from textual_serve.app_service import AppService
from textual_serve.server import Server, to_int

from tinygpt_keras.errors import InputError
from tinygpt_tui.text import encodable

HOST = "127.0.0.1"
MAX_SESSIONS = 4  # an app with an open model needs about 0.5 GB for TensorFlow; four of them fit a laptop
FULL = f"All {MAX_SESSIONS} sessions are in use. Close another tab with this page, and reload."
PLACE_SECONDS = 4.0  # wait for a free session: a reloaded page reconnects before its old app has ended
QUIT_SECONDS = 5.0  # time for an app to end by itself, of which its worker may take two seconds
LONGEST_LINE = 2**16  # bytes; the limit of the app's output buffer, asyncio's default
LONGEST_MESSAGE = 2**26  # bytes of a websocket message; a paste is one message
LONGEST_PATH = 255  # bytes; the longest name that file systems take
WIDTHS, HEIGHTS = (20, 500), (5, 300)  # limits of readability; drawing costs memory per cell
HEADERS = {
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    # xterm.js sizes its cells with inline styles; some browsers do not count a websocket as 'self'.
    "Content-Security-Policy": "default-src 'self'; script-src 'self' 'nonce-{nonce}'; img-src 'self' data:; "
    "style-src 'self' 'unsafe-inline'; connect-src 'self' {websockets}; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
}


def serve(command: Sequence[str], port: int) -> int:
    """Serve an app to browsers on this machine until Ctrl-C or a termination signal.

    Args:
        command: The app's command line, run without a shell.
        port: The port to listen on; 0 for any free one.

    Returns:
        The exit status, 0.

    Raises:
        InputError: If the port cannot be used.
    """
    try:
        listener = socket.create_server((HOST, port))
    except (OSError, OverflowError) as error:
        reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else error
        advice = "Choose another with --port, or any free one with --port 0."
        raise InputError(f"cannot listen on port {port}: {str(reason).rstrip('.')}. {advice}") from error
    # Windows event loops have no signal handlers: there Ctrl-C cancels the server, which cleans up the same way.
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(LocalServer(command, listener).run())
    return 0


class Session(AppService):
    """One app process, which always ends, however its browser disconnects."""

    async def start(self, width: int, height: int) -> None:
        """Start the app in a terminal of this size, clamped to `WIDTHS` and `HEIGHTS`."""
        await super().start(clamp(width, WIDTHS), clamp(height, HEIGHTS))

    async def set_terminal_size(self, width: int, height: int) -> None:
        """Resize the app's terminal, clamped to `WIDTHS` and `HEIGHTS`."""
        await super().set_terminal_size(clamp(width, WIDTHS), clamp(height, HEIGHTS))

    async def _open_app_process(self, width: int = 80, height: int = 24) -> Process:
        # textual-serve would use a shell. The new session keeps the terminal's Ctrl-C from the app. What
        # `create_subprocess_exec` does, keeping the transport, which alone closes the pipes.
        loop = asyncio.get_running_loop()
        self.transport, protocol = await loop.subprocess_exec(
            lambda: SubprocessStreamProtocol(limit=LONGEST_LINE, loop=loop),
            *shlex.split(self.command),
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            env=self._build_environment(width, height),
            start_new_session=True,
        )
        self._process = process = Process(self.transport, protocol, loop)
        self._stdin = process.stdin
        return process

    async def on_data(self, payload: bytes) -> None:
        """Forward the app's output. After a disconnect keep reading, or the app would block and never quit."""
        with contextlib.suppress(ConnectionError):
            await super().on_data(payload)

    async def run(self) -> None:
        """Forward the app's output until it ends, then disconnect the browser, which a killed app did not do."""
        with contextlib.suppress(ConnectionError):
            await super().run()
        await self.remote_close()

    async def stop(self) -> None:
        """Ask the app to quit; kill it after `QUIT_SECONDS` or when this task is cancelled."""
        if (process := self._process) is None:
            return
        asking = asyncio.create_task(super().stop())
        try:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), QUIT_SECONDS)
            await asyncio.wait([asking], timeout=1)  # it reads the app's last output
        finally:
            # This kills the app and closes the pipes, even if one of its children still holds them.
            self.transport.close()
            await process.wait()
            asking.cancel()


class LocalServer(Server):
    """A Textual server behind a secret address, which accepts connections from its own pages only.

    Args:
        command: The app's command line.
        listener: The listening socket.
    """

    def __init__(self, command: Sequence[str], listener: socket.socket) -> None:
        port: int = listener.getsockname()[1]
        super().__init__(shlex.join(command), HOST, port)
        self.listener = listener
        # Browsers omit port 80 from Host and Origin.
        self.hosts = [name if port == 80 else f"{name}:{port}" for name in (HOST, "localhost")]
        self.root = f"/{secrets.token_urlsafe()}/"
        self.nonce = secrets.token_urlsafe()
        websockets = " ".join(f"ws://{host}" for host in self.hosts)
        self.headers = {key: value.format(nonce=self.nonce, websockets=websockets) for key, value in HEADERS.items()}
        self.places = asyncio.Semaphore(MAX_SESSIONS)
        self.handlers: set[asyncio.Task[object]] = set()

    async def run(self) -> None:
        """Serve until a termination signal, then end every app."""
        ended = asyncio.Event()
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            with contextlib.suppress(AttributeError, NotImplementedError):  # Windows
                asyncio.get_running_loop().add_signal_handler(getattr(signal, name), ended.set)
        log = logging.getLogger("tinygpt_tui.web")
        log.addFilter(is_own_fault)
        runner = web.AppRunner(await self._make_app(), access_log=None, logger=log, shutdown_timeout=1)
        await runner.setup()
        await web.SockSite(runner, self.listener).start()
        print(f"tinygpt-tui is at http://{self.hosts[0]}{self.root}\nPress Ctrl-C to stop.", flush=True)
        with contextlib.redirect_stdout(sys.stderr):  # textual-serve prints the output of a failing app
            try:
                await ended.wait()
            finally:
                await runner.cleanup()

    async def _make_app(self) -> web.Application:
        app = web.Application(middlewares=[self.guard])
        app.router.add_get(self.root, self.handle_index)
        app.router.add_get(f"{self.root}ws", self.handle_websocket)
        app.router.add_static(f"{self.root}static", self.statics_path)
        # The page's script requests downloads without the token in the path; their random key protects them as well.
        app.router.add_get("/download/{key}", self.handle_download)
        app.on_response_prepare.append(self.add_headers)
        app.on_shutdown.append(self.end_sessions)
        return app

    @web.middleware
    async def guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Reject requests to other host names, websockets from other sites' pages, and names that no file has."""
        if len(request.rel_url.raw_path) > LONGEST_PATH:
            raise web.HTTPNotFound
        # Another site's page can reach this server, also by DNS rebinding: its own name resolved to 127.0.0.1. Host
        # and Origin reveal it.
        foreign = request.headers.get("Origin") not in [f"http://{host}" for host in self.hosts]
        if request.host not in self.hosts or (foreign and request.path.endswith("/ws")):
            raise web.HTTPForbidden(text="Not from here. Open the address that tinygpt-tui printed.")
        return await handler(request)

    async def add_headers(self, _: web.Request, response: web.StreamResponse) -> None:
        """Add the security headers, which confine the page to this host."""
        response.headers.update(self.headers)

    async def handle_index(self, request: web.Request) -> web.Response:
        """Return the page."""
        page = Template((Path(__file__).parent / "templates" / "app_index.html").read_text(encoding="utf-8"))
        text = page.substitute(nonce=self.nonce, websocket_url=f"ws://{request.host}{self.root}ws")
        return web.Response(text=text, content_type="text/html", headers={"Cache-Control": "no-store"})

    async def handle_websocket(self, request: web.Request) -> web.WebSocketResponse:
        """Run an app for a browser until either ends, if a session is free."""
        websocket = web.WebSocketResponse(
            heartbeat=15,  # seconds between pings; without a reply the browser counts as gone
            max_msg_size=LONGEST_MESSAGE,
        )
        await websocket.prepare(request)
        try:
            await asyncio.wait_for(self.places.acquire(), PLACE_SECONDS)
        except TimeoutError:
            with contextlib.suppress(ConnectionError):  # it did not wait
                await websocket.send_bytes(FULL.encode())
                await websocket.close(code=WSCloseCode.TRY_AGAIN_LATER)
            return websocket
        handler = asyncio.current_task()
        assert handler is not None
        self.handlers.add(handler)
        try:
            await self.run_session(websocket, request.query)
        finally:
            self.handlers.discard(handler)
            self.places.release()
        return websocket

    async def _process_messages(self, websocket: web.WebSocketResponse, app_service: AppService) -> None:
        # Replaces textual-serve's method, which ends the session on a lone surrogate, as UTF-8 cannot encode it.
        async for message in websocket:
            if message.type is not WSMsgType.TEXT:
                continue
            match parse_message(message.data):
                case ["stdin", str(typed)]:
                    await app_service.send_bytes(encodable(typed).encode())
                case ["resize", {"width": int(width), "height": int(height)}]:
                    await app_service.set_terminal_size(width, height)
                case ["ping", data]:
                    await websocket.send_json(["pong", data])
                case ["blur", *_]:
                    await app_service.blur()
                case ["focus", *_]:
                    await app_service.focus()
                case _:
                    pass

    async def run_session(self, websocket: web.WebSocketResponse, query: Mapping[str, str]) -> None:
        """Start an app, forward its browser's messages until that disconnects, and end the app.

        Args:
            websocket: The connection to the browser.
            query: Holds the terminal's `width` and `height`.
        """
        session = Session(
            self.command,
            write_bytes=websocket.send_bytes,
            write_str=websocket.send_str,
            close=websocket.close,  # pyright: ignore[reportArgumentType]  # its result is unused
            download_manager=self.download_manager,
        )
        try:
            await session.start(to_int(query.get("width", ""), 80), to_int(query.get("height", ""), 24))
            await self._process_messages(websocket, session)
        finally:
            await session.stop()

    async def end_sessions(self, _: web.Application) -> None:
        """End every session."""
        for handler in self.handlers:
            handler.cancel()
        if self.handlers:
            await asyncio.wait(self.handlers)


def is_own_fault(record: logging.LogRecord) -> bool:
    """Whether an error that aiohttp logs is the server's; who sends what is not HTTP is answered, and no more."""
    return record.exc_info is None or not isinstance(record.exc_info[1], (HttpProcessingError, web.RequestPayloadError))


def parse_message(message: str) -> object:
    """Parse a browser's message; return `None` if it is not JSON."""
    try:
        return json.loads(message)
    except (ValueError, RecursionError):
        return None


def clamp(value: int, bounds: tuple[int, int]) -> int:
    """Clamp a value to bounds."""
    return max(bounds[0], min(bounds[1], value))
