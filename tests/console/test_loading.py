"""Keras is loaded without a search for garbage, on whichever library it is told to run on."""

import json
import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow


def run(code, folder=None, **variables):
    environment = {**os.environ, "KERAS_BACKEND": "tensorflow", **variables}
    subprocess.run([sys.executable, "-c", code], check=True, cwd=folder, env=environment)


def test_keras_is_loaded_without_a_search_for_garbage():
    run("""
import gc, sys
from tinygpt_keras.console.loading import load_keras
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


@pytest.mark.slow
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
        KERAS_BACKEND="jax" if place == "variable" else "",
    )


def test_a_library_that_keras_lacks_is_named(tmp_path):
    code = "from tinygpt_keras.train import main; raise SystemExit(main(['--steps', '2', '--warmup-steps', '0']))"
    environment = {**os.environ, "KERAS_BACKEND": "nowhere"}
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, env=environment, check=False
    )
    assert result.returncode == 1
    assert result.stderr.startswith("error: Keras cannot be loaded: ")
    assert result.stderr.count("\n") == 1
