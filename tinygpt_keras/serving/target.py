"""Where an export is written: the folder of a SavedModel, or a file."""

import os
from pathlib import Path

from tinygpt_keras.config.fields import FieldError

VERSION_FOLDER = "1"  # TensorFlow Serving expects numbered versions


def target_file(where: str, flag: str = "out", example: str = "model.safetensors") -> Path:
    """Return the path for a file to write, at which nothing may exist.

    Args:
        where: The path.
        flag: The flag that gives it.
        example: A usual name, for an error message.

    Returns:
        The path.

    Raises:
        InputError: When something has that path, or there is no folder for it.
    """
    if not where.strip() or "\0" in where:
        raise FieldError(lambda named: f"{named(flag)} {where!a} names no file. Give it one, such as {example}.")
    out = Path(where)
    if os.path.lexists(out):
        raise FieldError(lambda named: f"{where} exists already. Choose another {named(flag)}, or remove it.")
    if not out.parent.is_dir():
        raise FieldError(lambda named: f"there is no folder {out.parent}. Choose another {named(flag)}.")
    return out


def target_folder(where: str) -> Path:
    """Return the folder for a SavedModel, which is never written over anything.

    Args:
        where: The path of the folder that will hold the version folder.

    Returns:
        That folder, which may not exist yet.

    Raises:
        InputError: When it is a file, has a version folder, or has a name that TensorFlow cannot write.
    """
    if not where.strip():
        raise FieldError(lambda named: f"{named('out')} is empty. Give it a folder.")
    try:
        where.encode()
    except UnicodeEncodeError:
        raise FieldError(lambda named: f"{where!a} is not UTF-8. Choose another {named('out')}.") from None
    if "\0" in where:
        raise FieldError(lambda named: f"{where!a} contains NUL. Choose another {named('out')}.")
    out = Path(where)
    if "[" in where:
        raise FieldError(
            lambda named: f"{where} contains [, which TensorFlow reads as a pattern. Choose another {named('out')}."
        )
    if out.exists() and not out.is_dir():
        raise FieldError(lambda named: f"{where} is a file. Choose another {named('out')}.")
    taken = out / VERSION_FOLDER
    if os.path.lexists(taken):
        raise FieldError(lambda named: f"{taken} exists already. Choose another {named('out')}, or remove it.")
    return out
