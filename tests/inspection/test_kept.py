"""Selectivity is measured once for each model and text, and kept where nobody misses it."""

import os
from pathlib import Path

import numpy as np
import pytest

from tests.inspection.small import small_model
from tinygpt_keras.inspection import kept as module
from tinygpt_keras.inspection.kept import kept

pytestmark = pytest.mark.slow

SHAPE = 3, 64  # blocks and hidden units of the small model
AREAS = {"in capitals": np.full(SHAPE, 0.75), "punctuation": np.linspace(0, 1, 3 * 64).reshape(SHAPE)}


def test_it_is_measured_once_for_each_model_and_text(tmp_path):
    measured = []

    def measure():
        measured.append(1)
        return AREAS

    model, folder = small_model("tiny"), tmp_path / "cache" / "folder"
    for _ in range(2):
        found = kept(model, "a text", measure, folder)
        assert {name: areas.tolist() for name, areas in found.items()} == {
            name: areas.tolist() for name, areas in AREAS.items()
        }
    assert len(measured) == 1
    kept(model, "another text", measure, folder)
    model.weights[0].assign(np.asarray(model.weights[0]) + 1)
    kept(model, "a text", measure, folder)
    assert len(measured) == 3


@pytest.mark.parametrize("content", [b"", b"PK\3\4", b"no archive at all"])
def test_a_damaged_file_is_measured_anew(tmp_path, content):
    model = small_model("tiny")
    kept(model, "a text", lambda: AREAS, tmp_path)
    (file,) = tmp_path.iterdir()
    file.write_bytes(content)
    assert kept(model, "a text", lambda: AREAS, tmp_path) == AREAS
    assert kept(model, "a text", lambda: pytest.fail("it is kept"), tmp_path).keys() == AREAS.keys()


@pytest.mark.parametrize(
    "areas",
    [
        {},
        {"in capitals": np.full(SHAPE, "x")},
        {"in capitals": np.array(0.5)},
        {"in capitals": np.full((1, 2), 0.5)},
        {"in capitals": np.full(SHAPE, np.nan)},
        {"in capitals": np.full(SHAPE, 2.0)},
        {"another": np.full(SHAPE, 0.5)},
    ],
)
def test_arrays_that_are_no_selectivity_are_measured_anew(tmp_path, areas):
    model = small_model("tiny")
    kept(model, "a text", lambda: AREAS, tmp_path)
    (file,) = tmp_path.iterdir()
    np.savez(file, **areas)
    assert kept(model, "a text", lambda: AREAS, tmp_path) == AREAS
    assert kept(model, "a text", lambda: pytest.fail("it is kept"), tmp_path).keys() == AREAS.keys()


@pytest.mark.parametrize("kind", ["pipe", "link", "folder"])
def test_what_is_no_file_is_not_opened(tmp_path, kind):
    model = small_model("tiny")
    kept(model, "a text", lambda: AREAS, tmp_path)
    (file,) = tmp_path.iterdir()
    file.rename(tmp_path / "elsewhere")
    {"pipe": os.mkfifo, "folder": Path.mkdir, "link": lambda path: path.symlink_to("elsewhere")}[kind](file)
    assert kept(model, "a text", lambda: AREAS, tmp_path) == AREAS
    assert (tmp_path / "elsewhere").is_file()


def test_that_nothing_is_found_is_not_kept(tmp_path):
    assert kept(small_model("tiny"), "a text", dict, tmp_path) == {}
    assert list(tmp_path.iterdir()) == []


def test_the_oldest_are_forgotten(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MOST", 2)
    model = small_model("tiny")
    for number in range(4):
        kept(model, f"text {number}", lambda: AREAS, tmp_path)
    assert len(list(tmp_path.iterdir())) == 2


def test_a_folder_that_cannot_be_written_loses_nothing(tmp_path):
    (tmp_path / "file").touch()
    assert kept(small_model("tiny"), "a text", lambda: AREAS, tmp_path / "file" / "folder") == AREAS
