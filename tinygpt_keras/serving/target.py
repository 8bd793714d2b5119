"""Where a SavedModel goes."""

import os
from pathlib import Path

from tinygpt_keras.errors import InputError

VERSION_FOLDER = "1"  # TensorFlow Serving expects numbered versions


def check_target(out: Path) -> None:
    """Refuse to write over anything.

    Args:
        out: The folder that will hold the exported model's folder.

    Raises:
        InputError: When it is a file, holds such a folder already, or has a name that TensorFlow cannot write.
    """
    try:
        str(out).encode()
    except UnicodeEncodeError:
        raise InputError(f"{str(out)!a} is not UTF-8. Choose another --out.") from None
    if "[" in str(out):
        raise InputError(f"{out} has a [ in it, and TensorFlow would look for a pattern. Choose another --out.")
    if out.exists() and not out.is_dir():
        raise InputError(f"{out} is a file. Choose another --out.")
    if os.path.lexists(out / VERSION_FOLDER):
        raise InputError(f"{out / VERSION_FOLDER} exists already. Choose another --out, or remove it.")
