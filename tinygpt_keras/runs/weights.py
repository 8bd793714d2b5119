"""Check untrusted weights before loading: a file must hold only weights, and cost no more memory than its size."""

import importlib
from collections import Counter
from pathlib import Path
from typing import Any

from tinygpt_keras import files
from tinygpt_keras.config import ModelConfig, RunConfig
from tinygpt_keras.errors import InputError, reading
from tinygpt_keras.runs.arrays import ArchiveError, check_arrays, open_archive
from tinygpt_keras.runs.checkpoints import STATE_FILE, largest_state, size_of, smallest_state
from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_keras.runs.film import FRAME, find_weights

MEMBERS = {"metadata.json", "config.json", "model.weights.h5"}  # of a .keras file
OVERHEAD = 2**20  # bytes of a .keras file besides the weights, at most; as many again for each block
LINKS = 500  # names in its HDF5 file, at most; as many again for each block, which has about 60
DEEPEST = 32  # levels of nested groups; Keras uses about ten


def check_weights(directory: RunDirectory, config: RunConfig, step: int | None) -> None:
    """Check the weights against `config.json` before the model is built, which allocates its declared size.

    Args:
        directory: The run.
        config: Its configuration.
        step: The step of the checkpoint to open; `None` for the best weights.

    Raises:
        InputError: When the weights are missing, damaged, or of the wrong size for the model.
    """
    if step is None:
        check_weights_file(directory.best_file, config.model)
        return
    source = find_weights(directory, step)
    if source.suffix == FRAME:
        check_frame(source, config.model)
    else:
        check_state_file(source / STATE_FILE, config.model)


def check_weights_file(path: Path, model: ModelConfig) -> None:
    """Refuse a `.keras` file that is damaged or holds more than weights.

    Its configuration is never read. Its weights must lie in the file, uncompressed, and be no larger than the model
    needs, so that opening an untrusted file costs no more memory than its size.

    Args:
        path: The file.
        model: The architecture whose weights it should hold.

    Raises:
        InputError: When it is missing or differs from what Keras writes.
    """
    h5py: Any = importlib.import_module("h5py")  # imports NumPy, and has no types

    missing = f"{path} is missing: the run was stopped before its first evaluation. Resume it."
    largest = 4 * model.parameters() + OVERHEAD * (1 + model.num_layers)
    try:
        with reading(path, missing), open_archive(path, largest) as archive:
            names = archive.namelist()
            size = size_of(archive)
            if set(names) != MEMBERS or len(names) != len(MEMBERS):
                raise InputError(damaged(path, "it is not what Keras writes"))
            if size < 2 * model.parameters():  # float16; float32 is the most
                raise InputError(damaged(path, "its size does not fit config.json"))
            with archive.open("model.weights.h5") as member, h5py.File(member, "r") as weights:
                shapes, in_all = check_groups(path, weights, LINKS * (1 + model.num_layers))
                if in_all > size:
                    raise InputError(damaged(path, "its weights are stored elsewhere"))
                if shapes != model.shapes():  # a deep model takes minutes to build
                    raise InputError(damaged(path, "its weights do not fit config.json"))
    except InputError:
        raise
    except ArchiveError as error:
        raise InputError(damaged(path, str(error))) from None
    except Exception:  # HDF5 raises many types, even a SystemError
        raise InputError(damaged(path, "it is not a complete .keras file")) from None


def check_state_file(path: Path, model: ModelConfig) -> None:
    """Refuse a checkpoint's arrays if unpacking them could cost more memory than the file's size.

    Args:
        path: The `.npz` file.
        model: The architecture whose weights it should hold.

    Raises:
        InputError: When it is missing, damaged, or too small for the model.
    """
    missing = f"{path} is gone: training keeps the newest only. Choose another step."
    try:
        with reading(path, missing), open_archive(path, largest_state(model)) as archive:
            if size_of(archive) < smallest_state(model):
                raise InputError(damaged(path, "its size does not fit config.json"))
            if not model.shapes() <= check_arrays(archive):
                raise InputError(damaged(path, "its weights do not fit config.json"))
    except InputError:
        raise
    except ArchiveError as error:
        raise InputError(damaged(path, str(error))) from None
    except Exception:  # zipfile, zlib and NumPy each raise their own types
        raise InputError(damaged(path, "it is not a complete .npz file that training wrote")) from None


def check_frame(path: Path, model: ModelConfig) -> None:
    """Refuse a file of the film that has another size than the model's float16 weights with a short header.

    Raises:
        InputError: When it is not a regular file of that size.
    """
    files.check_regular(path)
    header = path.lstat().st_size - 2 * model.parameters()
    if not 0 < header <= OVERHEAD * (1 + model.num_layers):
        raise InputError(damaged(path, "its size does not fit config.json"))


def check_groups(path: Path, weights: Any, at_most: int) -> tuple[Counter[tuple[int, ...]], int]:
    """Check that an HDF5 file has only groups and arrays, and not too many.

    Args:
        path: The path for error messages.
        weights: The open file.
        at_most: How many arrays and groups it may have.

    Returns:
        How many arrays have each shape, and their total size in bytes.
    """
    h5py: Any = importlib.import_module("h5py")
    pending, names, size = [(weights, 0)], 0, 0
    shapes: Counter[tuple[int, ...]] = Counter()
    while pending:
        group, depth = pending.pop()
        names += len(group)
        if names > at_most or depth > DEEPEST:
            raise InputError(damaged(path, "it has more parts than its model"))
        for name in group:
            hard = isinstance(group.get(name, getlink=True), h5py.HardLink)
            item: Any = group[name] if hard else None  # other links lead to other files, or nowhere
            if isinstance(item, h5py.Group):
                pending.append((item, depth + 1))
            else:
                size += check_member(path, item)
                shapes[item.shape] += 1
    return shapes, size


def check_member(path: Path, item: Any) -> int:
    """Refuse an HDF5 member that is chunked, compressed, or not stored in the file; return its size in bytes."""
    h5py: Any = importlib.import_module("h5py")
    if (
        not isinstance(item, h5py.Dataset)
        or (item.chunks or item.compression or item.external or item.is_virtual)
        or (item.size and item.id.get_offset() is None)  # never written: HDF5 would fill in values
        or item.dtype.kind != "f"  # variable-length elements could all refer to one gigabyte
        or len(item.attrs)
    ):
        raise InputError(damaged(path, "its weights are not stored as Keras stores them"))
    return item.nbytes


def damaged(path: Path, reason: str) -> str:
    """Return the error message for an unusable weights file."""
    return f"{path} cannot be used: {reason}. Restore it from a copy, or train again."
