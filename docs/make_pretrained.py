"""Make the pretrained model and its card from a run: `python docs/make_pretrained.py RUN`.

It does not train. Give it a finished run on tiny Shakespeare. It takes less than a minute.
"""

import argparse
import shutil
import sys
from pathlib import Path
from typing import Any

from pretrained_card import finished_events, write_card

from tinygpt_keras import atomic, console
from tinygpt_keras.config.run import TINY_SHAKESPEARE
from tinygpt_keras.errors import InputError
from tinygpt_keras.evaluate import score_run
from tinygpt_keras.models.open import open_run
from tinygpt_keras.runs.directory import RunDirectory, pretrained_run

COST = 0.0005  # the most that rounding may add to the loss, in nats per character


def main() -> int:
    """Replace the pretrained model and return the exit status."""
    parser = argparse.ArgumentParser(description="Make the pretrained model and its card from a run.")
    parser.add_argument("run", type=Path, help="a finished run's folder")
    return console.run_command(parser, replace, None)


def replace(flags: dict[str, Any]) -> int:
    """Make the pretrained model from the run in the flags and return the exit status."""
    make(RunDirectory(flags["run"]), pretrained_run())
    return console.DONE


def make(source: RunDirectory, target: RunDirectory) -> None:
    """Round a run's best weights, score them, and write them with their card.

    Args:
        source: A finished run on tiny Shakespeare.
        target: The run whose folder is replaced as a whole, or not at all.

    Raises:
        InputError: If the run cannot be used, or rounding raises the loss too much.
    """
    if source.config().corpus.name != TINY_SHAKESPEARE:
        raise InputError(f"{source.path} learned another text. Give a run on tiny Shakespeare.")
    finished_events(source)  # fail before spending a minute
    with atomic.whole_folder(target.path) as folder:
        made = RunDirectory(folder)
        shutil.copyfile(source.config_file, made.config_file)
        shutil.copyfile(source.vocab_file, made.vocab_file)
        with console.quiet_libraries():
            save_rounded(source, made.best_file)
        exact, shipped = score_run(source), score_run(made)
        if not shipped.loss - exact.loss < COST:  # also true if a weight overflows float16: the loss is NaN
            raise InputError(f"rounding takes the loss from {exact.loss:.4f} to {shipped.loss:.4f}. Give another run.")
        size = made.best_file.stat().st_size
        atomic.write_text(folder / "README.md", write_card(source, exact, shipped, size))
    print(f"{target.path}: {size:,} bytes, loss {shipped.loss:.6f}, before rounding {exact.loss:.6f}")


def save_rounded(source: RunDirectory, path: Path) -> None:
    """Write a run's best weights in float16, in a file that Keras opens as a float32 model.

    Args:
        source: The run.
        path: The `.keras` file to make.
    """
    from tinygpt_keras.models.build import build_model

    run = open_run(source)
    rounded = build_model(run.config.model, "float16")
    rounded.set_weights(run.model.get_weights())
    # The weights stay float16. From here on the policy only sets the dtype that the file declares.
    rounded.dtype_policy = "float32"
    rounded.save(path)


if __name__ == "__main__":
    sys.exit(main())
