"""A run keeps its weights at about a dozen steps, and only those that it has reached."""

import errno
import json
import math
import os
import resource
import shutil

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import SMALL, command
from tests.inspection.small import small_model
from tinygpt_keras.config import TrainingConfig
from tinygpt_keras.errors import InputError
from tinygpt_keras.models.open import open_run
from tinygpt_keras.models.tensors import write_frame
from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_keras.runs.events import read_events
from tinygpt_keras.runs.film import list_frames
from tinygpt_keras.runs.progress import Progress
from tinygpt_keras.training.callbacks import filming
from tinygpt_keras.training.callbacks.filming import FRAMES, marks


@given(st.floats(0.01, 1e9))
def test_marks_are_evenly_spaced_in_the_logarithm(end):
    end = max(end, 1)
    found = [math.log(mark) for mark in marks(end)]
    assert len(found) == FRAMES
    assert (found[0], found[-1]) == (0, pytest.approx(math.log(end), abs=1e-8))
    np.testing.assert_allclose(np.diff(found), math.log(end) / (FRAMES - 1), atol=1e-8)
    assert marks(2048)[8] == 256


def expected(last, every):
    """Return the first executed step at or past each mark."""
    return sorted({math.ceil(mark / every) * every for mark in marks(last)})


pytestmark = pytest.mark.slow


def film(run):
    return list_frames(RunDirectory(run).film)


def weights(run, step):
    return [np.asarray(weight) for weight in open_run(run, step).model.weights]


def test_a_run_keeps_the_first_step_past_each_mark(small_run):
    frames = film(small_run)
    config = RunDirectory(small_run).config()
    assert list(frames) == expected(40, config.training.executed_steps())
    assert {path.stat().st_size - 2 * config.model.parameters() for path in frames.values()} <= set(range(100, 5000))
    assert not list((small_run / "film").glob(".*"))


def test_a_frame_holds_the_weights_of_its_step(copy):
    last = max(film(copy))
    assert last == 40
    saved = weights(copy, 40)  # the checkpoint's
    shutil.rmtree(copy / "checkpoints/40")
    for frame, weight in zip(weights(copy, 40), saved, strict=True):
        np.testing.assert_array_equal(frame, weight.astype(np.float16))
    assert not np.array_equal(weights(copy, min(film(copy)))[0], saved[0].astype(np.float16))


def test_a_resumed_run_has_the_film_of_one_that_never_stopped(copy):
    expected_film = {step: path.read_bytes() for step, path in film(copy).items()}
    shutil.rmtree(copy / "checkpoints/40")
    (copy / "film/.38.partial.safetensors").touch()
    (copy / "film/1000.safetensors").touch()
    status, _, err = command("train", "--resume", "--run-dir", copy, cwd=copy)
    assert status == 0, err
    assert {step: path.read_bytes() for step, path in film(copy).items()} == expected_film
    assert sorted(path.name for path in (copy / "film").iterdir()) == sorted(f"{n}.safetensors" for n in expected_film)


def test_a_run_by_the_clock_is_filmed_and_another_one_is_not_if_told(tmp_path):
    flags = [*SMALL, "--preset", "tiny", "--eval-every", 20]
    assert command("train", *flags, "--run-dir", "timed", "--minutes", 0.05, cwd=tmp_path)[0] == 0
    frames = list(film(tmp_path / "timed"))
    done = max(event["step"] for event in read_events(tmp_path / "timed/events.jsonl"))
    assert 2 <= len(frames) <= FRAMES
    assert done == frames[-1], "three seconds have gone by at the last step"
    assert RunDirectory(tmp_path / "timed").config().training.film
    assert command("train", *flags, "--run-dir", "dark", "--steps", 20, "--no-film", cwd=tmp_path)[0] == 0
    assert not (tmp_path / "dark" / "film").exists()


def test_a_run_by_the_clock_is_filmed_past_each_mark(tmp_path):
    directory, config = RunDirectory(tmp_path), TrainingConfig(minutes=1)
    steps = {step: 0.4 * step for step in range(1, 151)}  # the seconds at each
    due = sorted({math.ceil(round(mark / 0.4, 6)) for mark in marks(60)})

    def train(begin, end):
        progress = Progress(step=begin, elapsed_s=steps.get(begin, 0.0))
        callback = filming.Filming(directory, progress, config, lambda *args, **fields: pytest.fail("no event"))
        callback.set_model(small_model("tiny"))
        callback.on_train_begin()
        assert all(step <= begin for step in list_frames(directory.film))
        for progress.step in range(begin + 1, end + 1):
            progress.elapsed_s = steps[progress.step]
            callback.on_train_batch_end(0)

    train(0, 100)
    assert list(list_frames(directory.film)) == [step for step in due if step <= 100]
    train(50, 150)  # resumed from a checkpoint of before
    assert list(list_frames(directory.film)) == due
    assert due[0] == 3, "the first whole second"
    assert due[-1] == 150


def test_every_step_of_the_film_can_be_looked_at(small_run):
    losses = []
    for step in film(small_run):
        flags = ["--run", small_run, "--step", step, "--text", "First Citizen:", "--view", "surprise", "--json"]
        status, out, err = command("look", *flags, cwd=small_run)
        assert status == 0, err
        losses.append(json.loads(out)["loss"])
    assert losses[0] > losses[-1]


@pytest.mark.parametrize("damage", ["cut", "other", "sparse", "link", "pipe"])
def test_a_frame_that_is_none_is_refused(copy, damage):
    step, path = next(iter(film(copy).items()))
    if damage == "cut":
        os.truncate(path, path.stat().st_size // 2)
    elif damage == "other":
        path.write_bytes(bytes(path.stat().st_size))
    elif damage == "sparse":
        os.truncate(path, 2**40)
    else:
        path.unlink()
        path.symlink_to("/dev/zero") if damage == "link" else os.mkfifo(path)
    words = "has no checkpoint of step" if damage in ("link", "pipe") else "cannot be used"
    with pytest.raises(InputError, match=words):
        open_run(copy, step)


@pytest.mark.parametrize(("dtype", "size"), [("F8_E4M3", 1), ("F4", 0.5), ("C64", 8), ("BF16", 2), ("I16", 2)])
def test_a_frame_of_another_type_is_refused(copy, dtype, size):
    """Its size is right, which is all that is known before it is opened."""
    step, path = next(iter(film(copy).items()))
    data = path.stat().st_size - 1000
    data -= data % 8
    header = json.dumps({"a": {"dtype": dtype, "shape": [int(data / size)], "data_offsets": [0, data]}}).encode()
    header = header.ljust(path.stat().st_size - data - 8)
    path.write_bytes(len(header).to_bytes(8, "little") + header + bytes(data))
    with pytest.raises(InputError, match=f"cannot be used: .* has arrays of type {dtype}"):
        open_run(copy, step)


def test_a_film_that_is_a_link_is_refused(copy, tmp_path):
    shutil.move(copy / "film", tmp_path / "film")
    (copy / "film").symlink_to(tmp_path / "film")
    for verb, flags in (("evaluate", ["--run", copy]), ("train", ["--resume", "--run-dir", copy])):
        status, _, err = command(verb, *flags, cwd=copy)
        assert status == 2
        assert "film is a link and not a folder" in err
    assert len(list((tmp_path / "film").iterdir())) > 1


def test_a_run_goes_on_where_no_film_can_be_kept(tmp_path):
    """As on a full disk."""
    flags = [*SMALL, "--preset", "tiny", "--eval-every", 20, "--steps", 20, "--run-dir", "run"]

    def full(path, model):
        del path, model
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(filming, "write_frame", full)
        status, _, err = command("train", *flags, cwd=tmp_path)
    assert status == 0, err
    warnings = [e["message"] for e in read_events(tmp_path / "run/events.jsonl") if e["event"] == "warning"]
    assert "the weights of this step are not kept for looking back: No space left on device." in warnings


def test_a_frame_that_does_not_fit_on_the_disk_is_an_os_error(small_run, tmp_path):
    """Safetensors alone would raise an error of its own."""
    model = open_run(small_run).model
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            write_frame(tmp_path / "frame.safetensors", model)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list(tmp_path.iterdir()) == []
