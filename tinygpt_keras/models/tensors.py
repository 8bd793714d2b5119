"""Weights in safetensors files, which hold nothing but arrays: no code, and no more than their size."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
from numpy.typing import NDArray
from safetensors.numpy import save_file

from tinygpt_keras import atomic
from tinygpt_keras.errors import InputError, reading

FORMAT = "tinygpt-keras"  # in the header of our own files
PREFIX = "_orig_mod."  # added to every name by torch.compile


def read_tensors(path: Path) -> tuple[dict[str, NDArray[np.float32]], dict[str, str]]:
    """Read a safetensors file.

    Args:
        path: The file.

    Returns:
        The arrays by name as float32, without the prefix that `torch.compile` adds, and the texts in the header.

    Raises:
        InputError: When it is missing or no safetensors file, or holds other than numbers.
    """
    with reading(path, f"there is no file {path}. Check the path."):
        if path.exists() and not path.is_file():
            raise InputError(f"{path} is not a file. Give a .safetensors file.")
        try:
            with safetensors.safe_open(str(path), framework="np") as file:
                arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 it is no mapping
                described = file.metadata() or {}
        except (safetensors.SafetensorError, TypeError, ValueError) as error:
            raise InputError(
                f"{path} is not a safetensors file of numbers that NumPy knows: {error}. Write it as the README shows."
            ) from None
    return {name.removeprefix(PREFIX): array.astype(np.float32) for name, array in arrays.items()}, described


def write_tensors(path: Path, model: Any, architecture: dict[str, Any], characters: tuple[str, ...]) -> None:
    """Write a model as a safetensors file.

    An array's name is its variable's path in the model, such as `block_0/attention/query/kernel`. The header has the
    architecture under `model`, and the characters in id order under `characters`, both as JSON.

    Args:
        path: The file, which must not exist.
        model: The built Keras model.
        architecture: The fields of its `ModelConfig`.
        characters: The vocabulary.
    """
    arrays = {variable.path.partition("/")[2]: np.ascontiguousarray(variable) for variable in model.weights}
    described = {"format": FORMAT, "model": json.dumps(architecture), "characters": json.dumps(characters)}
    with atomic.whole_file(path) as temporary:
        save_file(arrays, temporary, metadata=described)


def assign(model: Any, arrays: dict[str, NDArray[np.float32]]) -> None:
    """Copy the arrays of `write_tensors` into a model.

    Raises:
        InputError: When they do not fit it; it then stays unchanged.
    """
    wanted = {variable.path.partition("/")[2]: variable for variable in model.weights}
    shapes = {name: tuple(variable.shape) for name, variable in wanted.items()}
    if shapes != {name: array.shape for name, array in arrays.items()}:
        raise InputError("the arrays do not fit the model in the file's header. Export it again.")
    for name, variable in wanted.items():
        variable.assign(arrays[name])
