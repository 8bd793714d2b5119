"""User-facing messages for failures that the operating system and TensorFlow report."""

import errno
import os
from pathlib import Path

from tinygpt_keras.errors import TinyGPTError

TOO_LARGE = "there is not enough memory. Use a smaller model, batch or text."
DISK_FULL = "there is no space left on the disk that TensorFlow wrote to. Free some space, and try again."


def advice(error: OSError) -> str:
    """Return what the user can do about an `OSError`."""
    try:
        Path.cwd()
    except OSError:
        return "The current folder is gone. Change to another one with cd, and try again."
    if error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", None), errno.EFBIG):  # Windows has no EDQUOT
        return "Free some space, and try again."
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return "Allow reading and writing there, or give another path."
    if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG, errno.EINVAL):
        return "Give another path."
    return "Try again, or give a path on another disk."


def tensorflow_failure(error: Exception) -> TinyGPTError | None:
    """Translate a TensorFlow error for a full disk or too little memory.

    Args:
        error: Any exception.

    Returns:
        The exception to raise instead; `None` for all other errors.
    """
    names = {kind.__name__ for kind in type(error).__mro__}
    if "OpError" not in names:
        return None
    reason = str(error).lower()
    if os.strerror(errno.ENOSPC).lower() in reason:
        return TinyGPTError(DISK_FULL)
    # The GPU allocator and CUDA libraries also report this as other types of `OpError`.
    if "ResourceExhaustedError" in names or "out of memory" in reason:
        return TinyGPTError(TOO_LARGE)
    return None
