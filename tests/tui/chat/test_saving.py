"""A conversation becomes a file that any program can read, with every word in it."""

import datetime
import re
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings

from tests.tui.histories import ANY_TEXT
from tinygpt_keras.console import acts
from tinygpt_tui.chat.saving import as_file, as_svg, file_names, new_file


def drawn(svg):
    """The lines of text that a picture shows, without its title."""
    root = ElementTree.fromstring(svg)
    lines: dict[str, str] = {}
    for text in root.iter("{http://www.w3.org/2000/svg}text"):
        if "clip-path" in text.attrib:
            place = text.attrib["y"]
            lines[place] = lines.get(place, "") + (text.text or "")
    return [line.replace("\N{NO-BREAK SPACE}", " ").rstrip() for line in lines.values()]


def test_a_picture_shows_the_conversation_line_by_line():
    assert drawn(as_svg("ROMEO:\nBut soft! What light?")) == ["ROMEO:", "But soft! What light?"]


@pytest.mark.parametrize("text", ["[bold]x[/] [/] [link=y]", "<b> & &amp; </svg>", ":smile: 12:34 'quoted' --", "[[]]"])
def test_nothing_in_a_text_is_markup(text):
    assert drawn(as_svg(text)) == [text]


def test_controls_become_pictures():
    assert drawn(as_svg("a\x1b[2Jb\rc\x9b\u202ed\x7f")) == ["a␛[2Jb␍c��d␡"]


@settings(max_examples=60)
@given(ANY_TEXT)
def test_any_text_makes_a_picture_that_can_be_read(text):
    svg = as_svg(text).encode("utf-8").decode("utf-8")
    ElementTree.fromstring(svg)
    assert not [character for character in svg if acts(character) and character != "\n"]


@given(ANY_TEXT)
def test_any_text_makes_a_file_that_can_be_written(text):
    kept = as_file(text).read()
    assert len(kept.encode("utf-8")) >= len(kept) == len(text)
    assert kept == text or any("\ud800" <= character <= "\udfff" for character in text)


def test_a_file_is_named_after_the_time():
    before = datetime.datetime.now().replace(microsecond=0)
    found = re.fullmatch(r"chat-(\d{8}-\d{6})\.svg", next(file_names("svg")))
    assert found
    assert before <= datetime.datetime.strptime(found[1], "%Y%m%d-%H%M%S") <= datetime.datetime.now()


def test_no_file_takes_the_place_of_another(tmp_path):
    (tmp_path / next(file_names("txt"))).write_text("before")
    made = [new_file(tmp_path, "txt") for _ in range(5)]
    assert len(set(made)) == 5
    assert [path.read_text() for path in made] == [""] * 5
    assert sorted(path.read_text() for path in tmp_path.iterdir()) == [""] * 5 + ["before"]
    with pytest.raises(OSError, match="nowhere"):
        new_file(tmp_path / "nowhere", "txt")
