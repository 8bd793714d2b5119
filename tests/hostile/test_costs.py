"""No declared size or value in a run causes minutes of work or a traceback."""

import json
import shutil

import numpy as np
import pytest

from tests.conftest import command
from tests.hostile import corpus, edits
from tests.hostile.readers import ALLOWED, READERS, assert_refused, followed, peak
from tinygpt_keras.files import sha256
from tinygpt_keras.models.build import build_model
from tinygpt_keras.models.open import open_run
from tinygpt_keras.runs.directory import RunDirectory

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("patience")]


@pytest.mark.parametrize("verb", ["evaluate", "resume"])
def test_a_sparse_text_of_gigabytes_is_never_read(verb, copy, outside, normal):
    (copy / "corpus.txt").touch()
    corpus.sparse_corpus(copy, outside)
    assert_refused(READERS[verb](copy), "corpus.txt was never written for the most part")
    assert peak() - normal.peak < ALLOWED


def test_many_heads_are_scored_in_small_batches(copy, normal):
    """A window takes four million scores, and its characters alone would allow 32 windows at once."""
    corpus.edited("config.json", edits.set_heads)(copy, None)
    build_model(RunDirectory(copy).config().model).save(copy / "best.keras")
    (copy / "text.txt").write_text("To be, or not: " * 6000)
    status, _, err = command("evaluate", "--run", copy, "--data", copy / "text.txt", cwd=copy)
    assert status == 0, err
    assert peak() - normal.peak < 2 * ALLOWED


def test_a_ladder_of_any_length_has_its_five_rungs(copy):
    start, *others = (copy / "events.jsonl").read_text().splitlines()
    event = json.loads(start)
    event["rungs"] |= {str(number): 1.0 for number in range(10**5)}
    event |= {"parameters": 10**4000, "device": "x" * 10**6}
    (copy / "events.jsonl").write_text("\n".join([json.dumps(event), *others, ""]))
    history = followed(copy)
    assert (len(history.rungs), history.parameters, history.step) == (5, None, 40)
    assert len(history.device) <= 200


def test_a_text_shorter_than_the_context_is_refused(copy):
    """It is refused at once, not by an IndexError minutes later."""
    shutil.rmtree(copy / "checkpoints")
    (copy / "corpus.txt").write_text("To be, or not.")
    config = json.loads((copy / "config.json").read_text())
    config["corpus"] = {"name": "mine.txt", "sha256": sha256(copy / "corpus.txt"), "characters": 14}
    (copy / "config.json").write_text(json.dumps(config))
    assert_refused(READERS["resume"](copy), "mine.txt has")


def test_a_checkpoint_of_other_types_is_damaged(copy):
    """Resuming uses the checkpoint before it."""
    path = copy / "checkpoints/40/state.npz"
    with np.load(path) as state:
        arrays = {
            name: np.zeros(array.shape, "f2") if array.dtype.kind in "iu" else array for name, array in state.items()
        }
    np.savez(path, **arrays)
    status, _, err = READERS["resume"](copy)
    assert status == 0, err
    assert "checkpoint 40 is damaged; the one before it is used" in err


def test_a_perplexity_beyond_all_floats_is_infinite(small_run, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(small_run, run)
    opened = open_run(run)
    opened.model.head.kernel.assign(opened.model.head.kernel * 1e6)
    opened.model.save(run / "best.keras")
    status, out, err = READERS["evaluate"](run)
    assert (status, err) == (0, "")
    assert "perplexity          inf" in out
    status, out, _ = command("evaluate", "--run", run, "--json", cwd=tmp_path)
    assert (status, json.loads(out)["perplexity"]) == (0, None)
