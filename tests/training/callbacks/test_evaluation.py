"""An evaluation is whole or made again, and tells a run that is worse than guessing."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest

from tinygpt_keras.config import ModelConfig, RunConfig, TrainingConfig
from tinygpt_keras.errors import DivergedError
from tinygpt_keras.models.build import build_model
from tinygpt_keras.runs.checkpoints import list_checkpoints, newest_progress
from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_keras.runs.events import EventWriter
from tinygpt_keras.runs.progress import Progress
from tinygpt_keras.text.pipeline import scoring_windows
from tinygpt_keras.text.tokenizer import CharTokenizer
from tinygpt_keras.training.callbacks import Checkpointing, Evaluation, Recorder
from tinygpt_keras.training.compilation import compile_model
from tinygpt_keras.training.examples import TextExamples
from tinygpt_keras.training.signals import StopRequest

CONFIG = RunConfig(
    model=ModelConfig(architecture="bigram", vocab_size=10, block_size=4),
    training=TrainingConfig(steps=20, eval_every=10, sample_length=2),
)


@pytest.fixture
def made(tmp_path, monkeypatch):
    """Evaluation and checkpointing of a small model at step 10, with the events that they record."""
    seen, progress, stop = [], Progress(step=10), StopRequest()
    model = build_model(CONFIG.model)
    compile_model(model, CONFIG.training)
    writer = EventWriter(tmp_path / "events.jsonl")
    record = Recorder(writer, seen.append)
    windows = scoring_windows(np.arange(10, dtype=np.int32), 1, 10, 4, 2)
    examples = TextExamples(np.arange(10, dtype=np.int32))
    monkeypatch.setattr(examples, "scored", lambda config: {"train": windows, "val": windows})
    directory = RunDirectory(tmp_path)
    evaluation = Evaluation(CONFIG, directory, CharTokenizer("0123456789"), examples, progress, record, stop)
    checkpointing = Checkpointing(directory, progress, {}, 0, record)
    callbacks = keras.callbacks.CallbackList([evaluation, checkpointing], model=model)
    yield SimpleNamespace(callbacks=callbacks, evaluation=evaluation, progress=progress, stop=stop, seen=seen)
    writer.close()


def test_a_stop_skips_evaluation_and_saves_a_checkpoint(made, tmp_path):
    made.stop.received = True
    made.callbacks.on_epoch_end(0)
    assert made.evaluation.model.stop_training
    assert [event["event"] for event in made.seen] == ["checkpoint"]
    assert newest_progress(tmp_path / "checkpoints") == Progress(step=10)


def test_the_resumed_run_makes_the_evaluation_and_saves_it(made, tmp_path):
    made.callbacks.on_train_begin()
    assert [event["event"] for event in made.seen] == ["eval", "sample", "checkpoint"]
    assert made.seen[0]["val_characters"] == 9
    assert newest_progress(tmp_path / "checkpoints").evaluated_step == 10
    made.callbacks.on_train_begin()  # and once only
    assert len(made.seen) == 3
    assert len(list_checkpoints(tmp_path / "checkpoints")) == 1


def test_a_late_evaluation_leaves_the_saved_arrays_alone(made, tmp_path):
    made.stop.received = True
    made.callbacks.on_epoch_end(0)
    (path,) = list_checkpoints(tmp_path / "checkpoints")
    arrays = (path / "state.npz").stat()
    made.stop.received = False
    made.callbacks.on_train_begin()
    assert (path / "state.npz").stat().st_ino == arrays.st_ino
    assert newest_progress(tmp_path / "checkpoints").evaluated_step == 10


@pytest.mark.parametrize(
    ("step", "train", "words"),
    [(10, float("inf"), None), (10, 6.0, "the training loss is 6, where guessing blindly has 2.303, at step 10")],
)
def test_a_run_far_worse_than_guessing_has_diverged(made, step, train, words):
    made.progress.step = step
    with pytest.raises(DivergedError, match=words):
        made.evaluation.check({"train": train, "val": 2.0 if words else float("nan")})


@pytest.mark.parametrize(
    ("step", "train", "val"),
    [
        (0, 6.0, 6.0),  # first weights may be anything
        (10, 5.5, 5.5),  # halfway, a run may come back
        (20, 0.1, 9.0),  # overfitted
        (20, 3.2, 3.2),
    ],
)
def test_a_run_that_may_yet_learn_goes_on(made, step, train, val):
    made.progress.step = step
    made.evaluation.check({"train": train, "val": val})


def test_a_finished_run_must_roughly_beat_guessing(made):
    made.progress.step = 20
    with pytest.raises(DivergedError, match="Lower --learning-rate"):
        made.evaluation.check({"train": 3.4, "val": 3.4})
