"""Safe access to untrusted files: follow no links, never block, and bound the bytes read."""

from tinygpt_keras.files.regular import (
    check_regular,
    is_folder,
    is_mostly_hole,
    is_own,
    is_regular,
    kind_of,
    opener,
    past_hole,
    read_bytes,
    sha256,
    written_end,
)

__all__ = [
    "check_regular",
    "is_folder",
    "is_mostly_hole",
    "is_own",
    "is_regular",
    "kind_of",
    "opener",
    "past_hole",
    "read_bytes",
    "sha256",
    "written_end",
]
