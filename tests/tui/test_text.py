"""Whatever a model or a file says is shown as text, and no terminal obeys it."""

import unicodedata

import pytest
from hypothesis import given
from rich.cells import cell_len
from rich.segment import ControlType, Segment
from rich.style import Style
from textual.color import Color

from tests.tui.histories import ANY_TEXT
from tinygpt_keras.console import acts
from tinygpt_tui.text import SHOWN, HarmlessFilter, encodable, plain, shortened

ACTING = [chr(point) for point in range(0x10000) if acts(chr(point))]


@pytest.mark.parametrize("text", ["[/]", "[bold]x[/bold]", "[@click=app.quit]x[/]", "\\[x]", "[[", "[link=x]"])
def test_brackets_stay_brackets(text):
    content = plain(text)
    assert content.plain == text
    assert not content.spans


def test_what_a_terminal_would_obey_becomes_a_picture():
    assert plain("\x1b[2J \x1b]0;x\x07 a\rb\x9b\u202e").plain == "␛[2J ␛]0;x␇ a␍b��"
    assert plain("a\tb\nc").plain == "a    b\nc"
    assert plain(12.5).plain == "12.5"


@given(ANY_TEXT)
def test_any_text_is_shown_harmlessly_and_can_be_encoded(text):
    shown = plain(text).plain
    assert not [character for character in shown if acts(character) and character != "\n"]
    assert len(shown) == len(text) + 3 * (text.count("\t") + text.count("\N{SYMBOL FOR HORIZONTAL TABULATION}"))
    shown.encode("utf-8")


TURNING = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}  # by Unicode's own table


def test_controls_and_changes_of_direction_act_and_nothing_else():
    for character in map(chr, range(0x10000)):
        turns = unicodedata.bidirectional(character) in TURNING or character in "\u061c\u200e\u200f\ufeff"
        assert acts(character) is (unicodedata.category(character) == "Cc" or turns), hex(ord(character))


def filtered(*segments):
    return HarmlessFilter().apply(list(segments), Color(0, 0, 0))


def test_the_output_filter_drops_controls_keeps_styles():
    style = Style(bold=True)
    line = [Segment("a\x1b[31mb", style), Segment("\x07"), Segment("plain é ─⣿ 漢", style)]
    assert filtered(*line) == [Segment("a[31mb", style), Segment("", Style.null()), line[2]]


def test_the_last_gate_lets_the_applications_own_controls_through():
    control = Segment("\x1b[?25l", None, [(ControlType.HIDE_CURSOR,)])
    assert filtered(control) == [control]


@pytest.mark.parametrize("text", ["x", "漢"])
def test_nothing_moves_when_something_is_dropped(text):
    for character in ACTING:
        (segment,) = filtered(Segment(f"ab{character}{text}"))
        assert segment.text == f"ab{text}"
        assert segment.cell_length == cell_len(f"ab{character}{text}")


@given(ANY_TEXT)
def test_nothing_that_acts_gets_past_the_last_gate(text):
    (segment,) = filtered(Segment(text))
    assert segment.text == encodable("".join(character for character in text if character not in ACTING))
    segment.text.encode("utf-8")


@given(ANY_TEXT)
def test_only_what_cannot_be_encoded_is_replaced(text):
    kept = encodable(text)
    kept.encode("utf-8")
    for before, after in zip(text, kept, strict=True):
        assert before == after or ("\ud800" <= before <= "\udfff" and after == "\ufffd")


@pytest.mark.parametrize("length", [0, 1, SHOWN, SHOWN + 1, 50 * SHOWN])
def test_shortening_keeps_both_ends_and_counts_omissions(length):
    text = "".join(chr(0x4E00 + place % 20_000) for place in range(length))
    shown = shortened(text)
    if length <= SHOWN:
        assert shown == text
        return
    begin, words, end = shown.split("\n")
    assert text.startswith(begin)
    assert text.endswith(end)
    assert words == f"… {length - len(begin) - len(end):,} more characters …"
    assert len(begin) == len(end) == SHOWN // 2
