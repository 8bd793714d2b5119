"""A history is followed while somebody writes, cuts, replaces or deletes it."""

import itertools
import json
from unittest import mock

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.tui.histories import event
from tinygpt_keras.runs.events import read_events
from tinygpt_tui.runs import follower
from tinygpt_tui.runs.follower import BLOCK, Follower, News

# A carriage return ends no line: this one is no JSON, though its second half would be.
JOINED = b"x\r" + json.dumps(event("train", 1)).encode()
GARBAGE = st.sampled_from(
    [b"no JSON", b"[1]", b"{}", b"\xff\xfe", b"\0", b'{"event": "train", "time": 1}', JOINED]
) | st.binary(max_size=30).map(lambda content: content.replace(b"\n", b"\r"))


def line(step, **fields):
    return json.dumps(event("train", step, **fields)).encode() + b"\n"


def steps(news):
    return [event["step"] for event in news.events]


def append(path, content):
    with path.open("ab") as file:
        file.write(content)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "events.jsonl"


@settings(max_examples=60)
@given(
    lines=st.lists(st.integers(0, 9).map(line) | GARBAGE.map(lambda content: content + b"\n"), max_size=12),
    torn=GARBAGE | st.just(line(1)[:-1]),
    cuts=st.lists(st.integers(0, 700), max_size=6),
    block=st.integers(1, 200),
)
@example(lines=[JOINED + b"\n"], torn=b"", cuts=[], block=100)
def test_the_follower_returns_each_whole_event_once(tmp_path_factory, lines, torn, cuts, block):
    """It does so however writers cut the lines, and whatever the size of a block."""
    path = tmp_path_factory.getbasetemp() / "followed.jsonl"
    path.write_bytes(b"")
    content, seen, following = b"".join(lines) + torn, [], Follower(path)
    places = sorted({min(cut, len(content)) for cut in cuts} | {0, len(content)})
    with mock.patch.object(follower, "BLOCK", block):
        for start, end in itertools.pairwise(places):
            append(path, content[start:end])
            more = True
            while more:
                news = following.read()
                assert not news.restarted
                assert not news.missing
                seen += news.events
                more = news.more
    assert seen == list(read_events(path))
    assert [event["step"] for event in seen] == [
        json.loads(item)["step"] for item in lines if item.startswith(b'{"event": "train", "time": 1.0')
    ]


def test_the_follower_waits_for_a_missing_history(path):
    following = Follower(path)
    assert following.read() == following.read() == News([], missing=True)
    append(path, line(1))
    news = following.read()
    assert (steps(news), news.restarted, news.missing) == ([1], False, False)


def test_a_torn_last_line_waits_until_whole(path):
    following = Follower(path)
    append(path, line(1) + line(2)[:7])
    assert steps(following.read()) == [1]
    assert steps(following.read()) == []
    append(path, line(2)[7:])
    assert steps(following.read()) == [2]
    assert following.read() == News([])


def cut(path, content):
    path.write_bytes(content)


def replace(path, content):
    other = path.with_name("other")
    other.write_bytes(content)
    other.replace(path)


@pytest.mark.parametrize("change", [cut, replace])
def test_a_truncated_or_replaced_history_is_reread(path, change):
    following = Follower(path)
    append(path, line(1) + line(2) + line(3))
    assert steps(following.read()) == [1, 2, 3]
    change(path, line(7))
    news = following.read()
    assert (steps(news), news.restarted) == ([7], True)
    append(path, line(8))
    news = following.read()
    assert (steps(news), news.restarted) == ([8], False)


def test_a_longer_history_in_its_place_is_read_anew(path):
    following = Follower(path)
    append(path, line(1))
    following.read()
    replace(path, line(7) + line(8))
    news = following.read()
    assert (steps(news), news.restarted) == ([7, 8], True)


def test_a_deleted_and_rewritten_history_is_reread(path):
    following = Follower(path)
    append(path, line(1))
    following.read()
    moved = path.rename(path.with_name("elsewhere"))
    assert following.read() == News([], missing=True)
    append(moved, line(2))
    moved.rename(path)  # the same inode, as a new file may have it, too
    news = following.read()
    assert (steps(news), news.restarted) == ([1, 2], True)
    assert following.read() == News([])


def test_a_line_longer_than_a_block_is_read_whole(path):
    following = Follower(path)
    long = line(2, text="x" * (3 * BLOCK))
    append(path, line(1) + long[:-5])
    assert steps(following.read()) == [1]
    assert steps(following.read()) == []
    append(path, long[-5:] + line(3))
    found = []
    while (news := following.read()).events:
        found += news.events
    assert [event["step"] for event in found] == [2, 3]
    assert len(found[0]["text"]) == 3 * BLOCK


def test_a_long_history_comes_in_bounded_blocks(path):
    """Each block says whether another follows."""
    count = 3 * BLOCK // len(line(1000)) + 1
    append(path, b"".join(line(1000 + number) for number in range(count)))
    following = Follower(path)
    parts = [following.read() for _ in range(4)]
    assert [news.more for news in parts] == [True, True, True, False]
    assert max(len(news.events) for news in parts) <= BLOCK // len(line(1000))
    assert [step for news in parts for step in steps(news)] == list(range(1000, 1000 + count))
