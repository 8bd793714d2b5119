"""Writing checkpoints from which a run continues bit for bit; `resume` restores them.

Keras's own checkpoints lack the seed state of dropout. They are also overwritten in place, so a kill while saving
destroys the only good one. Here a checkpoint is a folder with every variable that appears only when complete.
"""

import contextlib
import dataclasses
import json
from pathlib import Path
from typing import Any

import keras
import numpy as np

from tinygpt_keras import atomic
from tinygpt_keras.runs.checkpoints import METADATA_FILE, STATE_FILE, list_checkpoints
from tinygpt_keras.runs.progress import Progress


def variables(model: keras.Model) -> dict[str, Any]:
    """Return every variable of a compiled model by name: weights, seed states and optimizer state.

    Args:
        model: A built and compiled model.

    Returns:
        Variables by their number and path, in a fixed order.
    """
    found = [*model.variables, *model.optimizer.variables]
    return {f"{number:04d} {variable.path}": variable for number, variable in enumerate(found)}


def save_checkpoint(
    folder: Path, model: keras.Model, progress: Progress, fingerprint: dict[str, Any], keep: int
) -> Path:
    """Write a checkpoint, verify it by reading it back, and only then remove older ones.

    Args:
        folder: The run's folder of checkpoints.
        model: The compiled model.
        progress: How far the run is.
        fingerprint: What decides the last bits of this run.
        keep: How many to keep; 0 keeps all.

    Returns:
        The checkpoint's folder, named by its step.

    Raises:
        OSError: When it cannot be written or verified; older checkpoints then stay.
    """
    target = folder / str(progress.step)
    values = {name: np.asarray(variable) for name, variable in variables(model).items()}
    described = describe(progress, fingerprint)
    with atomic.whole_folder(target) as temporary:
        with (temporary / STATE_FILE).open("wb") as file:
            np.savez(file, **values)
        (temporary / METADATA_FILE).write_bytes(described)
        if (temporary / METADATA_FILE).read_bytes() != described or not holds(temporary / STATE_FILE, values):
            raise OSError(f"{target} did not read back as it was written")
    if keep:
        for old in list_checkpoints(folder)[keep:]:
            with contextlib.suppress(OSError):  # the new one is safe
                atomic.remove(old)
    return target


def describe(progress: Progress, fingerprint: dict[str, Any]) -> bytes:
    """Return the contents of a checkpoint's metadata file."""
    metadata = {"progress": dataclasses.asdict(progress), "fingerprint": fingerprint}
    return (json.dumps(metadata, indent=2) + "\n").encode()


def save_metadata(path: Path, progress: Progress, fingerprint: dict[str, Any]) -> None:
    """Replace a checkpoint's metadata atomically, without rewriting its arrays."""
    atomic.write_bytes(path / METADATA_FILE, describe(progress, fingerprint))


def holds(file: Path, values: dict[str, Any]) -> bool:
    """Whether a file can be read and holds these arrays; reads one at a time, to not double the memory."""
    try:
        with file.open("rb") as opened, np.load(opened, allow_pickle=False) as written:
            return all(written[name].tobytes() == value.tobytes() for name, value in values.items())
    except MemoryError:
        raise
    except Exception:  # zipfile, zlib and NumPy each raise their own
        return False


def set_aside(path: Path) -> None:
    """Rename a damaged checkpoint, so that `list_checkpoints` no longer returns it."""
    target = path.with_name(f".{path.name}.damaged")
    atomic.remove(target)
    path.rename(target)


def remove_unfinished(folder: Path) -> None:
    """Remove the folders that killed saves left behind, unfinished or half removed."""
    for suffix in (atomic.TEMPORARY_SUFFIX, atomic.REMOVED_SUFFIX):
        for leftover in list(folder.glob(f".*{suffix}")):
            atomic.remove(leftover)
