"""Parser from a terminal's bytes to keys, mouse events and pastes."""

import codecs
import re
from collections.abc import Generator, Iterator

from textual import constants, events
from textual._time import get_time
from textual._xterm_parser import BRACKETED_PASTE_END, XTermParser
from textual.message import Message

PASTE_END = BRACKETED_PASTE_END.encode()
# Sequences withheld from Textual's parser: the start of a paste, and the mouse reports of old terminals, whose three
# numbers are raw bytes (textual pull request 6696). Either may have arrived in part.
APART = re.compile(
    rb"(?P<paste>\x1b\[200~)|(?P<mouse>\x1b\[M[^\x1b]{3})|(?P<begun>\x1b(?:\[(?:2(?:00?)?|M[^\x1b]{0,2})?)?\Z)"
)
PASTE_PAUSE_S = 1.0  # a paste without an end marker ends after this long without input
MOST_PASTED = 2**22  # bytes; of a longer paste the newest are kept


class TerminalParser(XTermParser):
    """An `XTermParser` of bytes that accepts invalid UTF-8, and takes everything in a paste as text.

    Textual decodes strictly: one invalid byte ends its input thread (textual#6456). It parses keys inside a paste that
    contains ESC, which loses the text and takes minutes (textual pull request 570).

    Args:
        debug: Whether Textual logs what it parses.
    """

    def __init__(self, debug: bool = False) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._held = b""
        self._paste: bytearray | None = None
        self._due: float | None = None  # when to stop waiting for the rest of incomplete input
        super().__init__(debug)

    def read(self, data: bytes) -> Iterator[Message]:
        """Parse input, which may be cut anywhere.

        Args:
            data: Any bytes.

        Yields:
            Keys, mouse events and pastes.
        """
        data, self._held = self._held + data, b""
        while data:
            data = yield from (self._read_keys(data) if self._paste is None else self._read_paste(self._paste, data))
        self._due = None
        if self._paste is not None:
            self._due = get_time() + PASTE_PAUSE_S
        elif self._held or self._decoder.getstate()[0]:
            self._due = get_time() + constants.ESCAPE_DELAY

    def tick(self) -> Iterator[Message]:
        """Parse input that has been incomplete for too long as it is. Call this regularly.

        Yields:
            Keys, mouse events and pastes.
        """
        if self._due is not None and get_time() >= self._due:
            self._due = None
            if self._paste is not None:
                yield self._end_paste(self._paste)
            else:
                held, self._held = self._held, b""
                yield from self._feed(held, final=True)
                yield from self._settle()
        yield from super().tick()

    def _read_keys(self, data: bytes) -> Generator[Message, None, bytes]:
        """Parse up to the next paste.

        Args:
            data: Any bytes.

        Yields:
            Keys and mouse events.

        Returns:
            The remaining bytes.
        """
        found = APART.search(data)
        if found is None:
            yield from self._feed(data)
            return b""
        yield from self._feed(data[: found.start()], final=True)
        if found["begun"]:
            self._held = found["begun"]
        elif found["paste"]:
            yield from self._settle()
            self._paste = bytearray()
        return data[found.end() :]

    def _read_paste(self, paste: bytearray, data: bytes) -> Generator[Message, None, bytes]:
        """Append to the paste, up to its end marker.

        Args:
            paste: The pasted bytes so far.
            data: Any bytes.

        Yields:
            The paste, if it has ended.

        Returns:
            The remaining bytes.
        """
        searched = max(0, len(paste) - len(PASTE_END) + 1)
        paste += data
        end = paste.find(PASTE_END, searched)
        if end < 0:
            del paste[:-MOST_PASTED]
            return b""
        rest = bytes(paste[end + len(PASTE_END) :])
        yield self._end_paste(paste[:end])
        return rest

    def _end_paste(self, paste: bytearray) -> events.Paste:
        """Create the event of a paste."""
        self._paste = None
        return events.Paste(paste.decode("utf-8", "replace").replace("\0", ""))

    def _feed(self, data: bytes, final: bool = False) -> Iterator[Message]:
        """Parse bytes with Textual's parser.

        Args:
            data: Any bytes outside a paste.
            final: Whether a character that is incomplete at their end stays incomplete.

        Yields:
            Keys and mouse events.
        """
        for character in self._decoder.decode(data, final):
            try:
                yield from self.feed(character)
            except (ValueError, ArithmeticError):
                # Numbers that no terminal reports, such as the key of an invalid code point: reset the parser.
                self._timeout_time = None
                self._gen = self.parse(self._tokens.append)
                self._awaiting = next(self._gen)

    def _settle(self) -> Iterator[Message]:
        """Make Textual's parser take an incomplete sequence as keys, without waiting for more."""
        if self._timeout_time is not None:
            self._timeout_time = 0.0
            yield from super().tick()
