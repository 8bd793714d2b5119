"""A checkpoint is only taken for written when it reads back."""

import keras
import numpy as np
import pytest

from tinygpt_keras.errors import InputError
from tinygpt_keras.runs.checkpoints import read_checkpoint
from tinygpt_keras.runs.progress import Progress
from tinygpt_keras.training.checkpoint import holds, save_checkpoint

ARRAYS = {"a": np.arange(100.0), "b": np.array([1, 2, 3])}


@pytest.fixture
def file(tmp_path):
    np.savez(tmp_path / "state.npz", **ARRAYS)
    return tmp_path / "state.npz"


def test_a_file_holds_what_was_written(file):
    assert holds(file, ARRAYS)


def test_a_file_does_not_hold_other_arrays(file):
    assert not holds(file, {**ARRAYS, "b": np.array([1, 2, 4])})
    assert not holds(file, {**ARRAYS, "c": np.array([1])})


@pytest.mark.parametrize("place", [0, 200, 0.5, -30])
def test_a_damaged_file_holds_nothing(file, place):
    content = bytearray(file.read_bytes())
    content[int(place * len(content)) if place == 0.5 else place] ^= 255
    file.write_bytes(content)
    assert not holds(file, ARRAYS)


def test_a_file_that_was_cut_off_holds_nothing(file):
    file.write_bytes(file.read_bytes()[:-100])
    assert not holds(file, ARRAYS)


def test_an_unreadable_new_checkpoint_keeps_the_older_one(tmp_path, monkeypatch):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
    model.compile("sgd", loss="mse")
    model.optimizer.build(model.trainable_variables)
    save_checkpoint(tmp_path, model, Progress(step=1), {}, keep=1)
    savez = np.savez
    monkeypatch.setattr(np, "savez", lambda file, **arrays: savez(file, **{n: a + 1 for n, a in arrays.items()}))
    with pytest.raises(OSError, match="did not read back"):
        save_checkpoint(tmp_path, model, Progress(step=2), {}, keep=1)
    assert [path.name for path in tmp_path.iterdir()] == ["1"]
    assert read_checkpoint(tmp_path / "1").progress.step == 1


def test_system_errors_do_not_call_a_checkpoint_damaged(tmp_path):
    """A missing checkpoint is called damaged."""
    with pytest.raises(InputError, match="is damaged"):
        read_checkpoint(tmp_path / "gone")
    (tmp_path / "40").symlink_to("40")  # around and around, even for root
    with pytest.raises(OSError, match="symbolic links"):
        read_checkpoint(tmp_path / "40")


def test_a_shortage_of_memory_says_nothing_of_a_checkpoint(file, monkeypatch):
    def load(*_, **__):
        raise MemoryError

    (file.parent / "metadata.json").write_text('{"progress": {}, "fingerprint": {}}')
    monkeypatch.setattr(np.lib.format, "read_array", load)
    with pytest.raises(MemoryError):
        holds(file, ARRAYS)
    with pytest.raises(MemoryError):
        read_checkpoint(file.parent)


def test_a_checkpoint_corrupted_at_its_end_reports_damage(file):
    """Reading may also succeed, as not every byte matters; it raises nothing but an `InputError`."""
    (file.parent / "metadata.json").write_text('{"progress": {}, "fingerprint": {}}')
    content, damaged = file.read_bytes(), 0
    for place in range(-200, 0):
        for change in (1, 127, 255):
            changed = bytearray(content)
            changed[place] ^= change
            file.write_bytes(changed)
            try:
                read_checkpoint(file.parent)
            except InputError:
                damaged += 1
    assert damaged > 100
