"""A history stays readable after its writer was killed."""

import json
import os
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinygpt_keras.runs.events import EventWriter, parse_event, read_events, repair


@pytest.fixture
def path(tmp_path):
    return tmp_path / "events.jsonl"


def write(path, *steps):
    writer = EventWriter(path)
    for step in steps:
        writer.write("train", step, loss=1.5)
    writer.close()


def test_events_are_read_back_in_order(path):
    write(path, 1, 2)
    write(path, 3)
    assert [(e["event"], e["step"], e["loss"]) for e in read_events(path)] == [("train", s, 1.5) for s in (1, 2, 3)]
    assert all(isinstance(e["time"], float) for e in read_events(path))


def test_a_torn_last_line_is_skipped_and_then_repaired(path):
    write(path, 1, 2)
    whole = path.read_bytes()
    path.write_bytes(whole[:-9])
    assert [e["step"] for e in read_events(path)] == [1]
    write(path, 3)
    assert [e["step"] for e in read_events(path)] == [1, 3]
    assert all(json.loads(line) for line in path.read_bytes().splitlines())


@settings(max_examples=50)
@given(st.lists(st.binary(max_size=40), max_size=5), st.integers(0, 200))
def test_repair_keeps_every_whole_line(tmp_path_factory, lines, cut):
    path = tmp_path_factory.mktemp("events") / "events.jsonl"
    content = b"".join(line.replace(b"\n", b"") + b"\n" for line in lines)
    torn = content[: max(len(content) - cut, 0)]
    path.write_bytes(torn)
    repair(path)
    assert path.read_bytes() == torn[: torn.rfind(b"\n") + 1]


@pytest.mark.parametrize("length", [65_535, 65_536, 65_537, 200_000])
def test_a_very_long_torn_line_is_cut_off(path, length):
    whole = b"a" * 200_000 + b"\n" + b'{"event": "a", "time": 1, "step": 1}\n'
    path.write_bytes(whole + b"x" * length)
    repair(path)
    assert path.read_bytes() == whole


@pytest.mark.parametrize("whole", [b"", b'{"event": "a", "time": 1, "step": 1}\n'])
def test_a_hole_at_the_end_is_cut_off(path, whole):
    """One of terabytes, too, which takes no space on disk."""
    path.write_bytes(whole + b'{"eve')
    os.truncate(path, 2**41)
    began = time.monotonic()
    repair(path)
    assert path.read_bytes() == whole
    assert time.monotonic() - began < 5


def test_an_endless_line_after_a_hole_is_ended(path):
    path.write_bytes(b'{"event": "a", "time": 1, "step": 1}\n')
    os.truncate(path, 2**41)
    with path.open("ab") as file:
        file.write(b"x")
    began = time.monotonic()
    write(path, 2)
    assert [e["step"] for e in read_events(path)] == [1, 2]
    assert time.monotonic() - began < 5


def test_an_event_can_be_read_at_once(path):
    writer = EventWriter(path)
    writer.write("train", 1)
    assert [e["step"] for e in read_events(path)] == [1]
    writer.close()


def test_what_is_no_text_is_replaced(path):
    writer = EventWriter(path)
    writer.write("warning", 1, message="a\ud800b")
    writer.close()
    assert [event["message"] for event in read_events(path)] == ["a?b"]


def test_what_is_no_number_becomes_null(path):
    writer = EventWriter(path)
    writer.write("train", 1, loss=float("nan"), rate=float("inf"))
    writer.close()
    (event,) = read_events(path)
    assert (event["loss"], event["rate"]) == (None, None)


@pytest.mark.parametrize(
    "wrong",
    [{"event": 1}, {"step": "1"}, {"step": 1.5}, {"time": "now"}, {"event": None, "step": None}, {"time": None}],
)
def test_an_event_of_another_shape_is_passed_over(wrong):
    event = {"event": "train", "time": 1.5, "step": 1}
    assert parse_event(json.dumps(event).encode() + b"\n") == event
    assert parse_event(json.dumps(event | wrong).encode() + b"\n") is None


@pytest.mark.parametrize("line", [b"[]", b"1", b"null", b'"event"', b"{}", b"{", b"", b"\xff"])
def test_what_is_no_event_is_passed_over(line):
    assert parse_event(line + b"\n") is None


@given(st.binary())
def test_no_line_is_an_error(line):
    event = parse_event(line + b"\n")
    assert event is None or isinstance(event["step"], int)


def test_a_missing_history_is_empty(path):
    assert list(read_events(path)) == []
