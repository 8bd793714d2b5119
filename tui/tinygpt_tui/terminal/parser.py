"""From the bytes that a terminal sends to keys, mouse events and pastes."""

import codecs
import re
from collections.abc import Generator, Iterator

from textual import constants, events
from textual._time import get_time
from textual._xterm_parser import BRACKETED_PASTE_END, XTermParser
from textual.message import Message

PASTE_END = BRACKETED_PASTE_END.encode()
# Textual's own parser never sees these: the beginning of a paste, and what old terminals report of the mouse, whose
# three numbers are bytes and no text (textual pull request 6696). Either may have come in part.
APART = re.compile(
    rb"(?P<paste>\x1b\[200~)|(?P<mouse>\x1b\[M[^\x1b]{3})|(?P<begun>\x1b(?:\[(?:2(?:00?)?|M[^\x1b]{0,2})?)?\Z)"
)
PASTE_PAUSE_S = 1.0  # a paste without its end marker ends when nothing has come for this long
MOST_PASTED = 2**22  # bytes of one paste that are held, the newest


class TerminalParser(XTermParser):
    """An `XTermParser` that reads bytes, whatever they are, and takes a paste as text, whatever is in it.

    Textual decodes strictly: one byte that is not UTF-8 ends its input thread (textual#6456). It looks for keys inside
    of a paste that contains ESC, which costs the text, and minutes (textual pull request 570).

    Args:
        debug: Whether Textual logs what it parses.
    """

    def __init__(self, debug: bool = False) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._held = b""
        self._paste: bytearray | None = None
        self._due: float | None = None  # when what is incomplete is taken as it is
        super().__init__(debug)

    def read(self, data: bytes) -> Iterator[Message]:
        """Parse what has come, cut anywhere.

        Args:
            data: Any bytes.

        Yields:
            What they mean.
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
        """Take what has been incomplete for too long as it is; to be called at regular intervals.

        Yields:
            What it means.
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
            The bytes that are left.
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
        """Add to the paste, up to its end.

        Args:
            paste: What has been pasted so far.
            data: Any bytes.

        Yields:
            The paste, if it has ended.

        Returns:
            The bytes that are left.
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
        """Make an event of what was pasted."""
        self._paste = None
        return events.Paste(paste.decode("utf-8", "replace").replace("\0", ""))

    def _feed(self, data: bytes, final: bool = False) -> Iterator[Message]:
        """Let Textual parse some bytes.

        Args:
            data: Any bytes that belong to no paste.
            final: Whether no character goes on after them.

        Yields:
            Keys and mouse events.
        """
        for character in self._decoder.decode(data, final):
            try:
                yield from self.feed(character)
            except (ValueError, ArithmeticError):
                # Numbers that no terminal reports, such as the key of a code point that there is not.
                self._timeout_time = None
                self._gen = self.parse(self._tokens.append)
                self._awaiting = next(self._gen)

    def _settle(self) -> Iterator[Message]:
        """Have Textual's parser take a sequence that has not ended as keys, without waiting for more."""
        if self._timeout_time is not None:
            self._timeout_time = 0.0
            yield from super().tick()
