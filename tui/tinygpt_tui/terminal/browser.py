"""The driver of an app served by `--web`."""

import os
from typing import Any

from textual.drivers._byte_stream import ByteStream
from textual.drivers.web_driver import WebDriver

from tinygpt_keras import console
from tinygpt_tui.terminal.ending import EndingDriver
from tinygpt_tui.terminal.parser import TerminalParser


class BrowserDriver(EndingDriver, WebDriver):
    """Accepts invalid UTF-8, and quits the app when its server ends."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._write = self._write_out

    def start_application_mode(self) -> None:
        """Install the signal handlers after Textual's, which would exit with status 0."""
        super().start_application_mode()
        self.listen()

    def read_input(self) -> None:
        """Read the browser's input and the server's messages."""
        parser, packets = TerminalParser(self._debug), ByteStream()
        for data in self._input_reader:
            for kind, payload in packets.feed(data) if data else ():
                if kind != "D":
                    self._on_meta(kind, payload)
                    continue
                for message in parser.read(payload):
                    self.process_message(message)
            for message in parser.tick():
                self.process_message(message)
        if not self.exit_event.is_set():
            self.hang_up()

    def on_meta(self, packet_type: str, payload: dict[str, object]) -> None:
        """Handle a message from the server: quit when the browser has gone; Textual handles the rest."""
        if packet_type in ("quit", "exit"):
            self._app.call_later(self._app.exit)  # sets an exit status, as ctrl+q does
        else:
            super().on_meta(packet_type, payload)

    def _write_out(self, data: bytes) -> int:
        """Write to the server; discard the output once the server has gone."""
        try:
            return os.write(self.fileno, data)
        except BrokenPipeError:
            console.drop_output(self.fileno)
            return len(data)
