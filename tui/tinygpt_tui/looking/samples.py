"""What a run wrote and how well it scored, as its history tells."""

from tinygpt_tui.looking.steps import Step
from tinygpt_tui.runs.history import History, Sample


def sample_at(history: History, step: Step) -> Sample | None:
    """Return what the run wrote last up to a step; for the best weights, when they were evaluated."""
    if step is None:
        step = history.best.step if history.best else None
    kept = [sample for sample in history.samples if step is None or sample.step <= step]
    return kept[-1] if kept else None


def sample_in_words(history: History, step: Step) -> str:
    """Say at which step the run wrote what `sample_at` finds."""
    found = sample_at(history, step)
    return f"written at step {found.step:,}" if found else "what it wrote"


def loss_at(history: History, step: Step) -> float | None:
    """Return the validation loss at a step, or the best one; `None` if it was not evaluated there."""
    if step is None:
        return history.best.val_loss if history.best else None
    return next((e.val_loss for e in history.evaluations if e.step == step), None)
