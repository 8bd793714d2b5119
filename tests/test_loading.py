"""Keras is loaded as soon as it can be, and whatever else wants to use it finds everything as it was."""

import json
import os
import subprocess
import sys

import pytest

from tinygpt_keras.loading import UNUSED, keras_runs_on_jax


def run(code, folder=None, **variables):
    subprocess.run([sys.executable, "-c", code], check=True, cwd=folder, env={**os.environ, **variables})


def test_keras_is_loaded_without_a_search_for_garbage():
    run("""
import gc, sys
from tinygpt_keras.loading import load_keras
searches = []
gc.callbacks.append(lambda phase, info: searches.append(phase))
load_keras()
assert not searches
assert "keras" in sys.modules and gc.isenabled() and gc.get_freeze_count() > 100_000
frozen = gc.get_freeze_count()
load_keras()  # a second time nothing happens
assert gc.get_freeze_count() == frozen
gc.collect()
assert searches
""")


def test_a_command_loads_nothing_that_it_does_not_use_and_leaves_no_trace_of_that(tmp_path):
    run(
        f"""
import sys
from tinygpt_keras.sample import main
assert main(["--max-new", "3"]) == 0
assert "keras" in sys.modules
assert not set({UNUSED}) & set(sys.modules)
import jax, matplotlib.pyplot  # both are there
assert jax.numpy.arange(2).sum() == 1
""",
        tmp_path,
    )


def test_what_was_imported_before_a_command_stays():
    run("""
import sys, matplotlib
from tinygpt_keras.evaluate import main
assert main(["--run", "nowhere"]) == 2
assert sys.modules["matplotlib"] is matplotlib
""")


@pytest.mark.parametrize("place", ["variable", "file"])
def test_a_command_runs_where_keras_runs_on_jax(place, tmp_path):
    (tmp_path / "keras.json").write_text(json.dumps({"backend": "jax" if place == "file" else "tensorflow"}))
    run(
        """
import sys
from tinygpt_keras.sample import main
assert main(["--max-new", "3"]) == 0
assert "jax" in sys.modules and sys.modules["keras"].backend.backend() == "jax"
""",
        tmp_path,
        KERAS_HOME=str(tmp_path),
        **({"KERAS_BACKEND": "jax"} if place == "variable" else {}),
    )


def test_the_backend_is_known_before_keras_is(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    assert not keras_runs_on_jax()
    (tmp_path / "keras.json").write_text('{"backend": "jax"}')
    assert keras_runs_on_jax()
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    assert not keras_runs_on_jax()
