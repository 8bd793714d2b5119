"""Checks of weights before they are loaded: a stranger's file costs no more than its size, and only holds weights."""

import zipfile
from pathlib import Path
from typing import Any

from tinygpt_keras.config import ModelConfig, RunConfig
from tinygpt_keras.errors import InputError
from tinygpt_keras.runs.checkpoints import STATE_FILE, find_checkpoint
from tinygpt_keras.runs.directory import RunDirectory

MEMBERS = {"metadata.json", "config.json", "model.weights.h5"}  # of a .keras file
OVERHEAD = 2**20  # bytes of a .keras file that are not weights, at most, and of each block


def check_weights(directory: RunDirectory, config: RunConfig, step: int | None) -> None:
    """Refuse weights that could not be those of the model, before it is built: that takes as much memory as it says.

    Args:
        directory: The run.
        config: Its configuration.
        step: Of the checkpoint to open; the best weights when `None`.

    Raises:
        InputError: When the weights are missing or damaged, or too few for the model.
    """
    if step is None:
        check_weights_file(directory.best_file, config.model)
        return
    check_state_file(find_checkpoint(directory, step) / STATE_FILE, config.model)


def check_weights_file(path: Path, model: ModelConfig) -> None:
    """Refuse a `.keras` file that is damaged, or that could do more than hold weights.

    Its configuration is never read, its weights are neither compressed nor linked from elsewhere, and it is no
    larger than the model needs, so that opening a stranger's file costs no more than its size.

    Args:
        path: The file.
        model: The architecture whose weights it should hold.

    Raises:
        InputError: When it is missing or anything else than Keras writes.
    """
    import h5py

    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            size = sum(member.file_size for member in archive.infolist())
            if set(names) != MEMBERS or len(names) != len(MEMBERS) or not is_stored(archive, path):
                raise InputError(damaged(path, "it is not what Keras writes"))
            largest = 4 * model.parameters() + OVERHEAD * (1 + model.num_layers)
            if not 2 * model.parameters() <= size <= largest:  # in float16 at least, in float32 at most
                raise InputError(damaged(path, "its size does not fit config.json"))
            with archive.open("model.weights.h5") as member, h5py.File(member, "r") as weights:
                links: list[tuple[str, Any]] = []
                weights.visititems_links(lambda name, link: links.append((name, link)))
                for name, link in links:
                    check_member(path, weights, name, link)
    except FileNotFoundError:
        raise InputError(f"{path} is missing: the run was stopped before its first evaluation. Resume it.") from None
    except PermissionError:
        raise InputError(f"{path} may not be read. Allow reading it.") from None
    except (zipfile.BadZipFile, OSError, RuntimeError, ValueError, KeyError):
        raise InputError(damaged(path, "it is no whole .keras file")) from None


def check_state_file(path: Path, model: ModelConfig) -> None:
    """Refuse a checkpoint's arrays where unpacking them could cost more than their file's size.

    Args:
        path: Its file.
        model: The architecture whose weights should be in it.

    Raises:
        InputError: When it is missing, damaged, or too small for the model.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            if not is_stored(archive, path):
                raise InputError(damaged(path, "it is not what training writes"))
            if path.stat().st_size < 4 * model.parameters():  # float32 in every precision
                raise InputError(damaged(path, "its size does not fit config.json"))
    except FileNotFoundError:
        raise InputError(f"{path} is gone: training keeps the newest only. Choose another step.") from None
    except PermissionError:
        raise InputError(f"{path} may not be read. Allow reading it.") from None
    except (zipfile.BadZipFile, OSError, ValueError):
        raise InputError(damaged(path, "it is no whole .npz file")) from None


def is_stored(archive: zipfile.ZipFile, path: Path) -> bool:
    """Say whether an archive's members are uncompressed and no larger together than its file."""
    members = archive.infolist()
    stored = all(member.compress_type == zipfile.ZIP_STORED for member in members)
    return stored and sum(member.file_size for member in members) <= path.stat().st_size


def check_member(path: Path, weights: Any, name: str, link: Any) -> None:
    """Refuse an HDF5 member that is compressed, or whose numbers lie elsewhere."""
    import h5py

    item = weights[name] if isinstance(link, h5py.HardLink) else None
    packed = isinstance(item, h5py.Dataset) and (item.chunks or item.compression or item.external or item.is_virtual)
    if item is None or packed:
        raise InputError(damaged(path, "its weights are not stored as Keras stores them"))


def damaged(path: Path, reason: str) -> str:
    """Word the refusal of a weights file."""
    return f"{path} cannot be used: {reason}. Restore it from a copy, or train again."
