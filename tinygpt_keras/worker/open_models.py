"""The models that the worker process keeps open, so that the second text of one starts at once."""

import gc
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tinygpt_keras.models.open import Run, open_run, reload_weights
from tinygpt_keras.runs.directory import RunDirectory

if TYPE_CHECKING:
    from tinygpt_keras.generation import Generator

KEPT = 4  # open models: as many as are compared at a time, and room for a change of mind
Stamp = tuple[int, int, int] | None
Stamps = tuple[Stamp, Stamp]


@dataclass
class OpenModel:
    """A run with what writes its texts."""

    run: Run
    generator: "Generator"
    description: Stamps
    """The stamps of the configuration and the vocabulary that the model was built from."""
    weights: Stamp
    texts: int = 0
    """How many are being written; the weights stay as they are meanwhile."""


class OpenModels:
    """Opens runs, keeps the ones used last, and follows runs that are still in training."""

    def __init__(self) -> None:
        self._models: dict[tuple[str, int | None], OpenModel] = {}  # the one used last comes last

    def get(self, path: str, step: int | None = None) -> OpenModel:
        """Give a run's model with its newest weights.

        Args:
            path: A run directory.
            step: Of a checkpoint, to use its weights instead of the best.

        Returns:
            The model: the same as before, unless the run is another or its weights are while texts are written.

        Raises:
            InputError: When the run cannot be used.
        """
        key = path, step
        model = self._models.pop(key, None)  # a model that cannot be brought up to date is not kept
        directory = RunDirectory(Path(path))
        # Looked at before reading, so that what is replaced meanwhile is read again the next time.
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
        """Let go of models that have not been used for long."""
        if len(self._models) > KEPT:
            del self._models[next(iter(self._models))]
            gc.collect()  # models and their compiled functions refer to each other


def open_model(directory: RunDirectory, step: int | None, description: Stamps, weights: Stamp) -> OpenModel:
    """Open a run and compile what writes its texts."""
    run = open_run(directory, step)
    from tinygpt_keras.generation import Generator

    return OpenModel(run, Generator(run.model, run.tokenizer), description, weights)


def stamp(path: Path) -> Stamp:
    """Tell one version of a file from another; `None` where there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
