"""One of several processes that train a run together: `train --processes` starts it, and no user does."""

import contextlib
import os
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import Any, NoReturn

from tinygpt_keras import console, train
from tinygpt_keras.config.processes import process_options
from tinygpt_keras.config.run import parse_run_config
from tinygpt_keras.console.loading import load_keras
from tinygpt_keras.distribution.group import Group, Joined
from tinygpt_keras.distribution.joining import LOST, LostError, join, naming_loss
from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_keras.training.signals import StopRequest

LOOK_EVERY_S = 1.0


def main() -> NoReturn:
    """Take part in a run, with the descriptor to report to and the arguments of `train`."""
    met, *given = sys.argv[1:]
    keep_output()
    end_with_launcher()
    status = console.FAILED
    try:
        status = console.run_command(train.make_parser(), lambda flags: take_part(flags, int(met)), given)
    except BaseException:
        traceback.print_exc()
    finally:
        # At a usual end JAX waits for the other processes, which after a failure may be waiting for this one.
        with contextlib.suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status)


def end_with_launcher() -> None:
    """End this process, from a thread, when the one that started it is gone."""
    launcher = os.getppid()

    def watch() -> None:
        while os.getppid() == launcher:
            time.sleep(LOOK_EVERY_S)
        os._exit(LOST)

    threading.Thread(target=watch, daemon=True).start()


def keep_output() -> None:
    """Leave standard output to Python alone: Gloo prints a line to its descriptor whenever devices meet."""
    sys.stdout = os.fdopen(os.dup(1), "w", encoding=sys.stdout.encoding)
    console.drop_output()


def take_part(flags: dict[str, Any], met: int) -> int:
    """Join the others; then train as the first one, or follow it.

    Args:
        flags: Those of `train`.
        met: The descriptor for `join`.

    Returns:
        The exit status; `LOST` where another process is gone.
    """
    options = process_options(flags, os.environ)
    try:
        with naming_loss():
            group = join(options, met)
            return lead(flags, group) if group.index == 0 else follow(group)
    except LostError:
        console.drop_output(2)  # where JAX reports it once more
        return LOST


def lead(flags: dict[str, Any], group: Joined) -> int:
    """Train as the first process; if there is nothing to train, tell the others, which wait for their part."""
    status = console.FAILED
    try:
        status = train.lead(flags, group)
        return status
    finally:
        if not group.has_shared:
            group.share({"ended": status})


def follow(group: Group) -> int:
    """Compute this process's part of a run; all that it needs comes from the first process."""
    with console.quiet_libraries(), naming_loss():
        load_keras()
        told = group.share(None)
        if "ended" in told:
            return told["ended"]
        from tinygpt_keras.distribution.devices import spread
        from tinygpt_keras.text.tokenizer import CharTokenizer
        from tinygpt_keras.training.examples import unpacked
        from tinygpt_keras.training.session import Session

        config = parse_run_config(told["config"], Path("config.json"))
        examples = unpacked(group.share_arrays({}))
        tokenizer = CharTokenizer(told["characters"])
        stop = StopRequest()
        with stop.listening(), spread(config.training.batch_size, group):
            directory = RunDirectory(Path(os.devnull))  # the first process writes the run
            session = Session(config, directory, examples, tokenizer, unseen, stop, told["further"], group)
            reason = session.run()
    return console.INTERRUPTED if reason == "interrupted" else console.DONE


def unseen(event: dict[str, Any]) -> None:
    """Show nothing of an event."""
    del event


if __name__ == "__main__":
    main()
