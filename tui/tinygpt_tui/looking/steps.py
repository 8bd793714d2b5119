"""The steps of a run that can be looked at: its checkpoints, its film, and its best weights."""

from tinygpt_keras.runs.checkpoints import complete_checkpoints
from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_keras.runs.film import list_frames

Step = int | None
"""A step; `None` stands for the best weights."""


def list_steps(directory: RunDirectory) -> list[Step]:
    """List the steps that a run has kept, the first one first, and its best weights last."""
    try:
        steps = {int(path.name) for path in complete_checkpoints(directory.checkpoints)} | set(
            list_frames(directory.film)
        )
    except OSError:
        steps = set[int]()
    return [*sorted(steps), None]


def beside(steps: list[Step], step: Step, way: int) -> Step:
    """Return the step before (-1) or after (1) one, or the same at an end.

    Args:
        steps: All steps, as `list_steps` returns them.
        step: The current one, which may be gone.
        way: Where to go.
    """
    if step not in steps:
        earlier = [other for other in steps if other is not None and step is not None and other < step]
        return earlier[-1] if earlier and way < 0 else steps[len(earlier)] if way > 0 else steps[0]
    return steps[min(max(steps.index(step) + way, 0), len(steps) - 1)]


def slider(steps: list[Step], step: Step, columns: int) -> str:
    """Draw a line with a mark at the current step.

    Args:
        steps: All steps.
        step: The current one.
        columns: The length of the line, at least 3.
    """
    number = steps.index(step) if step in steps else len(steps) - 1
    mark = round(number / max(len(steps) - 1, 1) * (columns - 1))
    return "━" * mark + "●" + "─" * (columns - 1 - mark)


def in_words(step: Step, best: int | None = None) -> str:
    """Name a step; of the best weights with the step that they are of, if it is known."""
    if step is None:
        return "best weights" if best is None else f"best weights, of step {best:,}"
    return f"step {step:,}"
