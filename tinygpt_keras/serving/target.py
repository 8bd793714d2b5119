"""The folder of a SavedModel."""

import os
from pathlib import Path

from tinygpt_keras.config.fields import FieldError

VERSION_FOLDER = "1"  # TensorFlow Serving expects numbered versions


def check_target(out: Path) -> None:
    """Check a folder for a SavedModel, which is never written over anything.

    Args:
        out: The folder that will hold the version folder.

    Raises:
        InputError: When it is a file, has a version folder, or has a name that TensorFlow cannot write.
    """
    where = str(out)
    try:
        where.encode()
    except UnicodeEncodeError:
        raise FieldError(lambda named: f"{where!a} is not UTF-8. Choose another {named('out')}.") from None
    if "[" in where:
        raise FieldError(
            lambda named: f"{where} contains [, which TensorFlow reads as a pattern. Choose another {named('out')}."
        )
    if out.exists() and not out.is_dir():
        raise FieldError(lambda named: f"{where} is a file. Choose another {named('out')}.")
    taken = out / VERSION_FOLDER
    if os.path.lexists(taken):
        raise FieldError(lambda named: f"{taken} exists already. Choose another {named('out')}, or remove it.")
