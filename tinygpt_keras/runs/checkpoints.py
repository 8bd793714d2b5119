"""Reading checkpoints, folders that training writes atomically."""

import errno
import json
import os
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinygpt_keras import files
from tinygpt_keras.errors import InputError, UnsafeFileError
from tinygpt_keras.runs.arrays import check_arrays, read_arrays
from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_keras.runs.progress import Progress, parse_progress

STATE_FILE = "state.npz"  # every variable
METADATA_FILE = "metadata.json"
METADATA_BYTES = 2**20  # about 1,000 are usual
DIGITS = 12  # of a step, at most
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
    """Return a run's checkpoints, newest first, with those that a kill or a copy has left without a file."""
    if not files.is_folder(folder):
        return []
    found = [path for path in folder.iterdir() if is_step(path.name) and files.is_folder(path)]
    return sorted(found, key=lambda path: int(path.name), reverse=True)


def is_step(name: str) -> bool:
    """Whether a folder's name is a number as training writes one."""
    return name.isascii() and name.isdecimal() and len(name) <= DIGITS


def complete_checkpoints(folder: Path) -> list[Path]:
    """Return the checkpoints of a run that have both their files, newest first."""
    names = STATE_FILE, METADATA_FILE
    return [path for path in list_checkpoints(folder) if all(files.is_regular(path / name) for name in names)]


def find_checkpoint(directory: RunDirectory, step: int) -> Path:
    """Return the folder of a step's checkpoint, or raise an `InputError` that lists the steps kept."""
    kept = complete_checkpoints(directory.checkpoints)
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
    try:
        metadata = read_metadata(path)
        with open(path / STATE_FILE, "rb", opener=files.opener) as state:
            arrays = read_arrays(state)
        return Checkpoint(arrays, parse_progress(metadata), dict(metadata["fingerprint"]))
    except (MemoryError, InputError):  # no sign of damage
        raise
    except Exception as error:  # zipfile, zlib and NumPy each raise their own
        if isinstance(error, OSError) and error.errno not in DAMAGE:
            raise
        raise InputError(f"the checkpoint {path} is damaged. Remove it; --resume then uses the one before.") from error


def read_metadata(path: Path) -> Any:
    """Return what a checkpoint's `metadata.json` holds."""
    return json.loads(files.read_bytes(path / METADATA_FILE, METADATA_BYTES))


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
            with open(path / STATE_FILE, "rb", opener=files.opener) as state, zipfile.ZipFile(state) as arrays:
                check_arrays(arrays, state.seek(0, os.SEEK_END))
                if arrays.testzip() is None:  # checksums only: a resumed run loads them
                    return parse_progress(read_metadata(path))
        except UnsafeFileError:
            continue
        except (MemoryError, InputError):  # no sign of damage
            raise
        except Exception:  # zipfile, zlib and NumPy each raise their own
            continue
    return None
