"""Weights from elsewhere become a run; the recordings hold what PyTorch made of them."""

import json
import os
import resource
import struct

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from tests.conftest import command, in_a_process
from tests.models.test_torch_weights import FAMILIES, model_for, recording
from tinygpt_keras import adopt
from tinygpt_keras.models.open import open_run
from tinygpt_tui.runs.summary import list_runs

TEXT = "abcdefghij\n" * 40  # eleven characters


def saved(path, name):
    weights, ids, logits = recording(name)
    save_file({key: np.ascontiguousarray(value) for key, value in weights.items()}, path)
    return ids, logits


@pytest.mark.parametrize("name", FAMILIES)
def test_a_run_has_the_logits_that_pytorch_had(tmp_path, name):
    ids, logits = saved(tmp_path / "weights.safetensors", name)
    heads = ["--num-heads", 3] if name.startswith("nanogpt") else []
    flags = ["weights.safetensors", "--characters", TEXT, "--run-dir", "run", *heads]
    status, out, err = command("adopt", *flags, cwd=tmp_path)
    assert (status, out) == (0, "run\n"), err
    assert "3 heads, a context of 8 characters, 11 of them different" in err
    run = open_run(tmp_path / "run")
    np.testing.assert_allclose(np.asarray(run.model(ids)), logits, atol=2e-5)
    assert run.config.model == model_for(name).config


def test_a_run_samples_scores_and_is_listed_as_finished(tmp_path):
    saved(tmp_path / "w.safetensors", "lecture")
    (tmp_path / "text.txt").write_text(TEXT)
    assert command("adopt", "w.safetensors", "--characters", "text.txt", cwd=tmp_path)[0] == 0
    (listed,) = list_runs(tmp_path / "runs")
    assert (listed.state, listed.can_write, listed.preset) == ("finished", True, "adopted")
    run = listed.directory.path
    status, out, _ = command("sample", "--run", run, "--max-new", 5, "--seed", 1, cwd=tmp_path)
    assert (status, len(out)) == (0, 5)
    status, out, _ = command("evaluate", "--run", run, "--json", cwd=tmp_path)
    assert (status, json.loads(out)["characters"]) == (0, 44)
    status, out, err = command("train", "--resume", "--run-dir", run, cwd=tmp_path)
    assert (status, out) == (2, "")
    assert "was trained elsewhere, and has no checkpoint to resume from" in err


def test_weights_go_out_and_come_back(small_run, tmp_path):
    flags = ["--run", small_run, "--format", "safetensors", "--out", "a.safetensors"]
    assert command("export", *flags, cwd=tmp_path) == (0, "a.safetensors\n", "")
    assert "block_0/attention/query/kernel" in load_file(tmp_path / "a.safetensors")
    status, _, err = command("export", *flags, cwd=tmp_path)
    assert status == 2
    assert "a.safetensors exists already" in err
    assert command("adopt", "a.safetensors", "--run-dir", "back", cwd=tmp_path)[0] == 0
    ours, theirs = open_run(small_run), open_run(tmp_path / "back")
    assert ours.tokenizer.characters == theirs.tokenizer.characters
    for one, other in zip(ours.model.get_weights(), theirs.model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    status, _, err = command("evaluate", "--run", "back", cwd=tmp_path)
    assert status == 2
    assert "give the text to --data" in err


@pytest.mark.parametrize(
    ("name", "flags", "words"),
    [
        ("nanogpt", [], "do not tell the number of heads. Give it as --num-heads"),
        ("nanogpt", ["--num-heads", 5], "does not divide"),
        ("lecture", ["--num-heads", 5], "the weights have 3 heads, and --num-heads is 5. Drop it."),
        ("lecture", ["--characters", "abc"], "has 3 different characters, and the weights know 11"),
    ],
)
def test_adopt_refuses_unfitting_weights_and_makes_no_run(tmp_path, name, flags, words):
    saved(tmp_path / "w.safetensors", name)
    given = [] if "--characters" in flags else ["--characters", TEXT]
    status, out, err = command("adopt", "w.safetensors", *given, *flags, "--run-dir", "run", cwd=tmp_path)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert words in err
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ("blocks.0.ln1.weight", "is not numbered from 0 on"),
        ("position_embedding_table.weight", "position_embedding_table.weight"),
        ("lm_head.weight", "fewer than the 4,091 of their model"),
        ("token_embedding_table.weight", "neither nanoGPT's names"),
    ],
)
def test_weights_that_are_not_whole_are_told(tmp_path, missing, words):
    saved(tmp_path / "whole.safetensors", "lecture")
    kept = load_file(tmp_path / "whole.safetensors")
    save_file({name: array for name, array in kept.items() if name != missing}, tmp_path / "w.safetensors")
    status, _, err = command("adopt", "w.safetensors", "--characters", TEXT, "--run-dir", "run", cwd=tmp_path)
    assert status == 2
    assert words in err
    assert not (tmp_path / "run/config.json").exists()


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04", b"\x80\x04.", b"\xff" * 100, b"\x02\0\0\0\0\0\0\0{}x", b"\x02\0\0\0\0\0\0\0{}"]
)
def test_what_is_no_safetensors_file_is_refused(tmp_path, content):
    (tmp_path / "w").write_bytes(content)
    status, out, err = command("adopt", "w", "--characters", TEXT, cwd=tmp_path)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert "w is not a safetensors file" in err or "neither nanoGPT's names" in err


@pytest.mark.parametrize(
    ("described", "words"),
    [
        ({"model": '{"embed_dim": 16384, "num_heads": 1, "num_layers": 1024}', "characters": "[]"}, "are fewer than"),
        ({"model": "[]", "characters": "[]"}, "has no model as"),
        ({"characters": "[]"}, "has no model as"),
        (
            {"model": '{"architecture": "bigram", "vocab_size": 2}', "characters": "5"},
            "has no characters as",
        ),
        (
            {"model": '{"architecture": "bigram", "vocab_size": 2}', "characters": "[1, 2]"},
            "has no characters as",
        ),
        ({"model": '{"architecture": "bigram", "vocab_size": 2}', "characters": '["b", "a"]'}, "not a sorted list"),
    ],
)
def test_a_header_that_promises_too_much_is_refused(tmp_path, described, words):
    save_file({"a": np.zeros((2, 2), np.float32)}, tmp_path / "w", metadata={"format": "tinygpt-keras", **described})
    status, out, err = command("adopt", "w", "--run-dir", "run", cwd=tmp_path)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert words in err
    assert not (tmp_path / "run").exists()


def test_a_path_that_is_no_file_is_told(tmp_path):
    for path in ("nowhere", tmp_path):
        status, out, err = command("adopt", path, "--characters", TEXT, cwd=tmp_path)
        assert (status, out, err.count("\n")) == (2, "", 1)


def test_adopt_refuses_nan_weights_and_makes_no_run(tmp_path):
    saved(tmp_path / "w.safetensors", "lecture")
    arrays = load_file(tmp_path / "w.safetensors")
    name = next(iter(arrays))
    save_file({**arrays, name: np.full_like(arrays[name], np.nan)}, tmp_path / "w.safetensors")
    status, out, err = command("adopt", "w.safetensors", "--characters", TEXT, cwd=tmp_path)
    assert (status, out) == (2, "")
    assert f"{name} in w.safetensors has numbers that are not finite" in err
    assert not list(tmp_path.glob("runs/*"))


def test_adopt_refuses_oversized_files_before_reading_them(tmp_path):
    saved(tmp_path / "w.safetensors", "lecture")
    arrays = load_file(tmp_path / "w.safetensors")
    save_file({**arrays, "more": np.zeros(10**6, np.float32)}, tmp_path / "more.safetensors")
    status, _, err = command("adopt", "more.safetensors", "--characters", TEXT, cwd=tmp_path)
    assert status == 2
    assert "the weights are more than the" in err
    content = (tmp_path / "w.safetensors").read_bytes()
    (tmp_path / "sparse.safetensors").write_bytes(content)
    os.truncate(tmp_path / "sparse.safetensors", 2**40)
    (tmp_path / "long.safetensors").write_bytes(struct.pack("<Q", 2**30) + content[8:])
    for name in ("sparse", "long"):
        status, _, err = command("adopt", f"{name}.safetensors", "--characters", TEXT, cwd=tmp_path)
        assert status == 2
        assert f"{name}.safetensors is not a safetensors file" in err


def test_an_array_without_dimensions_is_refused(tmp_path):
    saved(tmp_path / "w.safetensors", "nanogpt")
    arrays = load_file(tmp_path / "w.safetensors")
    name = "transformer.h.0.attn.c_attn.weight"
    spare = np.zeros(arrays[name].size, np.float32)
    save_file({**arrays, name: np.array(1.0, np.float32), "transformer.h.0.mlp.c_fc.bias": spare}, tmp_path / "a")
    status, _, err = command("adopt", "a", "--characters", TEXT, "--num-heads", 3, cwd=tmp_path)
    assert status == 2
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("characters", "words"),
    [
        ("", "--characters is empty. Give the text"),
        ("\udcff", "--characters is not text. Give the text"),
        ("missing.txt", "--characters has 8 different characters, and the weights know 11. It names no file, so"),
        (".", "--characters has 1 different characters"),
    ],
)
def test_characters_that_are_none_are_told(tmp_path, characters, words):
    saved(tmp_path / "w.safetensors", "lecture")
    status, out, err = command("adopt", "w.safetensors", "--characters", characters, cwd=tmp_path)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert words in err


def test_flags_that_an_export_answers_are_refused(small_run, tmp_path):
    assert command("export", "--run", small_run, "--format", "safetensors", "--out", "a", cwd=tmp_path)[0] == 0
    for flag in (["--num-heads", 7], ["--attention-scale", "width"]):
        status, _, err = command("adopt", "a", *flag, cwd=tmp_path)
        assert status == 2
        assert f"an export has {flag[0]} in the file. Drop the flag" in err


def test_an_export_of_other_shapes_is_refused_before_it_is_built(small_run, tmp_path, monkeypatch):
    assert command("export", "--run", small_run, "--format", "safetensors", "--out", "a", cwd=tmp_path)[0] == 0
    with safe_open(tmp_path / "a", framework="np") as file:
        names = file.keys()  # the file itself is no iterable
        described, arrays = file.metadata(), [file.get_tensor(name).ravel() for name in names]
    save_file({"a": np.concatenate(arrays)}, tmp_path / "b", described)
    monkeypatch.setattr(adopt, "filled", lambda *_: pytest.fail("it is built"))
    status, _, err = command("adopt", "b", cwd=tmp_path)
    assert status == 2
    assert "the arrays do not fit the model in the file's header. Export the model again" in err


def test_weights_that_are_there_twice_are_refused(tmp_path):
    saved(tmp_path / "w.safetensors", "lecture")
    arrays = load_file(tmp_path / "w.safetensors")
    name = next(iter(arrays))
    for more, words in ((f"_orig_mod.{name}", "twice"), (f"blocks.{'1' * 5000}.ln1.weight", "more than")):
        save_file({**arrays, more: arrays[name] + 1}, tmp_path / "more.safetensors")
        status, _, err = command("adopt", "more.safetensors", "--characters", TEXT, cwd=tmp_path)
        assert status == 2
        assert words in err or "no place for" in err


def test_a_refusal_loads_no_tensorflow_and_takes_one_line(tmp_path):
    status, out, err = in_a_process("adopt", "missing.safetensors", cwd=tmp_path)
    assert (status, out) == (2, "")
    assert err == "error: there is no file missing.safetensors. Check the path.\n"


def test_a_file_that_cannot_be_written_leaves_no_folder(tmp_path):
    saved(tmp_path / "w.safetensors", "lecture")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        status, out, err = command("adopt", "w.safetensors", "--characters", TEXT, cwd=tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert (status, out) == (1, "")
    assert "Traceback" not in err
    assert not list(tmp_path.glob("runs/*"))


def test_a_folder_with_anything_in_it_is_kept(tmp_path):
    saved(tmp_path / "w.safetensors", "lecture")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / ".hidden").write_text("mine")
    status, _, err = command("adopt", "w.safetensors", "--characters", TEXT, "--run-dir", "mine", cwd=tmp_path)
    assert status == 2
    assert "with something else in it" in err
    assert (tmp_path / "mine" / ".hidden").read_text() == "mine"
