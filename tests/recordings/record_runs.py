"""Record small runs, as today's version writes it: `python -m tests.recordings.record_runs`.

Later versions must open, score, sample and resume these runs for ever (tests/test_earlier_runs.py). Record a new
folder when the format of a run changes, and keep the folders of earlier formats as they are.
"""

import contextlib
import dataclasses
import json
import shutil
import subprocess
import sys
from pathlib import Path

from tinygpt_keras import train
from tinygpt_keras.config import ModelConfig, TrainingConfig
from tinygpt_keras.config.run import FORMAT
from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_keras.runs.events import read_events
from tinygpt_keras.text.made_pairs import task_text

FOLDER = Path(__file__).with_name(f"format-{FORMAT}")
SMALL = "--embed-dim 8 --num-heads 2 --num-layers 1 --block-size 16 --batch-size 4 --sample-length 40"
SHORT = "--steps 12 --eval-every 4 --keep-checkpoints 1 --jit-compile off"
OWN_TEXT = "--data recorded.txt"
STOPPED_AT = 4  # the step of the checkpoint after which a run is stopped
# Earlier formats hold a run of every preset of their time, and all that a checkpoint could hold then. A later format
# needs what is new in it.
RUNS = {
    "tiny": f"--preset tiny {SMALL} {SHORT}",  # on tiny Shakespeare itself
    "post": f"{SMALL} {SHORT} {OWN_TEXT} --norm-position post --positions sinusoidal --scaled-embedding --tied-head"
    " --schedule inverse_sqrt --warmup-steps 3 --label-smoothing 0.1",
    "replies": f"--preset paper {SMALL} {SHORT} --data recorded.tsv",
}


def record(name: str, resumed: bool) -> None:
    """Train one of the runs until it is stopped, or resume it to its end."""
    from tinygpt_keras.text.tokenizer import CharTokenizer
    from tinygpt_keras.training.examples import examples_of
    from tinygpt_keras.training.session import Session
    from tinygpt_keras.training.signals import StopRequest

    words = ["--resume"] if resumed else RUNS[name].split()
    flags = vars(train.make_parser().parse_args([*words, "--run-dir", name]))
    if resumed:
        directory = train.find_resumed(flags)
        config = directory.config()
        corpus = train.take_up(directory, config)
    else:
        directory, config, corpus = train.set_up(flags)
        train.write(directory, config, corpus)
    stop = StopRequest()

    def watch(event: dict[str, object]) -> None:
        stop.received = not resumed and event["event"] == "checkpoint" and event["step"] == STOPPED_AT

    examples = examples_of(train.encoded(directory, config, corpus))
    Session(config, directory, examples, CharTokenizer.load(directory.vocab_file), watch, stop).run()


def last(directory: RunDirectory, event: str) -> dict[str, object]:
    """Return the last event of a kind."""
    return [found for found in read_events(directory.events_file) if found["event"] == event][-1]


def main() -> None:
    """Record all runs, each trained in a process of its own, and what resuming them comes to."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    text = Path(__file__).parents[2] / "tinygpt_keras" / "embedded" / "tiny_shakespeare.txt"
    ends: dict[str, dict[str, object]] = {}
    with contextlib.chdir(FOLDER):
        Path("recorded.txt").write_bytes(text.read_bytes()[:2000])
        Path("recorded.tsv").write_text("".join(task_text("sort").splitlines(keepends=True)[:60]), "utf-8")
        for name in RUNS:
            subprocess.run([sys.executable, __file__, name], check=True)
            shutil.copytree(name, f"{name}-resumed")
            subprocess.run([sys.executable, __file__, f"{name}-resumed"], check=True)
            ended = RunDirectory(Path(f"{name}-resumed"))
            ends[name] = {"reason": last(ended, "end")["reason"], "step": last(ended, "end")["step"]}
            ends[name]["val_loss"] = last(ended, "eval")["val_loss"]
            shutil.rmtree(ended.path)
        Path("recorded.txt").unlink()
        Path("recorded.tsv").unlink()
        missing = {"model": ModelConfig.from_json({}), "training": TrainingConfig.from_json({})}
        written = {name: dataclasses.asdict(config) for name, config in missing.items()}
        Path("missing.json").write_text(json.dumps(written, indent=2) + "\n", "utf-8")
        Path("ends.json").write_text(json.dumps(ends, indent=2) + "\n", "utf-8")
        for path in Path().rglob(".*"):
            path.unlink()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        record(sys.argv[1], resumed=sys.argv[1].endswith("-resumed"))
    else:
        main()
