"""Read checkpoints: folders that training writes atomically."""

import contextlib
import errno
import heapq
import zipfile
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from tinygpt_keras import files
from tinygpt_keras.config import ModelConfig
from tinygpt_keras.errors import DamagedError, InputError
from tinygpt_keras.runs.arrays import ArchiveError, check_arrays, open_archive, read_arrays
from tinygpt_keras.runs.progress import Progress, parse_progress

STATE_FILE = "state.npz"  # every variable
METADATA_FILE = "metadata.json"
METADATA_BYTES = 2**20  # a usual file has about 1,000
UNBOUNDED = 2**62
DIGITS = 12  # of a step, at most
MOST = 1000  # checkpoints looked at; training keeps a few
# errno values that mean a damaged file; EINVAL comes from a seek to an impossible offset.
DAMAGE = None, errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EINVAL


@dataclass(frozen=True)
class Checkpoint:
    """The contents of a checkpoint."""

    arrays: dict[str, Any]
    """The value of every variable, by its name in `training.checkpoint.variables`."""
    progress: Progress
    fingerprint: dict[str, Any]
    """Device, threads and library versions, which determine the results to the last bit."""


def list_checkpoints(folder: Path) -> list[Path]:
    """Return a run's checkpoints, newest first, `MOST` at most; a kill or a copy leaves incomplete ones."""
    if not files.is_folder(folder):
        return []
    named = heapq.nlargest(MOST, (path for path in folder.iterdir() if is_step(path.name)), key=lambda p: int(p.name))
    return [path for path in named if files.is_folder(path)]


def is_step(name: str) -> bool:
    """Whether a folder has the name of a checkpoint: a step in decimal digits."""
    return name.isascii() and name.isdecimal() and len(name) <= DIGITS


def complete_checkpoints(folder: Path) -> list[Path]:
    """Return a run's checkpoints that have both files, newest first."""
    names = STATE_FILE, METADATA_FILE
    return [path for path in list_checkpoints(folder) if all(files.is_regular(path / name) for name in names)]


def largest_state(model: ModelConfig | None) -> int:
    """Return the largest size of a checkpoint's arrays in bytes: eight floats per weight, where Adam needs four."""
    return UNBOUNDED if model is None else 8 * 4 * model.parameters() + 2**20 * (1 + model.num_layers)


def smallest_state(model: ModelConfig) -> int:
    """Return how many bytes a checkpoint's arrays have at least: float32 weights, whatever the run's precision."""
    return 4 * model.parameters()


def size_of(archive: zipfile.ZipFile) -> int:
    """Return how many bytes the members of an archive have."""
    return sum(member.file_size for member in archive.infolist())


def read_checkpoint(path: Path, model: ModelConfig | None = None) -> Checkpoint:
    """Read a checkpoint.

    Args:
        path: The checkpoint's folder.
        model: The architecture whose weights it should hold, if that is known.

    Returns:
        Its contents.

    Raises:
        DamagedError: When one of its files is missing or damaged.
        InputError: When one is unsafe to read, or a later version wrote it.
        OSError: When reading fails for another reason, such as permissions.
    """
    with opened(path, model) as (state, progress, fingerprint):
        return Checkpoint(read_arrays(state), progress, fingerprint)


@contextlib.contextmanager
def opened(
    path: Path, model: ModelConfig | None
) -> Generator[tuple[zipfile.ZipFile, Progress, dict[str, Any]], None, None]:
    """Check a checkpoint, and open it for the block to read its arrays.

    Args:
        path: The checkpoint's folder.
        model: The architecture whose weights it should hold, if that is known.

    Yields:
        The archive of arrays, the progress and the fingerprint.

    Raises:
        DamagedError: When a file is missing or damaged, even if only the block notices.
        InputError: When a file is unsafe to read, or a later version wrote it.
        OSError: When reading fails for another reason, such as permissions.
    """
    try:
        # Unlike `json`, msgspec refuses what UTF-8 cannot encode, which no event could quote.
        metadata: Any = msgspec.json.decode(files.read_bytes(path / METADATA_FILE, METADATA_BYTES))
        with open_archive(path / STATE_FILE, largest_state(model)) as state:
            shapes = check_arrays(state)
            progress = parse_progress(metadata)
            if model is not None and not model.shapes() <= shapes:  # the optimizer has more of them
                raise ArchiveError("it is not of its model")
            if is_step(path.name) and progress.step != int(path.name):
                raise ArchiveError("it belongs to another step")
            yield state, progress, msgspec.convert(metadata["fingerprint"], dict[str, Any])
    except (MemoryError, InputError):  # no sign of damage
        raise
    except Exception as error:  # zipfile, zlib and NumPy each raise their own types
        if isinstance(error, OSError) and error.errno not in DAMAGE:
            raise
        raise DamagedError(
            f"the checkpoint {path} is damaged. Remove it; --resume then uses the one before."
        ) from error


def newest_progress(checkpoints: Path, model: ModelConfig | None = None) -> Progress | None:
    """Return the progress of the newest readable checkpoint.

    Args:
        checkpoints: A run's folder of checkpoints.
        model: The architecture whose weights they should hold, if that is known.

    Returns:
        Its progress; `None` if no checkpoint is readable.

    Raises:
        InputError: When a later version wrote it.
    """
    for path in list_checkpoints(checkpoints):
        with contextlib.suppress(DamagedError, OSError), opened(path, model) as (state, progress, _):
            if state.testzip() is None:  # checksums only: a resumed run loads the arrays
                return progress
    return None
