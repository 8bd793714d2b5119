"""Renaming and deleting runs, only inside the folder of all runs."""

import os
from pathlib import Path

from tinygpt_keras import atomic
from tinygpt_keras.errors import InputError
from tinygpt_keras.runs.directory import RunDirectory, check_run_name


def rename_run(runs_dir: Path, directory: RunDirectory, name: str) -> RunDirectory:
    """Rename a run.

    Args:
        runs_dir: The folder of all runs.
        directory: The run.
        name: Its new name.

    Returns:
        The run under its new name.

    Raises:
        InputError: When the name is invalid or taken, or the run is training or outside the folder.
    """
    check_may_change(runs_dir, directory)
    target = free_place(runs_dir, name)
    directory.path.rename(target)
    return RunDirectory(target)


def free_place(runs_dir: Path, name: str) -> Path:
    """Return the path for a new run.

    Args:
        runs_dir: The folder of all runs.
        name: The run's name.

    Returns:
        Its path, at which nothing exists yet.

    Raises:
        InputError: When the name is invalid or taken.
    """
    path = runs_dir / name
    if path.name != name:
        raise InputError(f"{name!r} is not a valid run name. Give a plain one, such as tiny-2.")
    check_run_name(path)
    if os.path.lexists(path):
        raise InputError(f"there is a run {name} already. Choose another name.")
    return path


def delete_run(runs_dir: Path, directory: RunDirectory) -> None:
    """Delete a run and everything in it.

    Args:
        runs_dir: The folder of all runs.
        directory: The run.

    Raises:
        InputError: When the run is training or outside the folder.
    """
    check_may_change(runs_dir, directory)
    for left in runs_dir.glob(f".*{atomic.REMOVED_SUFFIX}"):  # by a kill
        atomic.remove(left)
    atomic.remove(directory.path, whole=True)


def check_may_change(runs_dir: Path, directory: RunDirectory) -> None:
    """Raise an `InputError` unless `directory` is a run in this folder that nobody trains."""
    path = directory.path
    if path.is_symlink() or path.resolve().parent != runs_dir.resolve():
        raise InputError(f"{path} does not lie in {runs_dir}. Change it with other tools.")
    if not directory.config_file.is_file():
        raise InputError(f"{path} is no longer a run. Nothing was changed.")
    if directory.trainer() is not None:
        raise InputError(f"{path.name} is training. Stop it first.")
