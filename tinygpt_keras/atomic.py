"""Atomic writes: a file or folder appears complete or not at all, even if the writer is killed."""

import contextlib
import errno
import os
import shutil
from collections.abc import Generator, Iterable
from pathlib import Path

TEMPORARY_SUFFIX = ".partial"
REMOVED_SUFFIX = ".removed"
# errno values for folders that cannot be flushed: Windows opens none, and some file systems flush only files.
NOT_FOLDERS = (errno.EACCES, errno.EBADF, errno.EINVAL, errno.ENOTSUP)


@contextlib.contextmanager
def whole_file(target: Path) -> Generator[Path, None, None]:
    """Yield a path to write to, which replaces the target when the block ends without an error.

    Args:
        target: The file to create or replace.

    Yields:
        A path beside it with the same suffix, since libraries choose a format by the suffix.
    """
    temporary = target.with_name(f".{target.stem}{TEMPORARY_SUFFIX}{target.suffix}")
    remove(temporary)  # left by a kill, or a link, which would be written through
    try:
        with naming(target):
            yield temporary
        flush_to_disk(temporary)
        temporary.replace(target)
        flush_to_disk(target.parent)
    finally:
        temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def whole_folder(target: Path) -> Generator[Path, None, None]:
    """Yield a folder to fill, which is renamed to the target when the block ends without an error.

    Args:
        target: The folder to create; an existing one, such as a damaged one, is replaced.

    Yields:
        An empty folder beside it.
    """
    temporary = target.with_name(f".{target.name}{TEMPORARY_SUFFIX}")
    remove(temporary)
    temporary.mkdir(parents=True)
    try:
        with naming(target):
            yield temporary
        for path in [*temporary.rglob("*"), temporary]:
            flush_to_disk(path)
        remove(target)
        temporary.rename(target)
        flush_to_disk(target.parent)
    finally:
        remove(temporary)


@contextlib.contextmanager
def naming(target: Path) -> Generator[None, None, None]:
    """Name the target in an `OSError` of the block that names no file, as a full disk raises it."""
    try:
        yield
    except OSError as error:
        if error.errno is not None and error.filename is None:
            error.filename = str(target)
        raise


def remove(path: Path, whole: bool = False) -> None:
    """Remove a file, a link or a whole folder, and nothing that a link points to.

    A folder is first renamed, so that a kill leaves none half removed under its name.

    Args:
        path: What to remove; it may be missing.
        whole: Whether to raise an `OSError` where a part of a folder cannot be removed.
    """
    if path.is_symlink() or not path.is_dir():
        path.unlink(missing_ok=True)
        return
    if not path.name.endswith(REMOVED_SUFFIX):
        doomed = path.with_name(f".{path.name.lstrip('.')}{REMOVED_SUFFIX}")
        remove(doomed)
        path = path.rename(doomed)
    shutil.rmtree(path, ignore_errors=not whole)


def write_text(target: Path, text: str) -> None:
    """Write a UTF-8 file atomically, with its line ends unchanged."""
    write_bytes(target, text.encode("utf-8"))


def write_bytes(target: Path, content: bytes | bytearray) -> None:
    """Write a file atomically."""
    write_parts(target, [content])


def write_parts(target: Path, parts: Iterable[bytes | bytearray]) -> None:
    """Write a file atomically, a part at a time."""
    with whole_file(target) as temporary, temporary.open("xb") as file:
        file.writelines(parts)


def flush_to_disk(path: Path) -> None:
    """Wait until a file, or a folder's list of entries, is on disk, where the system supports that."""
    folder = path.is_dir()
    try:
        descriptor = os.open(path, os.O_RDONLY if folder else os.O_RDWR)  # Windows flushes only writable files
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        if not folder or error.errno not in NOT_FOLDERS:
            raise
