"""A command loads Keras as soon as it can be had, and nothing besides that it does not use."""

import json
import os
import subprocess
import sys

import pytest

from tinygpt_keras.loading import UNUSED, keras_runs_on_tensorflow


def run(code, folder=None, **variables):
    environment = {**os.environ, "KERAS_BACKEND": "tensorflow", **variables}
    subprocess.run([sys.executable, "-c", code], check=True, cwd=folder, env=environment)


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


def test_a_command_loads_nothing_that_it_does_not_use(tmp_path):
    run(
        f"""
import sys
from tinygpt_keras.sample import main
assert main(["--max-new", "3"]) == 0
assert not set({UNUSED}) & {{name.partition(".")[0] for name in sys.modules}}
import jax, matplotlib.pyplot  # they are there all the same
assert jax.numpy.arange(2).sum() == 1
""",
        tmp_path,
    )


def test_everything_can_be_found_once_keras_is_loaded():
    run("""
import sys
from tinygpt_keras.loading import UNUSED, load_keras, without_unused
with without_unused():
    assert all(sys.modules[name] is None for name in UNUSED)
    load_keras()
    assert not set(UNUSED) & set(sys.modules)
    import jax, matplotlib
with without_unused():  # a second command, in the same process
    import IPython
assert set(UNUSED) < set(sys.modules)
""")


def test_what_was_imported_before_a_command_stays():
    run("""
import sys, matplotlib
from tinygpt_keras.evaluate import main
assert main(["--run", "nowhere"]) == 2
assert sys.modules["matplotlib"] is matplotlib and "jax" not in sys.modules
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
        KERAS_BACKEND="jax" if place == "variable" else "",
    )


def test_a_run_is_trained_where_keras_runs_on_jax_but_only_tensorflow_exports(tmp_path):
    run(
        """
from tinygpt_keras import export, train
small = "--embed-dim 16 --num-heads 2 --num-layers 1 --block-size 16 --batch-size 4 --steps 4 --sample-length 9"
assert train.main([*small.split(), "--run-dir", "run"]) == 0
assert export.main(["--run", "run", "--out", "out"]) == 2
""",
        tmp_path,
        KERAS_BACKEND="jax",
    )
    assert not (tmp_path / "out").exists()


def test_a_library_that_keras_lacks_is_named(tmp_path):
    code = "from tinygpt_keras.train import main; raise SystemExit(main(['--steps', '2', '--warmup-steps', '0']))"
    environment = {**os.environ, "KERAS_BACKEND": "nowhere"}
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, env=environment, check=False
    )
    assert result.returncode == 1
    assert result.stderr.startswith("error: Keras cannot be loaded: ")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("home", ["{}", "~", ""])
def test_the_backend_is_known_before_keras_is(home, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("KERAS_HOME", home.format(tmp_path))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KERAS_BACKEND", "")
    assert keras_runs_on_tensorflow()
    for backend in ("tensorflow", "jax", "numpy"):
        (tmp_path / "keras.json").write_text(json.dumps({"backend": backend}))
        assert keras_runs_on_tensorflow() == (backend == "tensorflow")
    for backend in ("tensorflow", "jax", "numpy"):
        monkeypatch.setenv("KERAS_BACKEND", backend)
        assert keras_runs_on_tensorflow() == (backend == "tensorflow")
