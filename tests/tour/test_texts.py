"""A step's text and code are read from its source file, in reading order."""

import ast
import inspect
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from tinygpt_keras import tour
from tinygpt_keras.tour import ORDER, read_steps
from tinygpt_keras.tour.weights import random_weights

STEPS = read_steps()
GIVEN = {
    **random_weights(8, 2, 0),
    "source": np.random.default_rng(1).normal(size=(2, 4, 8)).astype("float32"),
}


def tensors(name, x):
    """What a step computes of random weights; of a source, and of the encoder's text, the end is padding."""
    there = np.arange(4 if name == "looking_across" else 5) < 3
    return STEPS[name].tensors(x, {**GIVEN, "is_there": np.stack([there, there])})


def function_of(name):
    return getattr(import_module(f"tinygpt_keras.tour.{name}"), name)


def test_every_file_is_a_step_or_helps_them():
    files = {path.stem for path in Path(tour.__file__).parent.glob("*.py")}
    assert files == {*ORDER, "__init__", "station", "step", "walk", "weights"}
    assert tuple(STEPS) == ORDER


@pytest.mark.parametrize("name", ORDER)
def test_a_step_has_a_title_and_three_lines(name):
    step = STEPS[name]
    assert step.name == name
    assert step.title
    assert len(step.sentences) == 3
    assert not any("\n" in sentence for sentence in step.sentences)


@pytest.mark.parametrize("name", ORDER)
def test_each_step_shows_the_code_it_runs(name):
    assert STEPS[name].code == inspect.getsource(function_of(name)).rstrip()


@pytest.mark.parametrize("name", ORDER)
def test_the_lines_are_the_code_without_its_docstring(name):
    code, lines = (ast.parse(text).body[0] for text in (STEPS[name].code, STEPS[name].lines))
    assert ast.unparse(code.body[1:]) == ast.unparse(lines.body)
    assert set(STEPS[name].lines.splitlines()) <= set(STEPS[name].code.splitlines())


@pytest.mark.parametrize("name", ORDER)
def test_the_docstring_names_every_tensor_that_is_shown(name):
    x = np.random.default_rng(0).normal(size=(2, 5, 8)).astype("float32")
    shown = tensors(name, x)
    assert list(shown)[-1] == "output"
    described = inspect.getdoc(function_of(name))
    assert [tensor for tensor in shown if f"`{tensor}`" not in described] == []


@pytest.mark.parametrize("name", ORDER)
def test_a_step_is_a_pure_function(name):
    x = np.random.default_rng(0).normal(size=(2, 5, 8)).astype("float32")
    kept = x.copy()
    first, again = (tensors(name, x) for _ in range(2))
    np.testing.assert_array_equal(x, kept)
    for tensor in first:
        np.testing.assert_array_equal(first[tensor], again[tensor])
