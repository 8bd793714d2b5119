"""Programs that load a SavedModel as TensorFlow Serving does write what Python writes."""

import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from tests.docs.serving import ROOT
from tests.tui.programs import program
from tinygpt_keras.config import ModelConfig, SamplingOptions
from tinygpt_keras.generation import Generator
from tinygpt_keras.models.build import build_model
from tinygpt_keras.models.open import open_run
from tinygpt_keras.runs.directory import pretrained_run
from tinygpt_keras.serving.export import export_model
from tinygpt_keras.text.tokenizer import CharTokenizer

pytestmark = pytest.mark.slow

BIGRAM = ModelConfig(architecture="bigram", vocab_size=29)
PROMPTS = ["romeo, ", "", "é日", "abc" * 10]
OPTIONS = SamplingOptions(max_new=40, temperature=0.8, top_k=20, top_p=0.95, seed=7)


@pytest.fixture(scope="module", params=["bigram", pytest.param("pretrained", marks=pytest.mark.serving)])
def served(request, tmp_path_factory):
    """An exported model, and what Python writes with it."""
    if request.param == "bigram":
        model, tokenizer = build_model(BIGRAM), CharTokenizer.from_text("\n, abcdefghijklmnopqrstuvwxyz")
    else:
        run = open_run(pretrained_run())
        model, tokenizer = run.model, run.tokenizer
    generator = Generator(model, tokenizer)
    texts = [tokenizer.plain(prompt)[0] + generator.generate([prompt], OPTIONS)[0] for prompt in PROMPTS]
    return export_model(model, tokenizer, tmp_path_factory.mktemp("exported") / "model"), texts


@pytest.fixture(scope="module")
def loaded(served):
    return tf.saved_model.load(str(served[0])).signatures["generate"]


def test_saved_model_cli_writes_what_python_writes(served, tmp_path):
    folder, texts = served
    knobs = {
        name: [getattr(OPTIONS, name)] * len(PROMPTS) for name in ("max_new", "temperature", "top_k", "top_p", "seed")
    }
    given = ";".join(f"{name}={values!r}" for name, values in {"prompt": PROMPTS, **knobs}.items())
    command = [sys.executable, "-m", "tensorflow.python.tools.saved_model_cli", "run", "--dir", str(folder)]
    flags = ["--tag_set", "serve", "--signature_def", "generate", "--input_exprs", given, "--outdir", str(tmp_path)]
    subprocess.run([*command, *flags], cwd=tmp_path, capture_output=True, check=True)
    written = np.load(tmp_path / "text.npy", allow_pickle=True)
    assert [text.decode() for text in written] == texts


@pytest.mark.skipif(sys.platform != "linux", reason="the libraries' names are Linux's")
def test_a_c_program_writes_what_python_writes(served, tmp_path):
    folder, texts = served
    spec = find_spec("tensorflow")
    assert spec is not None
    assert spec.origin is not None
    tensorflow = Path(spec.origin).parent
    source, binary = ROOT / "docs/serving/tinygpt.c", tmp_path / "tinygpt"
    linker = ["-fuse-ld=gold"] if shutil.which("ld.gold") else []  # in a fifth of the time
    build = [program("gcc"), "-std=c11", "-Wall", "-Wextra", "-Werror", *linker, str(source), "-o", str(binary)]
    libraries = [f"-L{tensorflow}", "-l:libtensorflow_cc.so.2", "-l:libtensorflow_framework.so.2"]
    subprocess.run([*build, f"-I{tensorflow / 'include'}", *libraries, f"-Wl,-rpath,{tensorflow}"], check=True)
    knobs = [OPTIONS.max_new, OPTIONS.temperature, OPTIONS.top_k, OPTIONS.top_p, OPTIONS.seed]
    for first, last in [(0, 1), (0, len(PROMPTS))]:
        ran = subprocess.run(
            [binary, folder, *map(str, knobs), *PROMPTS[first:last]], env={}, capture_output=True, check=True
        )
        assert ran.stdout.decode() == "".join(text + "\n" for text in texts[first:last])
    needs = subprocess.run(["ldd", binary], capture_output=True, text=True, check=True).stdout
    assert "libtensorflow_cc" in needs
    assert "libpython" not in needs
    ran = subprocess.run([binary, tmp_path, *map(str, knobs), "a"], capture_output=True, text=True)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert "error: Could not find SavedModel" in ran.stderr


@pytest.mark.parametrize("rows", [(1, 2), (2, 1), (3, 2), (0, 1), (1, 0)])
@pytest.mark.parametrize("other", ["max_new", "temperature", "seed"])
def test_inputs_of_different_lengths_are_refused(loaded, rows, other):
    given = {"prompt": ["a"] * rows[0]}
    for name in ("max_new", "temperature", "top_k", "top_p", "seed"):
        given[name] = [getattr(OPTIONS, name)] * rows[name == other]
    specs = loaded.structured_input_signature[1]
    with pytest.raises(tf.errors.InvalidArgumentError, match="different numbers of rows"):
        loaded(**{name: tf.constant(values, specs[name].dtype) for name, values in given.items()})
