"""A line takes any paste and any burst of keys: harmless, of bounded length, and no slower for its length."""

import contextlib
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events
from textual.app import App
from textual.command import CommandInput
from textual.widgets import Input

from tests.tui.conftest import screen_text, shows, until
from tests.tui.histories import ANY_TEXT
from tinygpt_tui.palette import LONGEST as LONGEST_SEARCH
from tinygpt_tui.text import one_line
from tinygpt_tui.widgets.plain_input import LONGEST, LOOKED_AT, PlainInput


class Line(App):
    """One line, whose unknown characters are Chinese; counts what it is asked and what it hears."""

    def __init__(self):
        super().__init__()
        self.asked = Counter()
        self.heard = []
        self.line = PlainInput(known=self.is_known)

    def compose(self):
        yield self.line

    def is_known(self, character):
        self.asked[character] += 1
        return character < "\u4e00"

    def on_input_changed(self, event: Input.Changed):
        self.heard.append(event.value)


@pytest.fixture
def line():
    """Open a line that has the focus; gives the pilot and the line."""

    @contextlib.asynccontextmanager
    async def open_line():
        app = Line()
        async with app.run_test(size=(80, 20), notifications=True) as pilot:
            app.line.focus()
            yield pilot, app.line

    return open_line


def type_at_once(line, text):
    """Type faster than anybody draws."""
    for character in text:
        line.post_message(events.Key(character, character))


@given(ANY_TEXT | st.text(st.characters(max_codepoint=0xA0)))
def test_a_paste_is_one_line_without_control_characters(text):
    line = one_line(text)
    assert not [character for character in line if ord(character) < 0x20 or 0x7F <= ord(character) < 0xA0]
    assert line.replace(" ", "") == "".join(character for character in text if character in line).replace(" ", "")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\x1b[31mb\x07c\x00\x7f\x9bd", "a[31mbcd"),
        ("one\rtwo\r\nthree\nfour", "one two three four"),
        ("if x:\n\treturn", "if x:  return"),
        ("\x1b", "old"),
        ("", "old"),
    ],
)
async def test_what_is_pasted_replaces_the_selection(line, text, expected):
    async with line() as (pilot, field):
        field.value = "<old>"
        field.selection = type(field.selection)(4, 1)
        field.post_message(events.Paste(text))
        await pilot.pause()
        assert field.value == f"<{expected}>"
        assert field.cursor_position == (1 if expected == "old" else 1 + len(expected))


async def test_a_long_paste_keeps_its_newest_part(line):
    """It does so whether the paste arrives in one piece or in several."""
    text = "".join(chr(0x100 + place % 500) for place in range(3 * LONGEST))
    async with line() as (pilot, field):
        for pieces in (1, 7):
            size = -(-len(text) // pieces)
            for start in range(0, len(text), size):
                field.post_message(events.Paste(text[start : start + size]))
            await pilot.pause()
            assert field.value == text[-LONGEST:]
            assert field.cursor_position == LONGEST
        await until(pilot, shows(pilot, "The last 2,000"))


async def test_a_huge_paste_costs_no_more_than_its_end(line, monkeypatch):
    lengths = []
    monkeypatch.setattr("tinygpt_tui.widgets.plain_input.one_line", lambda text: lengths.append(len(text)) or text)
    async with line() as (pilot, field):
        field.post_message(events.Paste("x" * 10_000_000))
        await pilot.pause()
        assert field.value == "x" * LONGEST
        assert lengths == [LOOKED_AT]


async def test_what_was_copied_here_is_pasted_as_anything_else(line):
    async with line() as (pilot, field):
        pilot.app.copy_to_clipboard("two\nlines\x1b" + "x" * LONGEST)
        await pilot.press("ctrl+v")
        assert field.value == "x" * LONGEST
        pilot.app.copy_to_clipboard("two\nlines\x1b")
        await pilot.press("ctrl+a", "ctrl+k", "ctrl+v")
        assert field.value == "two lines"


async def test_typing_in_a_full_line_drops_its_beginning(line):
    """Keys still insert at the cursor."""
    async with line() as (pilot, field):
        field.value = "a" * (LONGEST + 5) + "b"
        assert field.value == "a" * (LONGEST - 1) + "b"
        field.cursor_position = LONGEST - 1
        await pilot.press("x", "y")
        assert (field.value[-4:], len(field.value)) == ("axyb", LONGEST)
        assert field.cursor_position == LONGEST - 1
        await pilot.press("backspace", "end", "z")
        assert (field.value[-4:], len(field.value)) == ("axbz", LONGEST)
        field.cursor_position = 0
        await pilot.press("x")
        assert field.value[-4:] == "axbz"


async def test_a_burst_of_keys_reports_few_changes(line):
    """The last reported change has the whole value."""
    async with line() as (pilot, field):
        await pilot.pause()
        pilot.app.heard.clear()
        pilot.app.asked.clear()
        type_at_once(field, "no\u4f60" * 300)
        await until(pilot, lambda: pilot.app.heard and pilot.app.heard[-1] == "no\u4f60" * 300)
        assert len(pilot.app.heard) < 10
        assert pilot.app.asked["n"] < 100  # for each drawing, not for each key
        assert pilot.app.asked["\u4f60"] < 100


async def test_runs_of_unknown_characters_are_struck_out(line):
    async with line() as (pilot, field):
        field.value = "ab\u4f60\u597dc]^-\u4f60"
        await pilot.pause()
        spans = field._value.spans
        assert [(span.start, span.end) for span in spans] == [(2, 4), (8, 9)]


async def test_each_keeps_its_own_last_value(opened):
    """A burst in two fields, one after the other: what each ends with is heard."""
    async with opened() as pilot:
        await pilot.press("f2")
        length, name = (pilot.app.screen.query_one(f"#{name}", Input) for name in ("length", "name"))
        type_at_once(length, "7" * 50 + "x")
        type_at_once(name, "a" * 50 + "/")
        await until(pilot, lambda: "✗" in screen_text(pilot.app))
        assert (length.value, name.value) == ("7" * 50 + "x", "a" * 50 + "/")
        length.value = "7"
        await until(pilot, shows(pilot, "✗", "a/"))
        name.value = "a"
        await until(pilot, lambda: "✗" not in screen_text(pilot.app))


async def test_a_search_for_a_command_is_short(opened):
    async with opened() as pilot:
        await pilot.press("ctrl+p")
        field = await until(pilot, lambda: pilot.app.screen.query_one(CommandInput))
        await until(pilot, lambda: field.max_length == LONGEST_SEARCH)
        field.post_message(events.Paste("x" * 1_000_000))
        type_at_once(field, "quit" + " " * 1_000)
        await until(pilot, lambda: len(field.value) == LONGEST_SEARCH)
        assert field.value.startswith("quit")


async def test_the_notice_lists_few_unknown_characters(ready):
    """It counts the rest, and the line stays visible."""
    async with ready() as pilot:
        prompt = pilot.app.screen.desk.prompt
        prompt.post_message(events.Paste("".join(chr(0x4E00 + place) for place in range(1_990)) + "the end"))
        await until(pilot, shows(pilot, "left out, as the model has never seen them: 一", "1,970 more", "the end"))
