"""Pairs of one's own and the speeches of a play are learned, and a run of them goes on as it was."""

import shutil

import numpy as np
import pytest

from tests.commands.test_replies import train
from tests.conftest import command
from tinygpt_keras.runs.checkpoints import read_checkpoint
from tinygpt_keras.runs.events import read_events

pytestmark = pytest.mark.slow


def test_a_resumed_run_equals_one_that_was_never_stopped(tmp_path):
    long = "so much more " * 100  # only its end is read
    (tmp_path / "own.tsv").write_text("".join(f"{long} {n} and {n}\t{2 * n}\n" for n in range(80)))
    flags = (
        "--preset",
        "paper",
        "--data",
        "own.tsv",
        "--jit-compile",
        "off",
        "--keep-checkpoints",
        0,
        "--input-noise",
        0.1,
    )
    whole, _ = train(tmp_path, *flags, "--run-dir", "whole")
    assert whole.config().task == "pairs"
    assert whole.config().training.sample_prompt == f"{long} 72 and 72"[-17:]
    shutil.copytree(tmp_path / "whole", tmp_path / "resumed")
    shutil.rmtree(tmp_path / "resumed" / "checkpoints" / "6")
    status, _, err = command("train", "--resume", "--run-dir", "resumed", cwd=tmp_path)
    assert status == 0, err
    ours, theirs = (
        read_checkpoint(tmp_path / name / "checkpoints" / "6", whole.config().model).arrays
        for name in ("whole", "resumed")
    )
    # Within one process Keras numbers the names of seed generators on.
    for (name, array), other in zip(ours.items(), theirs.values(), strict=True):
        np.testing.assert_array_equal(array, other, err_msg=name)


def test_the_speeches_of_a_play_are_cut_where_it_says(tmp_path):
    play = "".join(f"{'AB'[n % 2]}:\nWhat of the {n}, and of so much more?\n\n" for n in range(60))
    (tmp_path / "play.txt").write_text(play)
    run, err = train(tmp_path, "--preset", "encdec", "--data", "play.txt", "--run-dir", "run")
    assert run.config().task == "speeches"
    assert "58 of 58 pairs do not fit into the block size, 18," in err
    evals = [event for event in read_events(run.events_file) if event["event"] == "eval"]
    assert all("exact" not in event for event in evals)
    more, err = train(tmp_path, "--from", "run", "--data", "play.txt", "--run-dir", "more")
    assert more.config().task == "speeches"


def test_the_recorded_loss_is_not_smoothed(tmp_path):
    """A smoothed loss of a model that knows nothing is no smaller, but of one that overfits it is far larger."""
    (tmp_path / "own.tsv").write_text("a\tb\n" * 40)
    flags = ("--preset", "paper", "--data", "own.tsv", "--steps", 60, "--eval-every", 60, "--label-smoothing", 0.4)
    run, _ = train(tmp_path, *flags, "--warmup-steps", 5, "--learning-rate", 0.02, "--run-dir", "run")
    losses = [event["loss"] for event in read_events(run.events_file) if event["event"] == "train"]
    least = -0.6 * np.log(0.6 + 0.4 / 3) - 0.4 * 2 / 3 * np.log(0.4 / 3)  # about: of a smoothed target
    assert losses[-1] < least
