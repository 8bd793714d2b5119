"""The models that the worker looks into: their passes are compiled once, for every step of a run."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from tinygpt_keras.models.open import Run, open_run, reload_weights
from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_keras.worker.open_models import Stamp, Stamps, stamp

if TYPE_CHECKING:
    from tinygpt_keras.inspection.memorised import SortedTexts
    from tinygpt_keras.inspection.passes import Passes
    from tinygpt_keras.inspection.subject import Subject

KEPT = 2  # models: each has its own compiled functions


@dataclass
class Viewer:
    """A model to look into, with the weights of one step."""

    run: Run
    passes: "Passes"
    sorted_texts: "SortedTexts"
    description: Stamps
    """The stamps of the configuration and the vocabulary that the model was built from."""
    weights: Stamp
    """The stamp of the best weights, if they are loaded."""
    last: "tuple[tuple[str, str | None], Subject] | None" = None
    """The text that was looked at last, and what is computed of it."""

    def subject(self, text: str, source: str | None = None) -> "Subject":
        """Return a text as the model reads it; several views on one text share what is computed."""
        from tinygpt_keras.inspection.subject import Subject

        if self.last is None or self.last[0] != (text, source):
            self.last = (text, source), Subject(self.run, text, self.passes, self.sorted_texts, source)
        return self.last[1]


class Viewers:
    """Opens the models to look into, and loads another step's weights into the same model."""

    def __init__(self) -> None:
        self._viewers: dict[str, Viewer] = {}  # by path, in order of last use

    def get(self, path: str, step: int | None = None) -> Viewer:
        """Return a run's model with the weights of a step.

        Args:
            path: A run directory.
            step: The checkpoint, or the step of the film; the best weights when `None`.

        Returns:
            The viewer; it is used until another one is asked for.

        Raises:
            InputError: When the run cannot be used.
        """
        viewer = self._viewers.pop(path, None)  # not kept if reading fails
        directory = RunDirectory(Path(path))
        description = stamp(directory.config_file), stamp(directory.vocab_file)
        weights = stamp(directory.best_file) if step is None else None  # those of a step never change
        if viewer is None or viewer.description != description:
            viewer = open_viewer(directory, step, description, weights)
        elif (viewer.run.step, viewer.weights) != (step, weights):
            viewer.run = replace(viewer.run, step=step)
            reload_weights(viewer.run)
            viewer.weights, viewer.last = weights, None
        self._viewers[path] = viewer
        if len(self._viewers) > KEPT:
            del self._viewers[next(iter(self._viewers))]
        return viewer


def open_viewer(directory: RunDirectory, step: int | None, description: Stamps, weights: Stamp) -> Viewer:
    """Open a run to look into."""
    run = open_run(directory, step)
    from tinygpt_keras.inspection.memorised import SortedTexts
    from tinygpt_keras.inspection.passes import Passes

    return Viewer(run, Passes(run.model, compiled=True), SortedTexts(), description, weights)
