"""What to say of failures that the system and TensorFlow report in their own ways."""

import errno
import os
from pathlib import Path

from tinygpt_keras.errors import TinyGPTError

TOO_LARGE = "there is not enough memory. Use a smaller model, batch or text."
DISK_FULL = "there is no space left where TensorFlow wrote. Free some, and try again."


def advice(error: OSError) -> str:
    """Say what to do about what the system refuses."""
    try:
        Path.cwd()
    except OSError:
        return "The current folder is gone. Change to another one with cd, and try again."
    if error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", None), errno.EFBIG):  # Windows has no quota's number
        return "Free some space, and try again."
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return "Allow reading and writing there, or give another path."
    if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG, errno.EINVAL):
        return "Give another path."
    return "Try again, or give a path on another disk."


def tensorflow_failure(error: Exception) -> TinyGPTError | None:
    """Word a failure that TensorFlow reports in its own way: a full disk, or too little memory.

    Args:
        error: Any exception.

    Returns:
        What to raise instead; `None` for anything else.
    """
    names = {kind.__name__ for kind in type(error).__mro__}
    if "OpError" not in names:
        return None
    reason = str(error).lower()
    if os.strerror(errno.ENOSPC).lower() in reason:
        return TinyGPTError(DISK_FULL)
    # A GPU's allocator and its libraries do not always say it by the exception's type.
    if "ResourceExhaustedError" in names or "out of memory" in reason:
        return TinyGPTError(TOO_LARGE)
    return None
