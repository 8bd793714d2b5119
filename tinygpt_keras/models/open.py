"""Opening a run: builds its model from the checked configuration, and loads nothing but weights."""

import contextlib
from collections import Counter
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinygpt_keras.config import RunConfig
from tinygpt_keras.console.loading import load_keras
from tinygpt_keras.errors import InputError
from tinygpt_keras.runs.checkpoints import read_checkpoint
from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_keras.runs.film import FRAME, find_weights
from tinygpt_keras.runs.reading import read_vocabulary
from tinygpt_keras.runs.weights import check_weights, damaged
from tinygpt_keras.text.tokenizer import CharTokenizer


@dataclass(frozen=True)
class Run:
    """A trained model with its configuration and tokenizer."""

    directory: RunDirectory
    config: RunConfig
    tokenizer: CharTokenizer
    model: Any
    step: int | None = None
    """Step of the checkpoint with the weights; `None` for the best weights."""


def open_run(path: str | Path | RunDirectory, step: int | None = None) -> Run:
    """Open a run for sampling, scoring or exporting.

    Args:
        path: A run directory.
        step: Step of the checkpoint, or of the film, to load the weights from; `None` loads the best weights.

    Returns:
        The model with its weights, its tokenizer and its configuration.

    Raises:
        InputError: When a file is missing, corrupt or from a newer version.
    """
    directory = path if isinstance(path, RunDirectory) else RunDirectory(Path(path))
    config = directory.config()
    tokenizer = read_vocabulary(directory, config)
    check_before_loading(directory, config, step)

    load_keras()
    from tinygpt_keras.models.build import build_model

    # Always float32: mixed-precision training keeps float32 weights, and loading converts float16 weights, which the
    # pretrained model has.
    run = Run(directory, config, tokenizer, build_model(config.model), step)
    load_weights(run)
    return run


def reload_weights(run: Run) -> None:
    """Load the weights of an open run again, after training has replaced them.

    Functions that were compiled with its model stay valid.

    Args:
        run: The run; a failure may leave it with a mix of old and new weights.

    Raises:
        InputError: When the weights are missing or corrupt.
    """
    check_before_loading(run.directory, run.config, run.step)
    load_weights(run)


def check_before_loading(directory: RunDirectory, config: RunConfig, step: int | None) -> None:
    """Check the weights before the seconds that TensorFlow takes to load, and the minutes of building a deep model."""
    check_weights(directory, config, step)
    if step is not None and (source := find_weights(directory, step)).suffix == FRAME:
        from tinygpt_keras.models.tensors import read_header

        with damage_named(source):
            if Counter(read_header(source)[0].values()) != config.model.shapes():
                raise InputError("its weights do not fit config.json")


@contextlib.contextmanager
def damage_named(path: Path) -> Generator[None, None, None]:
    """Turn an error of the block into one of an unusable weights file."""
    try:
        yield
    except InputError as error:
        raise InputError(damaged(path, str(error).rstrip("."))) from None


def load_weights(run: Run) -> None:
    """Load a run's weights, already checked, into its model."""
    import numpy as np

    if run.step is not None:
        source = find_weights(run.directory, run.step)
        if source.suffix == FRAME:
            load_frame(run, source)
        else:
            load_checkpoint_weights(run, source, run.step)
    else:
        source = run.directory.best_file
        try:
            run.model.load_weights(source)
        except MemoryError:
            raise
        except Exception as error:
            raise InputError(damaged(source, "its weights do not fit config.json")) from error
    if not all(np.isfinite(variable).all() for variable in run.model.weights):
        raise InputError(damaged(source, "its weights are not all numbers"))


def load_frame(run: Run, path: Path) -> None:
    """Load weights of a run's film into its model."""
    from tinygpt_keras.models.tensors import assign, read_tensors

    with damage_named(path):
        assign(run.model, read_tensors(path))


def load_checkpoint_weights(run: Run, folder: Path, step: int) -> None:
    """Load a checkpoint's weights into a run's model: the averaged ones if it has them, as they were evaluated."""
    arrays = read_checkpoint(folder, run.config.model).arrays
    averaged = run.config.training.ema > 0 and step > 0
    values = [saved_weight(arrays, variable.path, averaged) for variable in run.model.trainable_variables]
    shapes = [value.shape if value is not None else None for value in values]
    if shapes != [tuple(variable.shape) for variable in run.model.trainable_variables]:
        raise InputError(damaged(folder, "its weights do not fit config.json"))
    for variable, value in zip(run.model.trainable_variables, values, strict=True):
        variable.assign(value)


def saved_weight(arrays: dict[str, Any], path: str, averaged: bool) -> Any:
    """Return a weight, or its moving average, from a checkpoint's arrays; `None` if it is missing."""
    # Keras's name for the average of `gpt/head/kernel` is `muon/gpt_head_kernel_average`.
    ending = f"/{path.replace('/', '_')}_average" if averaged else f" {path}"
    return next((array for name, array in arrays.items() if name.endswith(ending)), None)
