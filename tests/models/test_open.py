"""Opening a run at a checkpoint, and reading its weights anew; what cannot be opened is in `commands`."""

import json
import shutil

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from tests.hostile import corpus
from tinygpt_keras.config import SamplingOptions
from tinygpt_keras.errors import InputError
from tinygpt_keras.generation import Generator
from tinygpt_keras.models.open import open_run, reload_weights


def weights(run):
    return {variable.path: np.asarray(variable) for variable in run.model.trainable_variables}


@pytest.mark.parametrize("step", [20, 40])
def test_a_checkpoints_weights(small_run, step):
    run = open_run(small_run, step)
    assert run.step == step
    with np.load(small_run / "checkpoints" / str(step) / "state.npz") as state:
        saved = {name.split(" ")[1]: state[name] for name in state.files}
    for path, value in weights(run).items():
        np.testing.assert_array_equal(value, saved[path])


def test_the_best_checkpoint_is_the_best_weights(small_run):
    best, last = weights(open_run(small_run)), weights(open_run(small_run, 40))
    assert best.keys() == last.keys()
    assert all((best[path] == last[path]).all() for path in best)


def test_a_checkpoint_that_is_not_kept(copy):
    with pytest.raises(InputError, match=r"copy has no checkpoint of step 10\. Choose one of 1, 2, .*, 40\."):
        open_run(copy, 10)
    shutil.rmtree(copy / "checkpoints")
    shutil.rmtree(copy / "film")
    with pytest.raises(InputError, match=r"step 20\. It has none; use its best weights\."):
        open_run(copy, 20)


def test_an_undersized_checkpoint_is_refused_without_loading_keras(copy, monkeypatch):
    """A step without a checkpoint is refused likewise."""
    values = json.loads((copy / "config.json").read_text())
    values["model"] |= {"embed_dim": 2**14, "num_layers": 2**10}
    (copy / "config.json").write_text(json.dumps(values))
    monkeypatch.setattr("tinygpt_keras.models.open.load_keras", lambda: pytest.fail("Keras was loaded"))
    with pytest.raises(InputError, match=r"its size does not fit config\.json"):
        open_run(copy, 40)
    with pytest.raises(InputError, match="has no checkpoint of step 7"):
        open_run(copy, 7)


def one_array(path):
    """Write a frame of the film with all numbers in one array."""
    save_file({"a": np.concatenate([array.ravel() for array in load_file(path).values()])}, path)


@pytest.mark.parametrize(
    ("step", "change"),
    [
        (None, corpus.weights(corpus.merged)),
        (20, corpus.arrays("20", write=corpus.united)),
        (2, lambda run, _: one_array(run / "film" / "2.safetensors")),
    ],
)
def test_weights_of_other_shapes_are_refused_without_loading_keras(copy, monkeypatch, step, change):
    """Building a deep model takes minutes, and takes more memory than its weights."""
    change(copy, None)
    monkeypatch.setattr("tinygpt_keras.models.open.load_keras", lambda: pytest.fail("Keras was loaded"))
    with pytest.raises(InputError, match=r"its weights do not fit config\.json"):
        open_run(copy, step)


def test_a_half_removed_checkpoint_is_missing_not_damaged(copy):
    """Training may remove it while another process opens it."""
    (copy / "checkpoints" / "20" / "state.npz").unlink()
    with pytest.raises(InputError, match=r"has no checkpoint of step 20\. Choose one of 1, 2, .*, 40\."):
        open_run(copy, 20)


def compress(path):
    with np.load(path) as state:
        arrays = dict(state)
    np.savez_compressed(path, **arrays)


def reshape(path):
    with np.load(path) as state:
        arrays = {name: state[name].reshape(-1) for name in state.files}
    np.savez(path, **arrays)


DAMAGES = [
    (lambda path: path.write_bytes(path.read_bytes()[:3000]), "not a complete .npz file"),
    (compress, "its members are compressed"),
    (reshape, "do not fit config.json"),
]


@pytest.mark.parametrize(("damage", "words"), DAMAGES, ids=["torn", "compressed", "reshaped"])
def test_a_damaged_checkpoint_is_refused(copy, damage, words):
    damage(copy / "checkpoints" / "20" / "state.npz")
    with pytest.raises(InputError, match=f"cannot be used: .*{words}"):
        open_run(copy, 20)


def test_newer_weights_are_read_into_the_same_model(copy):
    run, options = open_run(copy), SamplingOptions(max_new=40, seed=1)
    generator = Generator(run.model, run.tokenizer, jit_compile=False)
    before = generator.generate(["a"], options)
    other = open_run(copy)
    for variable in other.model.trainable_variables:
        variable.assign(-variable)
    other.model.save(copy / "best.keras")
    reload_weights(run)
    after = generator.generate(["a"], options)
    assert after == Generator(other.model, run.tokenizer, jit_compile=False).generate(["a"], options)
    assert after != before
    (copy / "best.keras").write_bytes(b"torn")
    with pytest.raises(InputError, match=r"best\.keras cannot be used"):
        reload_weights(run)
