"""Measure how long each view takes in a warm process: the pretrained model (`tiny`) and a text of a whole context."""

import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import command
from marks import line, percentile
from rounds import alternate, median, ratio

from tinygpt_keras.config import SamplingOptions
from tinygpt_keras.inspection.forward import run_with_cache
from tinygpt_keras.inspection.memorised import SortedTexts, searchable
from tinygpt_keras.inspection.neurons import selectivity
from tinygpt_keras.inspection.passes import Passes
from tinygpt_keras.inspection.subject import Subject
from tinygpt_keras.inspection.views import VIEWS, find_surprise, find_walk
from tinygpt_keras.models.open import Run, open_run, reload_weights
from tinygpt_keras.models.tensors import write_frame
from tinygpt_keras.runs.directory import RunDirectory, pretrained_run
from tinygpt_keras.runs.film import frame_file
from tinygpt_keras.text.corpus import read_tiny_shakespeare

VIEW_MARK_S = 0.08
STEP_MARK_S = 0.25
CACHE_MARK = 2.0  # times a plain forward pass
CALLS = 40  # of each view
STEP = 100  # of the frame whose weights are loaded


def seconds(body: Callable[[], Any]) -> float:
    """Return how long a call takes."""
    began = time.perf_counter()
    body()
    return time.perf_counter() - began


def timed(body: Callable[[], Any], count: int = CALLS) -> dict[str, float]:
    """Call a function twice to warm up, then `count` times; return the median and the 95th percentile in seconds."""
    times = [seconds(body) for _ in range(2 + count)][2:]
    return {"median_s": statistics.median(times), "p95_s": percentile(times, 0.95)}


def views(run: Run, text: str) -> dict[str, Callable[[], Any]]:
    """Return a function for each view; those of long texts have what is kept between two calls."""
    passes, sorted_texts = Passes(run.model, compiled=True), SortedTexts()
    found = {
        name: lambda view=view: view(Subject(run, text, passes), SamplingOptions())
        for name, view in VIEWS.items()
        if name not in ("without", "ablation", "memorised")
    }
    found["attention, a head"] = lambda: VIEWS["attention"](
        Subject(run, text, passes).at(part="blocks.2.head.1"), SamplingOptions()
    )
    found["ablation, a part"] = lambda: find_surprise(Subject(run, text, passes).at(without=["blocks.2.head.1"]))
    found["memorised"] = lambda: VIEWS["memorised"](Subject(run, text, passes, sorted_texts), SamplingOptions())
    found["ablation, every part"] = lambda: VIEWS["ablation"](Subject(run, text, passes), SamplingOptions())
    found["the page"] = lambda: find_walk(Subject(run, text, passes))
    return found


def another_step(folder: Path, run: Run) -> Run:
    """Make a run with a film, and open a step of it."""
    shutil.copytree(run.directory.path, folder / "run")
    directory = RunDirectory(folder / "run")
    directory.film.mkdir()
    write_frame(frame_file(directory.film, STEP), run.model)
    return open_run(directory, STEP)


def measure() -> dict[str, Any]:
    """Measure the views, the steps and the cache."""
    run = open_run(pretrained_run())
    corpus = read_tiny_shakespeare()
    text = corpus.text[corpus.train_characters :][: run.config.model.block_size]
    ids = Subject(run, text).reading.inputs[None]
    results: dict[str, Any] = {}
    for name, body in views(run, text).items():
        results[name] = timed(body)
        print(f"{name:20} {line(results[name], VIEW_MARK_S)}", flush=True)
    with tempfile.TemporaryDirectory(prefix="tinygpt-benchmark-") as folder:
        other = another_step(Path(folder), run)
        results["another step"] = timed(lambda: reload_weights(other))
    print(f"{'another step':20} {line(results['another step'], STEP_MARK_S)}")
    sides = {
        "plain": lambda: seconds(lambda: run.model(ids)),
        "cache": lambda: seconds(lambda: run_with_cache(run.model, ids)),
    }
    rounds = alternate(sides, count=CALLS, warm=5)
    results["run_with_cache"] = {"plain_s": median(rounds, "plain"), "times": ratio(rounds, "cache", "plain")}
    print(f"{'run_with_cache':20} {results['run_with_cache']['times']:.2f} times a plain pass, at most {CACHE_MARK}")
    validation = run.tokenizer.encode(corpus.text[corpus.train_characters :][:20_000])
    results["selectivity, once a model"] = seconds(lambda: selectivity(run.model, run.tokenizer, validation))
    results["suffix array, once a text"] = seconds(lambda: searchable(corpus.text[: corpus.train_characters]))
    for name in ("selectivity, once a model", "suffix array, once a text"):
        print(f"{name:26} {results[name]:.1f} s")
    return results


if __name__ == "__main__":
    sys.exit(command.main(__doc__, measure, None))
