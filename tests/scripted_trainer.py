"""A trainer that follows a script instead of a text, for whatever starts one: the same files, no TensorFlow.

Run it in place of `python -m tinygpt_keras.train`: `python tests/scripted_trainer.py --run-dir DIR`. It takes that
command's flags, notes them in `.argv`, holds the run's lock, and writes the configuration, the vocabulary and a
history; where the weights would be it leaves an empty file. In the environment, SCRIPTED_PAUSE_S is the time between
two events, SCRIPTED_EVALUATIONS how many evaluations there are (a huge number trains until it is stopped), and
SCRIPTED_FAIL ends it at once with an error.
"""

import dataclasses
import json
import math
import os
import shutil
import signal
import sys
import time
from pathlib import Path
from typing import Any

from tinygpt_keras import atomic, console
from tinygpt_keras.config import DEFAULT_PRESET, CorpusInfo, RunConfig, config_from_flags
from tinygpt_keras.errors import InputError
from tinygpt_keras.runs.directory import RunDirectory, make_run_directory, pretrained_run
from tinygpt_keras.runs.events import EventWriter, read_events
from tinygpt_keras.text.tokenizer import CharTokenizer
from tinygpt_keras.train import make_parser

REPORTS = 3  # train events before an evaluation
CHARACTERS = 1_115_394  # of tiny Shakespeare
RUNGS = {"uniform": 4.1744, "unigram": 3.3473, "bigram": 2.4849, "3-gram": 2.05, "4-gram": 1.7773}
FINAL_LOSS, FIRST_LOSS = 1.5, 4.2


class Script:
    """A run that is being trained.

    Args:
        directory: Its directory.
        config: Its configuration.
    """

    def __init__(self, directory: RunDirectory, config: RunConfig) -> None:
        self.directory = directory
        self.config = config
        self.pause_s = float(os.environ.get("SCRIPTED_PAUSE_S", "0.02"))
        self.evaluations = int(os.environ.get("SCRIPTED_EVALUATIONS", "4"))
        self.every = max(config.training.steps // max(self.evaluations, 1), REPORTS)
        self.stop_asked = False
        self.step = 0
        self.best: float | None = None

    def run(self, resumed: bool) -> str:
        """Train; gives the reason why it ended."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self.ask_to_stop)
        with self.directory.locked():
            if resumed:
                self.take_up()
            else:
                write_files(self.directory, self.config)
            self.writer = EventWriter(self.directory.events_file)
            reason = "finished"
            try:
                self.start(resumed)
                while self.step < self.evaluations * self.every:
                    self.evaluate()
            except KeyboardInterrupt:
                reason = "interrupted"
            self.writer.write("end", self.step, reason=reason, best_val_loss=self.best, wall_s=1.5)
            self.writer.close()
        return reason

    def ask_to_stop(self, *signal_and_frame: Any) -> None:
        """Be asked to stop; the event that is being written is written whole."""
        del signal_and_frame
        self.stop_asked = True

    def take_up(self) -> None:
        """Go on from the last step of the history."""
        for event in read_events(self.directory.events_file):
            self.step = event["step"]
            if event["event"] == "eval" and event["best"]:
                self.best = event["val_loss"]

    def write(self, event: str, **fields: Any) -> None:
        """Write an event, and wait a little."""
        self.writer.write(event, self.step, **fields)
        end = time.monotonic() + self.pause_s
        while not self.stop_asked and (left := end - time.monotonic()) > 0:
            time.sleep(min(left, 0.02))
        if self.stop_asked:
            raise KeyboardInterrupt

    def start(self, resumed: bool) -> None:
        """Say what is trained."""
        self.write(
            "start",
            config=dataclasses.asdict(self.config),
            parameters=self.config.model.parameters(),
            train_characters=int(0.9 * CHARACTERS),
            val_characters=CHARACTERS - int(0.9 * CHARACTERS),
            device="scripted",
            resumed=resumed,
            rungs=RUNGS,
        )

    def evaluate(self) -> None:
        """Do the steps up to an evaluation, and evaluate."""
        begin = self.step
        for report in range(1, REPORTS + 1):
            self.step = begin + self.every * report // REPORTS
            left = self.evaluations * self.every - self.step
            self.write("train", loss=self.loss(), learning_rate=0.01, characters_per_s=12_345, eta_s=0.1 * left)
        loss = self.loss() + 0.05
        best = self.best is None or loss < self.best
        if best:
            self.best = loss
            self.directory.best_file.touch()
        self.write("eval", train_loss=self.loss(), val_loss=loss, best=best)
        self.write("sample", prompt="\n", text=f"ROMEO:\nI stand at step {self.step}.\n", seed=1, temperature=0.8)
        folder = self.directory.checkpoints / str(self.step)
        folder.mkdir(parents=True, exist_ok=True)
        for file in ("state.npz", "metadata.json"):
            (folder / file).touch()
        for old in sorted(self.directory.checkpoints.iterdir(), key=lambda path: int(path.name))[:-2]:
            shutil.rmtree(old)
        self.write("checkpoint", path=f"checkpoints/{self.step}", val_loss=loss)

    def loss(self) -> float:
        """The training loss of the current step, which only falls."""
        return FINAL_LOSS + (FIRST_LOSS - FINAL_LOSS) * math.exp(-4 * self.step / self.config.training.steps)


def write_files(directory: RunDirectory, config: RunConfig) -> None:
    """Write what comes before the history."""
    CharTokenizer.load(pretrained_run().vocab_file).save(directory.vocab_file)
    atomic.write_text(directory.config_file, config.to_json())


def new_config(flags: dict[str, Any]) -> RunConfig:
    """The configuration that flags describe."""
    preset, seed = flags["preset"] or DEFAULT_PRESET, flags["seed"] or RunConfig().seed
    config = config_from_flags(preset, flags, seed, flags["task"])
    corpus = CorpusInfo(flags["data"] or CorpusInfo().name, "0" * 64, CHARACTERS)
    return dataclasses.replace(config, corpus=corpus)


def main() -> int:
    """Follow the script; gives the exit status."""
    if os.environ.get("SCRIPTED_FAIL"):
        return console.complain("something was wrong. Do something.", console.WRONG_INPUT)
    flags = vars(make_parser().parse_known_args()[0])
    preset = flags["preset"] or DEFAULT_PRESET
    directory = RunDirectory(Path(flags["run_dir"]) if flags["run_dir"] else make_run_directory(preset))
    try:
        config = directory.config() if flags["resume"] else new_config(flags)
        directory.path.mkdir(parents=True, exist_ok=True)
        atomic.write_text(directory.path / ".argv", json.dumps(sys.argv[1:]))
        reason = Script(directory, config).run(flags["resume"])
    except InputError as error:
        return console.complain(str(error), console.WRONG_INPUT)
    print(directory.path)
    return console.INTERRUPTED if reason == "interrupted" else console.DONE


if __name__ == "__main__":
    sys.exit(main())
