"""TensorFlow, Keras and NumPy stay out of the half that must start at once."""

import itertools
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tinygpt_keras.runs.directory import pretrained_run

ROOT = Path(__file__).parents[1]
HEAVY = ("tensorflow", "keras", "numpy", "jax", "h5py", "charset_normalizer")
# The light half is listed once, where it is also told to have types all the way down.
TOOLS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]
STRICT = TOOLS["pyright"]["strict"]
# Parts of heavy packages, which the package's own `__init__` loads.
INSIDE = ("tinygpt_keras/generation/",)


def light_modules():
    """The modules of the light half, by their names."""
    files = itertools.chain.from_iterable(
        (ROOT / entry).rglob("*.py") if (ROOT / entry).is_dir() else [ROOT / entry] for entry in STRICT
    )
    paths = [file.relative_to(ROOT) for file in files if not str(file.relative_to(ROOT)).startswith(INSIDE)]
    return sorted(".".join(path.with_suffix("").parts).removesuffix(".__init__") for path in paths)


def loaded_after(statement: str) -> set[str]:
    """The heavy packages that a clean interpreter has loaded after a statement."""
    code = f"{statement}\nimport sys\nprint('LOADED', *[name for name in {HEAVY} if name in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(result.stdout.rpartition("LOADED")[2].split())


def test_light_modules_load_nothing_heavy():
    modules = light_modules()
    assert {"tinygpt_keras", "tinygpt_keras.runs.directory", "tinygpt_keras.worker.client"} <= set(modules)
    assert loaded_after(f"import {', '.join(modules)}") == set()


def test_the_terminal_ui_may_import_only_light_modules():
    (forbidden,) = (
        c["forbidden_modules"]
        for c in TOOLS["importlinter"]["contracts"]
        if c["type"] == "forbidden" and c["source_modules"] == ["tinygpt_tui"]
    )
    files = (file.relative_to(ROOT) for file in (ROOT / "tinygpt_keras").rglob("*.py"))
    modules = {".".join(file.with_suffix("").parts).removesuffix(".__init__") for file in files}
    heavy = sorted(modules - set(light_modules()))
    assert not [name for name in heavy if not any(f"{name}.".startswith(f"{room}.") for room in forbidden)]


@pytest.mark.parametrize("verb", ["train", "sample", "evaluate", "export", "look", "adopt", "worker.__main__"])
def test_help_answers_without_tensorflow(verb):
    statement = f"""
from tinygpt_keras.{verb} import main
try:
    main(["--help"])
except SystemExit as exit:
    assert exit.code == 0
"""
    assert loaded_after(statement) == set()


@pytest.mark.parametrize(
    "line", ["sample --run bad", "evaluate --run bad", "evaluate --run good --with bad", "export --run bad --out new"]
)
def test_a_missing_file_is_told_without_tensorflow(line, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(pretrained_run().path, "good")
    shutil.copytree(pretrained_run().path, "bad", ignore=shutil.ignore_patterns("best.keras"))
    verb, *flags = line.split()
    statement = f"from tinygpt_keras.{verb} import main\nassert main({flags}) == 2"
    assert loaded_after(statement).isdisjoint({"tensorflow", "keras", "jax"})


def test_the_lazy_root_gives_what_it_names():
    import tinygpt_keras

    for name in tinygpt_keras.__all__:
        assert getattr(tinygpt_keras, name).__name__ == name if name != "PRESETS" else tinygpt_keras.PRESETS
    assert tinygpt_keras.__version__[0].isdigit()
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = tinygpt_keras.nothing
