"""The folders and texts of a folder, found without opening any file."""

import contextlib
import mimetypes
import os
import stat
from pathlib import Path
from typing import NamedTuple

from tinygpt_keras.config.run import TINY_SHAKESPEARE
from tinygpt_keras.text.corpus import STANDARD_INPUT
from tinygpt_tui.training.text_facts import expanded

LISTED = 1_000  # entries of one folder that are shown; more make a terminal slow and are not read by anybody
LOOKED_AT = 100_000  # entries of one folder that are looked at


class Entry(NamedTuple):
    """An entry of a folder."""

    name: str
    is_folder: bool
    size: int = 0
    """Of a file, in bytes."""


class Listing(NamedTuple):
    """The folders and texts in a folder."""

    entries: list[Entry]
    left_out: int = 0
    """How many more there are than are shown."""
    failure: str = ""
    """Why the folder cannot be read."""


def list_texts(folder: Path) -> Listing:
    """List a folder: first its folders, then its texts, each by name.

    Nothing is opened, so that a pipe blocks nobody. Links are followed to see what they lead to, as `train --data`
    follows them; broken and circular ones are left out, and so is what is hidden.

    Args:
        folder: The folder.

    Returns:
        At most `LISTED` entries.
    """
    found: list[Entry] = []
    try:
        with os.scandir(folder) as entries:
            for number, entry in enumerate(entries):
                if number == LOOKED_AT:
                    break
                if (known := look_at(entry)) is not None:
                    found.append(known)
    except (OSError, ValueError) as error:
        return Listing([], failure=getattr(error, "strerror", None) or "not a path")
    found.sort(key=lambda entry: (not entry.is_folder, entry.name.lower(), entry.name))
    return Listing(found[:LISTED], max(len(found) - LISTED, 0))


def look_at(entry: "os.DirEntry[str]") -> Entry | None:
    """Describe a folder or a text; `None` for anything else.

    The form drops spaces at the end of a path, and so would take another file for one whose name ends in them.
    """
    if entry.name.startswith(".") or entry.name != entry.name.rstrip():
        return None
    with contextlib.suppress(OSError):
        if entry.is_dir():
            return Entry(entry.name, is_folder=True)
        if is_text(entry.name) and stat.S_ISREG((status := entry.stat()).st_mode):
            return Entry(entry.name, is_folder=False, size=status.st_size)
    return None


def is_text(name: str) -> bool:
    """Whether a file of this name is probably a text: by its ending, or because it has none."""
    kind, packed = mimetypes.guess_type(f"x{Path(name).suffix}", strict=False)
    return packed is None and ((kind or "").startswith("text/") or not Path(name).suffix)


def first_folder(typed: str) -> Path:
    """Return the folder to list first: that of the typed path, or the working directory.

    Args:
        typed: What stands in the field.
    """
    with contextlib.suppress(OSError, ValueError):
        path = Path(expanded(typed))
        if typed and typed != TINY_SHAKESPEARE:
            return next(folder for folder in (path.absolute(), *path.absolute().parents) if folder.is_dir()).resolve()
    return Path.cwd()


def as_typed(path: Path) -> str:
    """Return a path as one would type it: short below the working directory, and never read as anything else."""
    here = Path.cwd()
    text = str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
    # `train` reads these as a home folder, standard input and the text of the package; the form drops spaces.
    special = text.startswith("~") or text in (STANDARD_INPUT, TINY_SHAKESPEARE) or text != text.lstrip()
    text = f"./{text}" if special else text
    return text if text == text.rstrip() else f"{text}/."  # of a folder; files of such names are not listed
