"""The table of runs says the same as their whole histories, though it reads only their ends."""

import json
import os
import shutil
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tui.conftest import make_run, recorded
from tests.tui.histories import event, trained_events, wait_until, write_events
from tinygpt_keras.runs.directory import RunDirectory, pretrained_run
from tinygpt_keras.runs.events import read_events
from tinygpt_tui.runs import summary
from tinygpt_tui.runs.history import WELL_ABOVE, History
from tinygpt_tui.runs.summary import (
    BLOCK,
    DAMAGED,
    FINISHED,
    INTERRUPTED,
    RUNNING,
    events_backwards,
    list_runs,
    newest_runs,
    summarize,
)
from tinygpt_tui.training.trainer import stop_run

LINES = st.integers(0, 9).map(lambda step: json.dumps(event("train", step)).encode())
ENDS = st.sampled_from([b"\n", b"\n", b"\n", b"\r\n", b"\r", b"\n\n", b""])


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return RunDirectory(make_run(tmp_path_factory.mktemp("summary"), "one"))


@settings(max_examples=100)
@given(parts=st.lists(st.tuples(LINES | st.binary(max_size=30), ENDS), max_size=12), block=st.integers(1, 200))
def test_reading_backwards_finds_the_same_events(tmp_path_factory, parts, block):
    path = tmp_path_factory.getbasetemp() / "backwards.jsonl"
    path.write_bytes(b"".join(line + end for line, end in parts))
    with mock.patch.object(summary, "BLOCK", block):
        assert list(events_backwards(path)) == list(reversed(list(read_events(path))))


def test_reading_backwards_past_lines_longer_than_a_block(tmp_path):
    path = tmp_path / "events.jsonl"
    write_events(
        path, [event("a", 1), event("b", 2, text="x" * (2 * BLOCK)), event("c", 3), event("d", 4, text="y" * BLOCK)]
    )
    with path.open("ab") as file:
        file.write(b"torn" * BLOCK)
    assert [item["event"] for item in events_backwards(path)] == ["d", "c", "b", "a"]


def test_reading_backwards_reads_only_the_end(tmp_path):
    path = tmp_path / "events.jsonl"
    path.write_bytes(b"{" * (50 * BLOCK) + b"\n" + json.dumps(event("end", 9)).encode() + b"\n")
    with mock.patch.object(summary, "parse_event", wraps=summary.parse_event) as parse:
        assert next(events_backwards(path))["step"] == 9
    assert parse.call_count == 1


def test_a_history_that_is_not_there_has_no_events(tmp_path):
    assert list(events_backwards(tmp_path / "none")) == []


@settings(max_examples=60)
@given(trained_events())
def test_the_summary_says_what_the_whole_history_says(run, events):
    write_events(run.events_file, events)
    history = History()
    for item in events:
        history.take(item)
    found = summarize(run)
    assert found.step == history.step
    assert found.best_loss == (history.best.val_loss if history.best else None)
    risen = history.latest.val_loss - history.best.val_loss > WELL_ABOVE if history.best else False
    assert found.has_risen == risen
    expected = {"finished": "finished", "interrupted": "interrupted", "failed": "failed", None: "interrupted"}
    assert found.state == expected[history.end_reason]


def test_what_a_resumed_run_does_again_does_not_count(run):
    evals = [event("eval", step, val_loss=loss, best=True) for step, loss in [(4, 3.0), (8, 2.0), (12, 1.0)]]
    # The checkpoint of step 12 was never written, and that of step 8 turned out to be damaged.
    write_events(run.events_file, [event("start", 0), *evals, event("start", 8), event("start", 4)])
    assert (summarize(run).step, summarize(run).best_loss) == (4, 3.0)


def test_a_recorded_run(run):
    write_events(run.events_file, recorded())
    os.utime(run.events_file, (1e9, 1e9))
    found = summarize(run)
    assert (found.name, found.state, found.preset, found.step) == ("one", "finished", "tiny", 1800)
    assert (found.parameters, found.best_loss) == (recorded()[0]["parameters"], recorded()[-1]["best_val_loss"])
    assert (found.written_at, found.can_write) == (1e9, True)


@pytest.mark.parametrize(
    ("events", "state"),
    [
        ([], "interrupted"),
        (recorded()[:5], "interrupted"),
        ([event("end", 3, reason="stopped_early", best_val_loss=None)], "finished"),
        ([event("end", 3, reason=["what"])], "failed"),
        ([event("end", 3)], "failed"),
        ([event("end", 3, reason="failed"), event("start", 3)], "interrupted"),
    ],
)
def test_the_state_is_that_of_the_last_event(tmp_path, events, state):
    found = summarize(RunDirectory(make_run(tmp_path, "one", events, weights=False)))
    assert (found.state, found.can_write) == (state, False)


def test_a_run_is_running_while_a_process_holds_it(tmp_path, started):
    training = started()
    wait_until(training.directory.best_file.exists)
    (found,) = list_runs(tmp_path / "runs")
    assert (found.state, found.preset, found.can_write) == ("running", "tiny", True)
    assert stop_run(training.directory)
    assert wait_until(lambda: training.status is not None and training.status) == 130
    assert summarize(training.directory).state == "interrupted"


@pytest.mark.parametrize("config", [b"", b"\xff", b"[]", b"{}", b"[" * 100_000, b'{"format": 99}', b'{"format": 1}'])
def test_a_run_with_unreadable_configuration_lists_as_damaged(tmp_path, config):
    make_run(tmp_path, "whole")
    path = make_run(tmp_path, "broken")
    (path / "config.json").write_bytes(config)
    states = {found.name: found.state for found in list_runs(tmp_path)}
    assert states == {"whole": "finished", "broken": "damaged"}


def test_runs_are_listed_by_age_and_nothing_else_is(tmp_path):
    assert list_runs(tmp_path / "nowhere") == []
    for age, name in enumerate(["new", "older", "oldest"]):
        os.utime(make_run(tmp_path, name) / "events.jsonl", (1e9 - age, 1e9 - age))
    fresh = make_run(tmp_path, "without a history")
    (fresh / "events.jsonl").unlink()
    os.utime(fresh / "config.json", (2e9, 2e9))
    (tmp_path / "no run").mkdir()
    (tmp_path / "no folder").write_text("")
    shutil.copytree(pretrained_run().path, tmp_path / "no run" / "inside")
    assert [found.name for found in list_runs(tmp_path)] == ["without a history", "new", "older", "oldest"]
    assert list_runs(tmp_path / "no folder") == []


def test_listing_skips_a_run_deleted_meanwhile(tmp_path):
    make_run(tmp_path, "stays")
    make_run(tmp_path, "goes")

    def written_at(directory):
        if directory.path.name == "goes" and directory.path.exists():
            shutil.rmtree(directory.path)
        return directory.events_file.stat().st_mtime

    with mock.patch.object(RunDirectory, "written_at", written_at):
        assert [found.name for found in list_runs(tmp_path)] == ["stays"]
        make_run(tmp_path, "goes")
        assert [found.name for found in newest_runs(tmp_path, 2)] == ["stays"]


def test_an_unreadable_folder_hides_no_other_run(tmp_path, monkeypatch):
    deep, longest = tmp_path, os.pathconf(tmp_path, "PC_PATH_MAX")
    while len(str(deep)) < longest - 200:
        deep /= "d" * 80
    make_run(deep, "one")
    monkeypatch.chdir(deep)
    Path("x" * 250).mkdir()  # its own path is longer than any
    assert [found.name for found in list_runs(deep)] == ["one"]
    assert [found.name for found in newest_runs(deep, 3)] == ["one"]


def test_an_unchanged_run_is_not_read_again(tmp_path):
    """A trainer, an event, other weights or another configuration changes it."""
    path = make_run(tmp_path, "one", recorded()[:40], weights=False)
    (before,) = list_runs(tmp_path)
    assert list_runs(tmp_path, [before])[0] is before
    with RunDirectory(path).locked():
        (running,) = list_runs(tmp_path, [before])
        assert running.state == RUNNING
        assert list_runs(tmp_path, [running])[0] is not running
    (before,) = list_runs(tmp_path, [running])
    assert before.state == INTERRUPTED
    with (path / "events.jsonl").open("a") as file:
        file.write(json.dumps(recorded()[-1]) + "\n")
    (ended,) = list_runs(tmp_path, [before])
    assert ended.state == FINISHED
    (path / "best.keras").touch()
    assert list_runs(tmp_path, [ended])[0].can_write
    (path / "config.json").write_text("{")
    assert list_runs(tmp_path, [ended])[0].state == DAMAGED


def test_only_the_newest_runs_are_opened(tmp_path, monkeypatch):
    opened, summarize_ = [], summary.summarize
    for number in range(5):
        os.utime(make_run(tmp_path, f"run-{number}") / "events.jsonl", (number, number))
    monkeypatch.setattr(summary, "summarize", lambda directory: (opened.append(directory), summarize_(directory))[1])
    assert [run.name for run in newest_runs(tmp_path, 2)] == ["run-4", "run-3"]
    assert len(opened) == 2
    assert newest_runs(tmp_path / "none", 2) == []
