"""Any bytes become keys, mouse events and pastes, however they are cut, and what is text stays as it was."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from textual import _parser, events

from tinygpt_tui.terminal import parser as parser_module
from tinygpt_tui.terminal.parser import PASTE_PAUSE_S, TerminalParser

START, END = b"\x1b[200~", b"\x1b[201~"
# What terminals send, and parts of it, so that random joins come near to something that means something.
PARTS = [
    *(START, END, b"\x1b", b"\x1b[", b"\x1bO", b"\x1b[M", b"\x1b[<", b"\x1b[?", b"\x1b[48;0;0;0;0t", b"\x1b[<0;1;1M"),
    *(
        b"\x1b[97:65;2u",
        b"\x1b[99999999u",
        b"\x1b[9;9R",
        b"2026;1$y",
        b"200~",
        b"1",
        b";",
        b":",
        b"M",
        b"m",
        b"u",
        b"~",
    ),
    *(b"\xe9", b"\xf0\x9f\x98", b"\xa0", b"\xff", b"\0", "😀".encode(), "é".encode(), "²".encode(), "٣".encode(), b"a"),
]
ANY_BYTES = st.lists(st.sampled_from(PARTS) | st.binary(max_size=4), max_size=12).map(b"".join)
CUTS = st.lists(st.integers(1, 5), min_size=1, max_size=4)
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)
PASTED = st.lists(TEXT | st.sampled_from(["\x1b", "\x1b[", "\x1b[200~", "\x1b[201", "\x1b[A", "\r", "\t"]), max_size=6)


def cut(data, sizes):
    """Cut bytes into pieces of these sizes, again and again."""
    pieces, sizes = [], list(sizes)
    while data:
        size = sizes.pop(0)
        sizes.append(size)
        pieces.append(data[:size])
        data = data[size:]
    return pieces


def parsed(*pieces):
    """Everything that pieces mean to a new parser."""
    parser = TerminalParser()
    return [event for piece in pieces for event in parser.read(piece)]


def typed(found):
    return "".join(event.character or "" for event in found if isinstance(event, events.Key))


def pasted(found):
    return [event.text for event in found if isinstance(event, events.Paste)]


@pytest.fixture
def later(monkeypatch):
    """Let time pass, for what waits: gives a function of seconds."""
    now = [0.0]
    for module in (_parser, parser_module):
        monkeypatch.setattr(module, "get_time", lambda: now[0])

    def wait(parser, seconds=1.0):
        now[0] += seconds
        return list(parser.tick())

    return wait


@given(st.lists(ANY_BYTES, max_size=4), st.booleans())
def test_no_bytes_fail_and_a_key_comes_after_them(pieces, waits):
    parser = TerminalParser()
    for piece in pieces:
        list(parser.read(piece))
        if waits:
            parser._due, parser._timeout_time = parser._due and 0, parser._timeout_time and 0
            list(parser.tick())
    list(parser.read(END + b"\x1b\x1b[A"))  # whatever had begun has ended
    assert typed(parser.read(b"x")) == "x"


@given(TEXT, CUTS)
@example("caf\u00e9 \u4f60\u597d \U0001f600", [1])
def test_text_is_the_same_however_it_is_cut(text, sizes):
    assert typed(parsed(*cut(text.encode(), sizes))) == text


@given(ANY_BYTES.filter(lambda data: b"\x1b" not in data), CUTS)
def test_the_parser_replaces_invalid_utf8_across_cuts(data, sizes):
    assert typed(parsed(*cut(data + b"x", sizes))) == (data + b"x").decode("utf-8", "replace")


@given(PASTED.map("".join).filter(lambda text: "\x1b[201~" not in text), CUTS)
@example("a \x1b[31mred\x1b[0m b", [6, 100])
@example("\x1b[201", [1])
def test_a_paste_is_one_text_whatever_is_in_it(text, sizes):
    found = parsed(*cut(b"a" + START + text.encode() + END + b"b", sizes))
    assert pasted(found) == [text]
    assert typed(found) == "ab"
    assert [type(event) for event in found] == [events.Key, events.Paste, events.Key]


@pytest.mark.parametrize("data", [b"\xe9", b"\xf0\x9f\x98"])
def test_an_incomplete_character_is_replaced_after_a_pause(later, data):
    parser = TerminalParser()
    assert not list(parser.read(data))
    assert typed(later(parser)) == "\N{REPLACEMENT CHARACTER}"
    assert typed(parser.read("é".encode())) == "é"


@pytest.mark.parametrize("sizes", [[100], [1], [4]])
@pytest.mark.parametrize("report", [b" \xa00", b" \xe0\xa0", b"#\xff\xff", b" 00"])
def test_an_old_terminals_mouse_report_is_no_text(report, sizes):
    data = b"a\x1b[M" + report + b"\x1b[M" + report + b"b"
    assert typed(parsed(*cut(data, sizes))) == "ab"


def test_a_mouse_report_in_a_paste_is_its_text():
    assert pasted(parsed(START + b"\x1b[M" + END)) == ["\x1b[M"]


@pytest.mark.parametrize("data", [b"\x1b[97:65;2u", b"\x1b[99999999999u", b"\x1b[48;0;0;0;0t\x1b[<0;1;1M"])
def test_numbers_that_no_terminal_reports_cost_nothing_else(data):
    assert typed(parsed(b"a" + data + b"b")) == "ab"


def test_escape_is_a_key_if_nothing_follows(later):
    """Otherwise it begins a sequence."""
    parser = TerminalParser()
    assert not list(parser.read(b"\x1b"))
    assert [event.key for event in later(parser)] == ["escape"]
    assert not list(parser.read(b"\x1b"))
    assert [event.key for event in parser.read(b"[A")] == ["up"]
    assert not later(parser)


def test_a_paste_without_end_marker_times_out(later):
    """Keys work afterwards."""
    parser = TerminalParser()
    assert not list(parser.read(START + b"one \x1b[2J two"))
    assert not later(parser, PASTE_PAUSE_S * 0.9)
    assert not list(parser.read(b" three"))
    assert not later(parser, PASTE_PAUSE_S * 0.9)
    assert pasted(later(parser)) == ["one \x1b[2J two three"]
    assert typed(parser.read(b"x" + END + b"y")) == "xy"


def test_of_an_endless_paste_the_newest_part_is_held(monkeypatch):
    monkeypatch.setattr(parser_module, "MOST_PASTED", 10)
    parser = TerminalParser()
    assert not list(parser.read(START))
    for _ in range(100):
        assert not list(parser.read(b"0123456789abc"))
        assert parser._paste is not None
        assert len(parser._paste) <= 10
    assert pasted(parser.read(END)) == ["3456789abc"]


def test_a_megabyte_with_escapes_is_one_event():
    text = "word \x1b[2J\r" * 140_000
    data = START + text.encode() + END
    assert pasted(parsed(*cut(data, [4095]))) == [text]
