"""The models that the worker keeps open, so that their next text starts at once."""

import gc
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tinygpt_keras.models.open import Run, open_run, reload_weights
from tinygpt_keras.runs.directory import RunDirectory

if TYPE_CHECKING:
    from tinygpt_keras.generation import Generator

KEPT = 4  # open models: two to compare, and two more
Stamp = tuple[int, int, int] | None
Stamps = tuple[Stamp, Stamp]


@dataclass
class OpenModel:
    """A run with its generator."""

    run: Run
    generator: "Generator"
    description: Stamps
    """The stamps of the configuration and the vocabulary that the model was built from."""
    weights: Stamp
    texts: int = 0
    """The number of texts being written; meanwhile the weights stay as they are."""


class OpenModels:
    """Opens runs, keeps the last used ones, and rereads weights that training replaces."""

    def __init__(self) -> None:
        self._models: dict[tuple[str, int | None], OpenModel] = {}  # in order of last use

    def get(self, path: str, step: int | None = None) -> OpenModel:
        """Return a run's model with its newest weights.

        Args:
            path: A run directory.
            step: The checkpoint; the best weights when `None`.

        Returns:
            The open model; a new one if the run was replaced, or its weights while texts are being written.

        Raises:
            InputError: When the run cannot be used.
        """
        key = path, step
        model = self._models.pop(key, None)  # not kept if rereading fails
        directory = RunDirectory(Path(path))
        # Taken before reading, so that a file replaced meanwhile is read again the next time.
        description = stamp(directory.config_file), stamp(directory.vocab_file)
        weights = stamp(directory.best_file) if step is None else None  # checkpoints never change
        if model is not None and (model.description != description or (model.texts and model.weights != weights)):
            model = None
        if model is None:
            model = open_model(directory, step, description, weights)
        elif model.weights != weights:
            reload_weights(model.run)
            model.weights = weights
        self._models[key] = model
        self._drop_oldest()
        return model

    def _drop_oldest(self) -> None:
        """Close the model that was used least recently, if there are too many."""
        if len(self._models) > KEPT:
            del self._models[next(iter(self._models))]
            gc.collect()  # models and their compiled functions refer to each other


def open_model(directory: RunDirectory, step: int | None, description: Stamps, weights: Stamp) -> OpenModel:
    """Open a run and make its generator."""
    run = open_run(directory, step)
    from tinygpt_keras.generation import Generator

    # XLA would write faster than anyone reads, and let them wait for the first word.
    return OpenModel(run, Generator(run.model, run.tokenizer, jit_compile=False), description, weights)


def stamp(path: Path) -> Stamp:
    """Return what changes whenever a file is replaced; `None` without a file."""
    try:
        status = path.stat()
    except (OSError, ValueError):  # a null byte in the path
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
