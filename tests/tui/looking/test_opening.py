"""A run that is looked at: what is new in it is read once, and none of it is missed."""

import json

import pytest

from tests.tui.conftest import make_checkpoint, make_replying_run, make_run
from tinygpt_keras.errors import InputError
from tinygpt_tui.looking.gaze import Gaze
from tinygpt_tui.looking.headings import place_words, view_title
from tinygpt_tui.looking.opening import open_gaze
from tinygpt_tui.looking.versions import Versions
from tinygpt_tui.runs.choices import Choice


def test_what_is_new_in_a_run_is_taken_once(tmp_path):
    run = make_run(tmp_path, "one")
    opening, gaze, _ = open_gaze(Choice(str(run)), "")
    assert (gaze.text, "") == opening.sample(None)
    before = len(opening.history.evaluations)
    assert opening.take(opening.read()) is False
    with (run / "events.jsonl").open("a") as file:
        file.write(json.dumps({"event": "train", "time": 1, "step": 9000, "loss": 1.0}) + "\n")
        file.flush()
        assert opening.take(opening.read()) is False, "nothing that is shown"
        file.write(json.dumps({"event": "eval", "time": 1, "step": 9000, "val_loss": 0.5}) + "\n")
        file.flush()
        assert opening.take(opening.read()) is True
    assert len(opening.history.evaluations) == before + 1
    make_checkpoint(run, 400)
    assert opening.take(opening.read()) is True
    assert opening.steps == [400, None]


def test_a_history_that_begins_anew_replaces_the_old(tmp_path):
    run = make_run(tmp_path, "one")
    opening, _, _ = open_gaze(Choice(str(run)), "ROMEO:")
    (run / "events.jsonl").unlink()
    opening.take(opening.read())
    (run / "events.jsonl").write_text(json.dumps({"event": "eval", "time": 1, "step": 1, "val_loss": 4.0}) + "\n")
    news = opening.read()
    assert news.begins
    opening.take(news)
    assert [one.val_loss for one in opening.history.evaluations] == [4.0]


def test_a_unit_is_chosen_by_its_name(tmp_path):
    _, gaze, _ = open_gaze(Choice(str(make_run(tmp_path, "one"))), "ROMEO:")
    gaze.go_to_unit("3.17")
    assert gaze.unit == (2, 16)
    for name in ("9.1", "0.1", "1.0", "1.99999", "x", "1", "²·1", "1." + "1" * 30):
        with pytest.raises(InputError, match="no such unit"):
            gaze.go_to_unit(name)
    assert gaze.unit == (2, 16)


def test_titles_name_the_chosen_part_in_words(tmp_path):
    _, gaze, _ = open_gaze(Choice(str(make_run(tmp_path, "one"))), "ROMEO:")
    titles = dict[str, str]()

    def note(looked: Gaze, view: str) -> None:
        looked.show(view)
        titles[view] = view_title(looked)

    gaze.choose(1, 2)
    for view in ("attention", "without"):
        note(gaze, view)
    assert titles == {"attention": "where block 2, head 3 looks", "without": "block 2, head 3 is on"}
    gaze.toggle(gaze.part)
    assert view_title(gaze) == "block 2, head 3 is off"


def test_the_border_tells_place_and_version(tmp_path):
    _, gaze, _ = open_gaze(Choice(str(make_run(tmp_path, "one"))), "ROMEO:")
    versions = Versions.of("ROMEO:", 5)
    assert place_words(gaze, versions, "written at step 9", False, 40) == "written at step 9, 6 of 6"
    assert place_words(gaze, versions, "written at step 9", False, 20) == "step 9, 6 of 6"
    assert place_words(gaze, versions, "written at step 9", False, 8) == "6 of 6"
    versions.branch(2, "x")
    assert place_words(gaze, versions, "", True, 40) == "writing…, version 2 of 2, 6 of 6"


def test_the_cursor_stays_on_its_character_where_others_are_dropped(tmp_path):
    _, gaze, notice = open_gaze(Choice(str(make_run(tmp_path, "one"))), "日Ay 日me", 3)
    assert (gaze.text, gaze.place, gaze.character) == ("Ay me", 2, " ")
    assert "日" in notice
    run = make_replying_run(tmp_path, block_size=8)
    _, _, notice = open_gaze(Choice(str(run)), "seven o'clock", source="O Romeo! Ay")
    assert "the first 4 of the source and the last 6 of the reply" in notice
