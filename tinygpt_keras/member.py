"""One of several processes that train a run together: `train --processes` starts it, and no user does."""

import contextlib
import os
import sys
import tempfile
from pathlib import Path
from typing import Any, NoReturn

from tinygpt_keras import console, train
from tinygpt_keras.config.processes import process_options
from tinygpt_keras.config.run import parse_run_config
from tinygpt_keras.console.loading import load_keras
from tinygpt_keras.distribution.group import Group
from tinygpt_keras.distribution.joining import LOST, LostError, join, naming_loss
from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_keras.training.signals import StopRequest


def main() -> NoReturn:
    """Take part in a run, with the descriptor to report to and the arguments of `train`."""
    met, *given = sys.argv[1:]
    keep_output()
    status = console.run_command(train.make_parser(), lambda flags: take_part(flags, int(met)), given)
    # At a usual end JAX waits for the other processes, which after a failure may themselves be waiting for this one.
    with contextlib.suppress(OSError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(status)


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
            return train.lead(flags, group) if group.index == 0 else follow(group)
    except LostError:
        return LOST


def follow(group: Group) -> int:
    """Compute this process's part of a run; all that it needs comes from the first process."""
    with console.quiet_libraries(), tempfile.TemporaryDirectory(prefix="tinygpt-") as scratch:
        load_keras()
        from tinygpt_keras.distribution.devices import spread
        from tinygpt_keras.text.tokenizer import CharTokenizer
        from tinygpt_keras.training.examples import unpacked
        from tinygpt_keras.training.session import Session

        told = group.share(None)
        config = parse_run_config(told["config"], Path("config.json"))
        examples = unpacked(group.share_arrays({}))
        tokenizer = CharTokenizer(told["characters"])
        stop = StopRequest()
        with stop.listening(), spread(config.training.batch_size):
            # A folder that stays empty, as the first process writes the run.
            directory = RunDirectory(Path(scratch))
            session = Session(config, directory, examples, tokenizer, unseen, stop, told["further"], group)
            reason = session.run()
    return console.INTERRUPTED if reason == "interrupted" else console.DONE


def unseen(event: dict[str, Any]) -> None:
    """Show nothing of an event."""
    del event


if __name__ == "__main__":
    main()
