"""A closer look at a run: all that its folder tells, in a bounded time, and what was appended since."""

import json
from unittest import mock

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.tui.conftest import make_checkpoint, make_run, recorded
from tests.tui.histories import STRANGE_EVENTS, event, write_events
from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_tui.runs import follower
from tinygpt_tui.training import details
from tinygpt_tui.training.details import (
    POINTS,
    Details,
    DetailsReader,
    in_bytes,
    kept_in_words,
    losses_in_words,
    size_on_disk,
    text_in_words,
    thinned,
)


def test_a_finished_run_tells_what_it_is(tmp_path):
    path = make_run(tmp_path, "one")
    make_checkpoint(path, 20)
    (path / "film").mkdir()
    (path / "film" / "20.safetensors").write_bytes(b"12345")
    found = DetailsReader(RunDirectory(path)).read(is_live=False)
    evaluations = [each for each in recorded() if each["event"] == "eval"]
    assert found.losses == tuple(each["val_loss"] for each in evaluations if each["step"])
    assert (found.first.step, found.last.step) == (0, 1800)
    assert found.best.val_loss == min(each["val_loss"] for each in evaluations)
    assert "better than a 4-gram" in found.standing
    assert found.sample.step == 1800
    assert text_in_words(found.config) == "tiny Shakespeare, 1,115,394 characters"
    assert found.size == sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    assert kept_in_words(found) == f"1 checkpoint · film of 1 step · {in_bytes(found.size)}"
    assert losses_in_words(found) == "4.174 at step 0 → best 1.4784 at step 1,800"
    assert found.command.startswith("python -m tinygpt_keras.train --preset tiny")


def test_a_second_look_reads_only_what_was_appended(tmp_path, monkeypatch):
    path = make_run(tmp_path, "one", recorded()[:40])
    reader = DetailsReader(RunDirectory(path))
    before = reader.read(is_live=True)
    parsed, parse = [], follower.parse_event

    def count(line):
        parsed.append(line)
        return parse(line)

    monkeypatch.setattr(follower, "parse_event", count)
    with (path / "events.jsonl").open("a") as file:
        file.writelines(json.dumps(each) + "\n" for each in recorded()[40:])
    after = reader.read(is_live=False)
    assert len(parsed) == len(recorded()) - 40
    assert (before.last.step < 1800, after.last.step) == (True, 1800)
    write_events(path / "events.jsonl", recorded()[:3])
    assert reader.read(is_live=True).last.step == 0, "another history stands there"


def test_a_long_history_is_read_at_its_ends(tmp_path, monkeypatch):
    monkeypatch.setattr(details, "LOOKED_BACK", 4000)
    path = make_run(tmp_path, "one")
    found = DetailsReader(RunDirectory(path)).read(is_live=False)
    assert 0 < len(found.losses) < 10
    assert found.last.step == 1800
    assert "better than a 4-gram" in found.standing, "the rungs are at its beginning"


def test_a_run_that_cannot_be_read_says_why(tmp_path, monkeypatch):
    path = make_run(tmp_path, "one", [])
    found = DetailsReader(RunDirectory(path)).read(is_live=False)
    assert (found.losses, found.standing, found.sample) == ((), "", None)
    assert losses_in_words(found) == "No loss was measured yet."
    with monkeypatch.context() as patch:  # as in the run of another user
        patch.setattr(details, "list_checkpoints", mock.Mock(side_effect=PermissionError(13, "Permission denied", "x")))
        assert DetailsReader(RunDirectory(path)).read(is_live=False).problem == "x: Permission denied"
    (path / "config.json").write_text("{")
    assert "is not JSON" in DetailsReader(RunDirectory(path)).read(is_live=False).problem
    (path / "config.json").unlink()
    assert DetailsReader(RunDirectory(path)).read(is_live=False).problem


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STRANGE_EVENTS)
def test_no_history_upsets_a_closer_look(tmp_path, events):
    path = tmp_path / "one"
    if not path.exists():
        make_run(tmp_path, "one")
    (path / "events.jsonl").write_text("".join(json.dumps(each) + "\n" for each in events), "utf-8")
    found = DetailsReader(RunDirectory(path)).read(is_live=False)
    assert isinstance(losses_in_words(found) + found.standing, str)


@given(st.integers(0, 3000))
def test_thinned_losses_keep_the_last(count):
    losses = [float(number) for number in range(count)]
    kept = thinned(losses)
    assert len(kept) <= POINTS
    assert list(kept) == sorted(set(kept))
    assert kept[-1:] == tuple(losses[-1:])


def test_a_loss_that_rose_has_a_best_and_a_last(tmp_path):
    path = make_run(tmp_path, "one")
    losses = [3.0, 2.0, 2.5]
    evaluations = [event("eval", 10 * n, val_loss=loss, best=n < 2) for n, loss in enumerate(losses)]
    write_events(path / "events.jsonl", [recorded()[0], *evaluations])
    found = DetailsReader(RunDirectory(path)).read(is_live=False)
    assert losses_in_words(found) == "3.000 at step 0 → best 2.0000 at step 10 → last 2.500"


def test_the_size_of_too_many_files_is_not_added_up(tmp_path, monkeypatch):
    for number in range(5):
        (tmp_path / f"{number}").write_bytes(b"1234")
    (tmp_path / "link").symlink_to("/usr")
    assert size_on_disk(tmp_path) == 20
    monkeypatch.setattr(details, "MOST_FILES", 4)
    assert size_on_disk(tmp_path) is None
    assert kept_in_words(Details(tmp_path)) == "no checkpoints · many files"
    assert [in_bytes(n) for n in (999, 1000, 99_999, 999_499, 10**6, 34 * 10**6, 2 * 10**12)] == [
        *("999 bytes", "1.0 kB", "100 kB", "999 kB", "1.0 MB", "34 MB", "2,000 GB"),
    ]
