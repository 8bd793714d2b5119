"""Train a run in a process that is killed again and again: `python -m tests.training.storm RUN KILLS FLAGS...`.

Half of the kills come just before or after a rename, a quarter as a save flushes a file, a quarter at any moment.
"""

import itertools
import json
import os
import random
import signal
import sys
import time
from pathlib import Path

from tinygpt_keras import atomic, train
from tinygpt_keras.console.loading import load_keras
from tinygpt_keras.runs.checkpoints import complete_checkpoints, read_checkpoint
from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_keras.runs.weights import check_weights_file

AIMS = ("any", "rename", "flush", "rename")  # the first waits for events, so that the run is born
MOMENTS = 8  # how many renames, flushes or events to wait for, at most: two or three evaluations


def main(run: Path, kills: int, flags: list[str]) -> None:
    """Kill as often as asked, and check after every kill that the run is whole; then train it to its end."""
    load_keras()  # a child needs not load it again
    chance = random.Random(kills)
    for number in range(kills):
        aim = AIMS[number % len(AIMS)]
        child = os.fork() or dying(aim, chance.randrange(MOMENTS), flags if number == 0 else resumed(run))
        if aim == "any":
            wait_for_lines(run / "events.jsonl", chance.randint(1, MOMENTS))
            time.sleep(chance.random() / 50)
            os.kill(child, signal.SIGKILL)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        assert status == -signal.SIGKILL, f"life {number} ended with {status}"
        check_whole(run)
    os.waitpid(os.fork() or dying("never", 0, resumed(run)), 0)


def resumed(run: Path) -> list[str]:
    return ["--resume", "--run-dir", str(run)]


def dying(aim: str, moment: int, flags: list[str]) -> int:
    """Train in this process until it dies."""
    if aim == "rename":
        before = bool(moment % 2)
        moments = itertools.count()
        for name in ("rename", "replace"):
            setattr(os, name, killing(getattr(os, name), moments, moment, before))
    if aim == "flush":
        atomic.flush_to_disk = killing(atomic.flush_to_disk, itertools.count(), moment, True)
    os._exit(train.main(flags))


def killing(act, moments, moment, before):
    """Return a function that also kills its process, at one of its calls, before or after it has acted."""

    def act_or_die(*arguments, **options):
        dies = next(moments) == moment
        if dies and before:
            os.kill(os.getpid(), signal.SIGKILL)
        result = act(*arguments, **options)
        if dies:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    return act_or_die


def wait_for_lines(events: Path, count: int) -> None:
    """Wait until a history is longer by so many lines."""
    known = events.stat().st_size if events.exists() else 0
    while not events.exists() or events.read_bytes()[known:].count(b"\n") < count:
        time.sleep(0.002)


def check_whole(run: Path) -> None:
    """Check that a kill left a configuration, checkpoints and best weights that can be read, or none yet."""
    config = RunDirectory(run).config()
    for path in complete_checkpoints(run / "checkpoints"):
        read_checkpoint(path, config.model)
    if (run / "best.keras").exists():
        check_weights_file(run / "best.keras", config.model)
    for line in (run / "events.jsonl").read_bytes().splitlines()[:-1]:  # the last may be cut
        json.loads(line)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
