"""Reading checkpoints, which training makes: folders that are there whole or not at all."""

import errno
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinygpt_keras.errors import InputError
from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_keras.runs.progress import Progress, parse_progress

STATE_FILE = "state.npz"  # every variable
METADATA_FILE = "metadata.json"
# By which the system says that a file is not what it was; the last where it names a place that no file has.
DAMAGE = None, errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EINVAL


@dataclass(frozen=True)
class Checkpoint:
    """What a checkpoint holds."""

    arrays: dict[str, Any]
    """The value of every variable, by the names of `variables`."""
    progress: Progress
    fingerprint: dict[str, Any]
    """What decided the last bits of the run that saved it."""


def list_checkpoints(folder: Path) -> list[Path]:
    """List the whole checkpoints of a run, newest first."""
    if not folder.is_dir():
        return []
    found = [path for path in folder.iterdir() if path.name.isdecimal() and path.is_dir()]
    return sorted(found, key=lambda path: int(path.name), reverse=True)


def find_checkpoint(directory: RunDirectory, step: int) -> Path:
    """Give the folder of a step's checkpoint, or say which there are."""
    kept = list_checkpoints(directory.checkpoints)
    folder = next((path for path in kept if int(path.name) == step), None)
    if folder is None:
        steps = ", ".join(path.name for path in reversed(kept))
        advice = f"Choose one of {steps}." if steps else "It has none; use its best weights."
        raise InputError(f"{directory.path} has no checkpoint of step {step}. {advice}")
    return folder


def read_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint.

    Args:
        path: The checkpoint's folder.

    Returns:
        What it holds.

    Raises:
        InputError: When a file of it is missing or damaged.
        OSError: When the system does not let it be read.
    """
    import numpy as np

    try:
        metadata = json.loads((path / METADATA_FILE).read_bytes())
        with (path / STATE_FILE).open("rb") as opened, np.load(opened, allow_pickle=False) as state:
            arrays = {name: state[name] for name in state.files}
        return Checkpoint(arrays, parse_progress(metadata), dict(metadata["fingerprint"]))
    except (MemoryError, InputError):  # says nothing of the files
        raise
    except Exception as error:  # zipfile, zlib and NumPy each have their own
        if isinstance(error, OSError) and error.errno not in DAMAGE:
            raise
        raise InputError(f"the checkpoint {path} is damaged. Remove it; --resume then uses the one before.") from error


def newest_progress(checkpoints: Path) -> Progress | None:
    """Read how far the newest checkpoint is; one that cannot be read is passed over.

    Args:
        checkpoints: A run's folder of checkpoints.

    Returns:
        Its progress; `None` without a checkpoint that can be read.

    Raises:
        InputError: When a later version wrote it.
    """
    for path in list_checkpoints(checkpoints):
        try:
            with zipfile.ZipFile(path / STATE_FILE) as arrays:  # which only the training that goes on reads
                if arrays.testzip() is None:
                    return parse_progress(json.loads((path / METADATA_FILE).read_bytes()))
        except (OSError, ValueError, TypeError, KeyError, RecursionError, zipfile.BadZipFile):
            continue
    return None
