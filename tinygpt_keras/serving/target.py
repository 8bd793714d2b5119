"""The folder of a SavedModel."""

import os
from pathlib import Path

from tinygpt_keras.config.fields import FieldError

VERSION_FOLDER = "1"  # TensorFlow Serving expects numbered versions


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
