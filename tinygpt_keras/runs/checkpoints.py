"""Reading checkpoints, folders that training writes atomically."""

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
# errno values that mean a damaged file; EINVAL comes from a seek to an impossible offset.
DAMAGE = None, errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EINVAL


@dataclass(frozen=True)
class Checkpoint:
    """The contents of a checkpoint."""

    arrays: dict[str, Any]
    """The value of every variable, by its name in `training.checkpoint.variables`."""
    progress: Progress
    fingerprint: dict[str, Any]
    """What determines the run's results to the last bit: device, threads, library versions."""


def list_checkpoints(folder: Path) -> list[Path]:
    """Return a run's complete checkpoints, newest first."""
    if not folder.is_dir():
        return []
    found = [path for path in folder.iterdir() if path.name.isdecimal() and path.is_dir()]
    return sorted(found, key=lambda path: int(path.name), reverse=True)


def find_checkpoint(directory: RunDirectory, step: int) -> Path:
    """Return the folder of a step's checkpoint, or raise an `InputError` that lists the steps kept."""
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
        Its contents.

    Raises:
        InputError: When one of its files is missing or damaged.
        OSError: When reading fails for another reason, such as permissions.
    """
    import numpy as np

    try:
        metadata = json.loads((path / METADATA_FILE).read_bytes())
        with (path / STATE_FILE).open("rb") as opened, np.load(opened, allow_pickle=False) as state:
            arrays = {name: state[name] for name in state.files}
        return Checkpoint(arrays, parse_progress(metadata), dict(metadata["fingerprint"]))
    except (MemoryError, InputError):  # no sign of damage
        raise
    except Exception as error:  # zipfile, zlib and NumPy each raise their own
        if isinstance(error, OSError) and error.errno not in DAMAGE:
            raise
        raise InputError(f"the checkpoint {path} is damaged. Remove it; --resume then uses the one before.") from error


def newest_progress(checkpoints: Path) -> Progress | None:
    """Return the progress of the newest readable checkpoint.

    Args:
        checkpoints: A run's folder of checkpoints.

    Returns:
        Its progress; `None` if no checkpoint is readable.

    Raises:
        InputError: When a later version wrote it.
    """
    for path in list_checkpoints(checkpoints):
        try:
            with zipfile.ZipFile(path / STATE_FILE) as arrays:  # checksums only: a resumed run loads them
                if arrays.testzip() is None:
                    return parse_progress(json.loads((path / METADATA_FILE).read_bytes()))
        except (OSError, ValueError, TypeError, KeyError, RecursionError, zipfile.BadZipFile):
            continue
    return None
