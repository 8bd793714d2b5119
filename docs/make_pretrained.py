"""Makes the pretrained model and its card from a run: `python docs/make_pretrained.py RUN`.

Trains nothing itself: give it a finished run on tiny Shakespeare. It takes less than a minute.
"""

import argparse
import shutil
import sys
from pathlib import Path
from typing import Any

from pretrained_card import finished_events, write_card

from tinygpt_keras import atomic, console
from tinygpt_keras.errors import InputError
from tinygpt_keras.evaluate import score_run
from tinygpt_keras.models.open import open_run
from tinygpt_keras.runs.directory import RunDirectory, pretrained_run
from tinygpt_keras.text.corpus import TINY_SHAKESPEARE

COST = 0.0005  # nats per character that rounding may cost


def main() -> int:
    """Replace the pretrained model, and return the exit status."""
    parser = argparse.ArgumentParser(description="Make the pretrained model and its card from a run.")
    parser.add_argument("run", type=Path, help="a finished run's folder")
    return console.run_command(parser, replace, None)


def replace(flags: dict[str, Any]) -> int:
    """Make the pretrained model from the run that the flags name."""
    make(RunDirectory(flags["run"]), pretrained_run())
    return console.DONE


def make(source: RunDirectory, target: RunDirectory) -> None:
    """Round a run's best weights, score them, and write them with their card.

    Args:
        source: A finished run on tiny Shakespeare.
        target: Its folder is replaced as a whole, or left as it is.

    Raises:
        InputError: When the run cannot be used, or rounding costs too much.
    """
    if source.config().corpus.name != TINY_SHAKESPEARE:
        raise InputError(f"{source.path} learned another text. Give a run on tiny Shakespeare.")
    finished_events(source)  # before a minute goes into a run that will not do
    with atomic.whole_folder(target.path) as folder:
        made = RunDirectory(folder)
        shutil.copyfile(source.config_file, made.config_file)
        shutil.copyfile(source.vocab_file, made.vocab_file)
        with console.quiet_libraries():
            save_rounded(source, made.best_file)
        exact, shipped = score_run(source), score_run(made)
        if not shipped.loss - exact.loss < COST:  # nor is it where a weight is too large for float16
            raise InputError(f"rounding takes the loss from {exact.loss:.4f} to {shipped.loss:.4f}. Give another run.")
        size = made.best_file.stat().st_size
        atomic.write_text(folder / "README.md", write_card(source, exact, shipped, size))
    print(f"{target.path}: {size:,} bytes, loss {shipped.loss:.6f}, before rounding {exact.loss:.6f}")


def save_rounded(source: RunDirectory, path: Path) -> None:
    """Write a run's best weights in float16, in a file that Keras opens as a model of float32.

    Args:
        source: The run.
        path: The `.keras` file to make.
    """
    from tinygpt_keras.models.build import build_model

    run = open_run(source)
    rounded = build_model(run.config.model, "float16")
    rounded.set_weights(run.model.get_weights())
    # Its weights are made and stay float16; from here on the policy is only what the file says of itself.
    rounded.dtype_policy = "float32"
    rounded.save(path)


if __name__ == "__main__":
    sys.exit(main())
