"""Selectivity, kept between two looks at the same model: it takes seconds to measure, and a moment to read."""

import contextlib
import hashlib
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs
from numpy.typing import NDArray

from tinygpt_keras import atomic
from tinygpt_keras.inspection.concepts import CONCEPTS
from tinygpt_keras.runs.arrays import ArchiveError, check_arrays, open_archive, read_arrays

Areas = dict[str, NDArray[np.float64]]
MOST = 50  # models remembered; each takes 100 kB
OVERHEAD = 2**10  # bytes of an array in the file besides its numbers, at most


def cache_folder() -> Path:
    """Return the folder of this program in the user's cache, which may not exist."""
    return Path(platformdirs.user_cache_dir("tinygpt-keras", appauthor=False)) / "selectivity"


def kept(model: Any, text: str, measure: Callable[[], Areas], folder: Path | None = None) -> Areas:
    """Return a model's selectivity on a text: the one that was kept, or else measured now and kept.

    Args:
        model: The built model.
        text: The text on which it is measured.
        measure: Measures it.
        folder: Where it is kept; in the user's cache by default. Nothing is lost where that cannot be written.

    Returns:
        The areas of `neurons.selectivity`.
    """
    folder = folder or cache_folder()
    file = folder / f"{fingerprint(model, text)}.npz"
    # NumPy and zipfile raise many types for a damaged file, which is then measured anew.
    with contextlib.suppress(Exception):
        return read_areas(file, (model.config.num_layers, model.config.hidden_dim))
    areas = measure()
    if not areas:  # no concept stands in the text, which is found out at once
        return areas
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        with atomic.whole_file(file) as temporary:
            np.savez(temporary, **areas)
        for old in sorted(folder.glob("*.npz"), key=lambda path: path.stat().st_mtime)[:-MOST]:
            old.unlink()
    return areas


def read_areas(file: Path, shape: tuple[int, int]) -> Areas:
    """Read a model's selectivity from a file, which any program of the user may have changed.

    Args:
        file: The file.
        shape: How many blocks the model has, and hidden units in each.

    Raises:
        Exception: When it is not what `kept` writes.
    """
    with open_archive(file, len(CONCEPTS) * (8 * math.prod(shape) + OVERHEAD)) as archive:
        check_arrays(archive)
        areas = read_arrays(archive)
    whole = areas and areas.keys() <= CONCEPTS.keys()
    if not whole or not all(area.shape == shape and ((area >= 0) & (area <= 1)).all() for area in areas.values()):
        raise ArchiveError("it is no model's selectivity")
    return {name: areas[name].astype(np.float64) for name in CONCEPTS if name in areas}


def fingerprint(model: Any, text: str) -> str:
    """Return a name for the weights of a model, a text, and what is measured."""
    found = hashlib.sha256(repr((model.get_config(), CONCEPTS, text)).encode("utf-8", "surrogatepass"))
    for variable in model.weights:
        found.update(np.ascontiguousarray(variable).tobytes())
    return found.hexdigest()
