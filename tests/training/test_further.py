"""A finished run says that it is, and goes on only when it is told how far."""

import dataclasses
import json
import shlex
import shutil
import sys
from pathlib import Path

import pytest

from tests.conftest import SMALL
from tinygpt_keras import train
from tinygpt_keras.config import RunConfig, TrainingConfig
from tinygpt_keras.errors import InputError
from tinygpt_keras.runs.checkpoints import newest_progress
from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_keras.runs.events import read_events
from tinygpt_keras.runs.progress import Progress
from tinygpt_keras.training.resume_flags import (
    ended_already,
    interruption,
    resume_command,
    schedule_line,
    trained_further,
)

pytestmark = pytest.mark.slow

STEPS = TrainingConfig(steps=100, learning_rate=0.01)
DONE = Progress(step=100, elapsed_s=30.0, evaluated_step=100)


def history(run):
    return list(read_events(run / "events.jsonl"))


def test_a_finished_run_says_so_and_changes_nothing(copy, capsys):
    before = {path.name: path.read_bytes() for path in copy.iterdir() if path.is_file() and path.name[0] != "."}
    assert train.main(["--resume", "--run-dir", str(copy)]) == 0
    out, err = capsys.readouterr()
    assert out == f"{copy}\n"
    assert err.startswith("already finished at step 40; to train further")
    assert err.splitlines()[1].endswith(f"train --resume --run-dir {copy} --steps 80")
    assert {path.name: path.read_bytes() for path in copy.iterdir() if path.is_file() and path.name[0] != "."} == before


def test_ctrl_c_before_training_explains_how_to_resume(copy, capsys, monkeypatch):
    def press_ctrl_c(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(train, "take_up", press_ctrl_c)
    assert train.main(["--resume", "--run-dir", str(copy), "--steps", "44"]) == 130
    out, err = capsys.readouterr()
    assert out == f"{copy}\n"
    assert err.splitlines()[0] == "interrupted at step 40; to continue:"
    assert err.splitlines()[1].endswith(f"train --resume --run-dir {copy} --steps=44")


def test_a_finished_run_trains_to_a_new_total(copy, capsys):
    assert train.main(["--resume", "--run-dir", str(copy), "--steps", "44"]) == 0, capsys.readouterr()
    assert (
        "from step 40 to step 44, evaluated every 20; the learning rate follows the linear" in capsys.readouterr().err
    )
    assert json.loads((copy / "config.json").read_text())["training"]["steps"] == 44
    assert (history(copy)[-1]["step"], history(copy)[-1]["reason"]) == (44, "finished")
    rates = [event["learning_rate"] for event in history(copy) if event["event"] == "train" and event["step"] > 40]
    assert rates[-1] == pytest.approx(0, abs=1e-6)


def test_trained_further_it_is_evaluated_where_it_is_due(tmp_path, capsys):
    """Also where several steps are one call of the training function, and the run ended between two evaluations."""
    (tmp_path / "a.txt").write_text("some words of a text\n" * 40)
    run = tmp_path / "run"
    flags = ["--data", str(tmp_path / "a.txt"), *SMALL, "--steps-per-execution", "8", "--eval-every", "8"]
    assert train.main([*flags, "--steps", "10", "--run-dir", str(run)]) == 0, capsys.readouterr()
    shutil.copytree(run, tmp_path / "clock")
    assert train.main(["--resume", "--run-dir", str(run), "--steps", "24"]) == 0, capsys.readouterr()
    assert [event["step"] for event in history(run) if event["event"] == "eval"] == [0, 8, 10, 16, 24]
    assert history(run)[-1]["step"] == 24
    assert train.main(["--resume", "--run-dir", str(tmp_path / "clock"), "--minutes", "0.01"]) == 0, capsys.readouterr()
    steps = [event["step"] for event in history(tmp_path / "clock") if event["event"] == "eval"]
    assert steps[3:-1] == list(range(16, steps[-1], 8))


def test_resuming_an_early_stopped_run_names_that_end(copy, capsys):
    config = json.loads((copy / "config.json").read_text())
    config["training"]["steps"] = 5000
    config["training"]["patience"] = 1
    (copy / "config.json").write_text(json.dumps(config))
    metadata = copy / "checkpoints/40/metadata.json"
    values = json.loads(metadata.read_text())
    values["progress"]["evaluations_since_best"] = 1
    metadata.write_text(json.dumps(values))
    assert train.main(["--resume", "--run-dir", str(copy)]) == 0
    told = capsys.readouterr().err
    assert told.startswith("already stopped early at step 40, 1 evaluation after its best validation loss")
    assert told.endswith("--steps 5000\n")


def test_a_run_by_steps_trains_further_by_the_clock(copy, capsys):
    used = newest_progress(copy / "checkpoints").elapsed_s
    assert train.main(["--resume", "--run-dir", str(copy), "--minutes", "0.01"]) == 0, capsys.readouterr()
    assert history(copy)[-1]["reason"] == "finished"
    assert history(copy)[-1]["step"] > 40
    minutes = json.loads((copy / "config.json").read_text())["training"]["minutes"]
    assert minutes == pytest.approx(used / 60 + 0.01)
    assert newest_progress(copy / "checkpoints").elapsed_s >= used + 0.6


def test_a_run_that_stopped_early_is_given_new_patience(copy, capsys):
    metadata = copy / "checkpoints/40/metadata.json"
    values = json.loads(metadata.read_text())
    values["progress"]["evaluations_since_best"] = 2
    metadata.write_text(json.dumps(values))
    config = json.loads((copy / "config.json").read_text())
    config["training"].update(patience=2, steps=60)
    (copy / "config.json").write_text(json.dumps(config))
    assert train.main(["--resume", "--run-dir", str(copy)]) == 0
    assert "already stopped early at step 40, 2 evaluations after its best validation loss" in capsys.readouterr().err
    assert train.main(["--resume", "--run-dir", str(copy), "--steps", "42"]) == 0
    assert history(copy)[-1]["step"] == 42


@pytest.mark.parametrize(
    ("ends", "words"),
    [
        ({"steps": 100, "minutes": None}, "--steps 100 is the new total, and the run is at step 100 already"),
        ({"steps": 200, "minutes": 1.0}, "Give one of them"),
        ({"steps": None, "minutes": -0.1}, "--minutes is -0.1"),
        ({"steps": None, "minutes": 0.0}, "--minutes is 0.0"),
        ({"steps": 0, "minutes": None}, "--steps 0 is the new total"),
    ],
)
def test_an_end_that_cannot_be_is_refused(ends, words):
    with pytest.raises(InputError, match=words):
        trained_further(RunConfig(training=STEPS), DONE, **ends)


def test_the_schedule_is_told_in_one_line():
    more = trained_further(RunConfig(training=STEPS), DONE, steps=1200, minutes=None).training
    assert schedule_line(more, DONE) == (
        "training further, from step 100 to step 1,200, evaluated every 100; the learning rate follows the linear "
        "schedule of a run of 1,200 steps, and ends at 0"
    )
    clock = trained_further(RunConfig(training=STEPS), DONE, steps=None, minutes=2.0).training
    assert (clock.minutes, clock.steps) == (2.5, 100)
    assert "to minute 2.5, evaluated" in schedule_line(clock, DONE)
    constant = TrainingConfig(steps=200, schedule="constant", learning_rate=0.01)
    assert schedule_line(constant, DONE).endswith("the learning rate stays 0.01")
    rooted = dataclasses.replace(constant, schedule="inverse_sqrt")
    assert schedule_line(rooted, DONE).endswith("goes on falling with the root of the steps")


def test_a_run_without_its_last_evaluation_has_not_ended():
    assert ended_already(STEPS, DONE) == "already finished at step 100"
    assert ended_already(STEPS, Progress(step=100, evaluated_step=50)) == ""
    assert ended_already(STEPS, Progress()) == ""


def test_the_command_that_continues_can_be_pasted(tmp_path, monkeypatch, copy):
    path = tmp_path / "it's a run"
    shutil.copytree(copy, path)
    message, command = interruption(RunDirectory(path))
    assert message == "interrupted at step 40; to continue:"
    python, *words = shlex.split(command)
    assert words == ["-m", "tinygpt_keras.train", "--resume", "--run-dir", str(path)]
    assert Path(shutil.which(python) or python).samefile(sys.executable)
    shutil.rmtree(path / "checkpoints")
    assert interruption(RunDirectory(path))[0].startswith("interrupted before the first checkpoint; to start")
    (path / "config.json").unlink()
    assert "there is nothing to resume" in interruption(RunDirectory(path))[0]
    monkeypatch.chdir(Path(sys.executable).parent.parent)
    monkeypatch.setenv("PATH", "")
    assert shlex.split(resume_command(path))[0] == f"bin/{Path(sys.executable).name}"


def test_resume_takes_no_end_that_is_none(copy, capsys):
    before = (copy / "config.json").read_bytes()
    for flag in ("--steps", "--minutes"):
        assert train.main(["--resume", "--run-dir", str(copy), flag, "0"]) == 2
        assert flag in capsys.readouterr().err
    assert (copy / "config.json").read_bytes() == before


def test_progress_is_the_newest_whole_checkpoints(copy):
    assert newest_progress(copy / "checkpoints").step == 40
    (copy / "checkpoints/40/metadata.json").write_text("[" * 100_000)
    assert newest_progress(copy / "checkpoints").step == 20
    state = copy / "checkpoints/20/state.npz"
    state.write_bytes(state.read_bytes()[:-100])
    assert newest_progress(copy / "checkpoints") is None


def test_newest_progress_skips_a_checkpoint_with_flipped_bytes(copy):
    state = copy / "checkpoints/40/state.npz"
    content = bytearray(state.read_bytes())
    content[len(content) // 2] ^= 1
    state.write_bytes(content)
    assert newest_progress(copy / "checkpoints").step == 20


def test_progress_of_a_later_version_is_named_and_refused(copy, capsys):
    metadata = copy / "checkpoints/40/metadata.json"
    values = json.loads(metadata.read_text())
    values["progress"]["tokens"] = 1
    metadata.write_text(json.dumps(values))
    assert train.main(["--resume", "--run-dir", str(copy), "--steps", "80"]) == 2
    assert "does not know: 'tokens'" in capsys.readouterr().err
    assert metadata.is_file()
