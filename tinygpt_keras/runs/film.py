"""A run's film: weights alone, in float16, at about a dozen steps, for looking back."""

from pathlib import Path

from tinygpt_keras import files
from tinygpt_keras.errors import InputError
from tinygpt_keras.runs.checkpoints import MOST, complete_checkpoints, is_step
from tinygpt_keras.runs.directory import RunDirectory

FRAME = ".safetensors"


def frame_file(film: Path, step: int) -> Path:
    """Return the file of a step's weights."""
    return film / f"{step}{FRAME}"


def list_frames(film: Path) -> dict[int, Path]:
    """Return the files of a film by their steps, the first step first; the last `MOST` at most."""
    if not files.is_folder(film):
        return {}
    named = {int(path.stem): path for path in film.iterdir() if path.suffix == FRAME and is_step(path.stem)}
    return {step: named[step] for step in sorted(named)[-MOST:] if files.is_regular(named[step])}


def find_weights(directory: RunDirectory, step: int) -> Path:
    """Return a step's checkpoint, or else its weights in the film.

    Args:
        directory: The run.
        step: The step.

    Returns:
        A checkpoint's folder, or a file of the film.

    Raises:
        InputError: When there is neither.
    """
    kept = list_frames(directory.film)
    kept |= {int(path.name): path for path in complete_checkpoints(directory.checkpoints)}
    if step not in kept:
        steps = ", ".join(map(str, sorted(kept)))
        advice = f"Choose one of {steps}." if steps else "It has none; use its best weights."
        raise InputError(f"{directory.path} has no checkpoint of step {step}. {advice}")
    return kept[step]
