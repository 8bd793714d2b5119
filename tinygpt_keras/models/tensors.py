"""Weights in safetensors files, which hold nothing but arrays: no code, and no more than their size."""

import contextlib
import json
from collections.abc import Generator
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
from numpy.typing import NDArray
from safetensors.numpy import save, save_file

from tinygpt_keras import atomic, files
from tinygpt_keras.errors import InputError, reading
from tinygpt_keras.models.foreign import is_mask

FORMAT = "tinygpt-keras"  # in the header of our own files
HEADER_BYTES = 2**24  # a large model has 100,000 to say of its arrays; all of Unicode takes 10 million
DTYPES = {"F16", "F32", "F64"}
PREFIX = "_orig_mod."  # added to every name by torch.compile


@contextlib.contextmanager
def opened(path: Path) -> Generator[Any, None, None]:
    """Open a safetensors file, and turn what is wrong with it into an `InputError`."""
    with reading(path, f"there is no file {path}. Check the path."):
        if path.exists() and not path.is_file():
            raise InputError(f"{path} is not a file. Give a .safetensors file.")
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if length > HEADER_BYTES or files.is_mostly_hole(file):
                raise InputError(f"{path} is not a safetensors file. Write it as the README shows.")
        try:
            with safetensors.safe_open(str(path), framework="np") as file:
                yield file
        except (safetensors.SafetensorError, TypeError, ValueError) as error:
            raise InputError(f"{path} is not a safetensors file: {error}. Write it as the README shows.") from None


def read_header(path: Path) -> tuple[dict[str, tuple[int, ...]], dict[str, str]]:
    """Read what a safetensors file says of its arrays, and none of them.

    Args:
        path: The file.

    Returns:
        Shapes by name, without the prefix that `torch.compile` adds, and the header's texts.

    Raises:
        InputError: When it is missing or no safetensors file, or holds other than floats.
    """
    with opened(path) as file:
        slices = checked_slices(path, file)
        described = file.metadata() or {}
    shapes = {name.removeprefix(PREFIX): tuple(part.get_shape()) for name, part in slices.items()}
    if len(shapes) < len(slices):
        raise InputError(f"{path} has arrays twice, with and without {PREFIX} before the name. Save them once.")
    return shapes, described


def checked_slices(path: Path, file: Any) -> dict[str, Any]:
    """Return what an open file says of each array, by name; refuse weights that are no floats known to NumPy."""
    slices: dict[str, Any] = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118 it is no mapping
    other = sorted({part.get_dtype() for name, part in slices.items() if not is_mask(name)} - DTYPES)
    if other:
        raise InputError(f"{path} has arrays of type {other[0]}. Convert them with tensor.float() before saving.")
    return slices


def read_tensors(path: Path) -> dict[str, NDArray[np.float32]]:
    """Read the arrays of a safetensors file by the names of `read_header`, as float32, without nanoGPT's masks.

    Raises:
        InputError: When it holds other than floats, or a number that is not finite or too large for float32.
    """
    with opened(path) as file, np.errstate(over="ignore"):
        names = [name for name in checked_slices(path, file) if not is_mask(name)]
        arrays = {name.removeprefix(PREFIX): file.get_tensor(name).astype(np.float32) for name in names}
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise InputError(f"{name} in {path} has numbers that are not finite. Train that model again.")
    return arrays


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
    described = {"format": FORMAT, "model": json.dumps(architecture), "characters": json.dumps(characters)}
    with atomic.whole_file(path) as temporary:
        save_file(arrays_of(model), temporary, metadata=described)


def write_frame(path: Path, model: Any) -> None:
    """Write a model's weights alone, in float16, as a safetensors file, which is replaced if it exists.

    Args:
        path: The file.
        model: The built Keras model.
    """
    largest = np.finfo(np.float16).max
    arrays = {name: np.clip(array, -largest, largest).astype(np.float16) for name, array in arrays_of(model).items()}
    atomic.write_bytes(path, save(arrays))  # safetensors has an error of its own for a full disk


def arrays_of(model: Any) -> dict[str, NDArray[np.float32]]:
    """Return a model's weights by their paths in it."""
    return {variable.path.partition("/")[2]: np.ascontiguousarray(variable) for variable in model.weights}


def assign(model: Any, arrays: dict[str, NDArray[np.float32]]) -> None:
    """Copy the arrays of `write_tensors` into a model.

    Raises:
        InputError: When they do not fit it; it then stays unchanged.
    """
    wanted = {variable.path.partition("/")[2]: variable for variable in model.weights}
    shapes = {name: tuple(variable.shape) for name, variable in wanted.items()}
    if shapes != {name: array.shape for name, array in arrays.items()}:
        raise InputError("the arrays do not fit the model. Write the file again.")
    for name, variable in wanted.items():
        variable.assign(arrays[name])
