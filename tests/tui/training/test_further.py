"""A finished run is trained further by an answer in steps or in minutes."""

import contextlib

import pytest
from hypothesis import given

from tests.tui.conftest import make_checkpoint, make_run
from tests.tui.histories import ANY_TEXT
from tinygpt_keras.config import TrainingConfig
from tinygpt_keras.errors import InputError
from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_tui.training.further import Further, further

RUN = Further("one", TrainingConfig(), 1800)


def test_an_answer_becomes_a_flag_of_train():
    for answer in ("3600", " 3,600 ", "3600 steps"):
        assert RUN.flags(answer) == ["--steps=3600"]
    for answer in ("5 min", "5m", "5.0 minutes", "5 MIN"):
        assert RUN.flags(answer) == ["--minutes=5.0"]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("1800", "1,800 steps are done"),
        ("0", "steps are done"),
        ("99999999999", "length in steps is 99999999999"),
        ("0 min", "length in minutes is 0.0"),
        ("long", "'long' is no length"),
        ("-5", "no length"),
        ("", "no length"),
    ],
)
def test_a_wrong_answer_is_refused(answer, words):
    with pytest.raises(InputError, match=words):
        RUN.flags(answer)


@given(ANY_TEXT)
def test_any_text_is_a_flag_or_refused(answer):
    with contextlib.suppress(InputError):
        assert len(RUN.flags(answer)) == 1


def test_the_question_names_the_newest_checkpoint(tmp_path):
    path = make_run(tmp_path, "one")
    for step in (1500, 1700):
        make_checkpoint(path, step)
    more = further(RunDirectory(path))
    assert "one has done 1,700 steps" in more.question
    assert more.proposal == "3400"
    minutes = TrainingConfig(minutes=4.0)
    assert Further("one", minutes, 900).proposal == "5 min"
