"""Resuming a run: from its newest undamaged checkpoint, with every variable that had a state.

That is the weights, the seed states of dropout and the optimizer's state (`checkpoint.variables`), and the progress
(`runs/progress.py`). The batches need none: they are a function of the seed and the step (`text/pipeline.py`).
What the command `--resume` accepts is in `resume_flags.py`.
"""

import re
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from tinygpt_keras.config import ModelConfig
from tinygpt_keras.errors import InputError
from tinygpt_keras.runs.checkpoints import Checkpoint, list_checkpoints, read_checkpoint
from tinygpt_keras.training.checkpoint import variables

SEED_GENERATOR = re.compile(r"^seed_generator(_\d+)?/")


def newest_undamaged(
    model: keras.Model, folder: Path, architecture: ModelConfig
) -> tuple[Checkpoint | None, list[Path]]:
    """Read the newest checkpoint that is not damaged.

    Args:
        model: The compiled model to restore, which stays unchanged.
        folder: The run's folder of checkpoints.
        architecture: The model's.

    Returns:
        The checkpoint, `None` for a run without any, and the damaged ones that are newer.

    Raises:
        InputError: When every checkpoint is damaged.
    """
    damaged: dict[Path, InputError] = {}
    for path in list_checkpoints(folder):
        try:
            checkpoint = read_checkpoint(path, architecture)
            check(model, checkpoint.arrays)
            return checkpoint, list(damaged)
        except InputError as error:
            damaged[path] = error
    for error in damaged.values():
        raise error
    return None, []


def restore(model: keras.Model, arrays: dict[str, Any]) -> None:
    """Assign a checkpoint's arrays to the variables of a compiled model.

    Args:
        model: The model, compiled as when they were saved. Its learning rate may follow the clock where the saved
            one followed steps, and the reverse.
        arrays: Arrays by name, as `read_checkpoint` returns them.

    Raises:
        InputError: When they belong to another model; this one then stays unchanged.
    """
    check(model, arrays)
    for (_, variable), (_, array) in zip(in_order(variables(model)), in_order(arrays), strict=True):
        variable.assign(array)


def check(model: keras.Model, arrays: dict[str, Any]) -> None:
    """Reject a checkpoint's arrays that belong to another model.

    Raises:
        InputError: When they do.
    """
    wanted, saved = in_order(variables(model)), in_order(arrays)
    alike = [described(path, variable) for path, variable in wanted] == [
        described(path, array) for path, array in saved
    ]
    if not alike or not all(fits(array, variable) for (_, variable), (_, array) in zip(wanted, saved, strict=True)):
        raise InputError("the checkpoint belongs to another model. Restore config.json from a copy.")


def in_order(named: dict[str, Any]) -> list[tuple[str, Any]]:
    """List variables in order, under paths that are the same in every process.

    Keras numbers seed generators across a process, so the number is dropped. The learning rate is left out: it is a
    variable only in runs that follow the clock, and there `ClockSchedule` sets it before every step.
    """
    paths = [(SEED_GENERATOR.sub("", name.partition(" ")[2]), value) for name, value in named.items()]
    return [(path, value) for path, value in paths if path.rpartition("/")[2] != "learning_rate"]


def described(path: str, value: Any) -> tuple[str, tuple[int, ...], str]:
    """Return a variable's or array's path, shape and type; backends count in integers of different sizes."""
    dtype = keras.backend.standardize_dtype(value.dtype)
    return path, tuple(value.shape), "integer" if np.issubdtype(dtype, np.integer) else dtype


def fits(array: NDArray[Any], variable: Any) -> bool:
    """Whether a variable's type holds an array's integers; its floating-point type is the array's already."""
    dtype = keras.backend.standardize_dtype(variable.dtype)
    if not np.issubdtype(dtype, np.integer):
        return True
    bounds = np.iinfo(dtype)
    return bool((array >= bounds.min).all() and (array <= bounds.max).all())
