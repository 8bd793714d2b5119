"""What `--resume` accepts and says; `resume.py` restores the state."""

import contextlib
import dataclasses
import shlex
import shutil
import sys
from pathlib import Path

from tinygpt_keras.config import RunConfig, TrainingConfig
from tinygpt_keras.config.flags import check_one_limit
from tinygpt_keras.errors import InputError
from tinygpt_keras.runs.checkpoints import list_checkpoints
from tinygpt_keras.runs.directory import PRETRAINED, RunDirectory, run_at
from tinygpt_keras.runs.progress import Progress


def check_resumable(training: TrainingConfig) -> None:
    """Reject a run that this version cannot train as it began.

    Raises:
        InputError: When an earlier version averaged its weights.
    """
    if training.ema > 0:
        raise InputError(
            "this run averages its weights (ema), which training no longer does. Start a new run; sample, evaluate, "
            "export and the chat still open this one."
        )


def check_origin(directory: RunDirectory, origin: str, named: str | None) -> None:
    """Follow the path of a run's origin only where the user names it: somebody else may have written `config.json`.

    Args:
        directory: A run.
        origin: The run whose weights it still has to take; an empty string if there is none.
        named: The run that the user names.

    Raises:
        InputError: When they are not the same.
    """
    path = "" if origin == PRETRAINED else origin
    if named is None and path:
        raise InputError(
            f"{directory.path} has no checkpoint yet: it begins with the weights of {path}. If you trust that run, "
            "add --from with its path."
        )
    if named is not None and not (origin and is_origin(origin, named)):
        raise not_resumed("--from")


def is_origin(origin: str, named: str) -> bool:
    """Whether the user names the run that the configuration does, by whatever path."""
    return named == origin or run_at(named).path.resolve() == Path(origin).resolve()


def not_resumed(flag: str) -> InputError:
    """Return the error for a flag that a resumed run does not take."""
    return InputError(
        "--resume continues with the run's own configuration, but for --steps and --minutes. "
        f"Drop {flag}, or start a new run."
    )


def trained_further(config: RunConfig, progress: Progress, steps: int | None, minutes: float | None) -> RunConfig:
    """Return the configuration of a run that is trained for more steps or minutes.

    Args:
        config: The run's configuration.
        progress: How far the run is.
        steps: The new total, in steps.
        minutes: How many minutes more, added to the time used so far.

    Returns:
        The configuration with a new end, whose learning-rate schedule spans the whole new length.

    Raises:
        InputError: When both are given, or when the run has already done that many steps.
    """
    check_one_limit([name for name, value in (("steps", steps), ("minutes", minutes)) if value is not None])
    if steps is not None and steps <= progress.step:
        raise InputError(
            f"--steps {steps} is the new total, and the run is at step {progress.step} already. Give it a "
            "larger number."
        )
    if minutes is None:
        return dataclasses.replace(config, training=dataclasses.replace(config.training, steps=steps, minutes=None))
    more = dataclasses.replace(config.training, minutes=minutes)  # checks the bounds of `minutes`
    total = progress.elapsed_s / 60 + minutes
    return dataclasses.replace(config, training=dataclasses.replace(more, minutes=total))


def schedule_line(training: TrainingConfig, progress: Progress) -> str:
    """Return a line on the new end of a run that is trained further, and on its learning rate."""
    step, minutes = progress.step, training.minutes
    if minutes is None:
        end, way = f"step {training.steps:,}", f"{training.steps:,} steps"
    else:
        end, way = f"minute {minutes:.3g}", f"{minutes:.3g} minutes"
    if training.schedule == "constant":
        rate = f"stays {training.learning_rate:.4g}"
    elif training.schedule == "inverse_sqrt":
        rate = "goes on falling with the root of the steps"
    else:
        rate = f"follows the {training.schedule} schedule of a run of {way}, and ends at "
        rate += f"{training.final_learning_rate:.4g}"
    return (
        f"training further, from step {step:,} to {end}, evaluated every {training.eval_every:,}; "
        f"the learning rate {rate}"
    )


def ended_already(training: TrainingConfig, progress: Progress) -> str:
    """Return why there is nothing left to train; an empty string if there is."""
    if progress.finished(training):
        return f"already finished at step {progress.step:,}"
    if progress.out_of_patience(training):
        return (
            f"already stopped early at step {progress.step:,}, {progress.evaluations_since_best} "
            f"evaluation{'s' if progress.evaluations_since_best > 1 else ''} after its best validation loss"
        )
    return ""


def resume_command(path: Path, *more: str) -> str:
    """Return the command that resumes a run, ready to paste into the same shell."""
    python = Path(sys.executable)
    if shutil.which(python.name) == str(python):
        python = Path(python.name)
    else:
        with contextlib.suppress(OSError, ValueError):  # the current folder is gone, or does not contain it
            python = python.relative_to(Path.cwd())
    return shlex.join([str(python), "-m", "tinygpt_keras.train", "--resume", "--run-dir", str(path), *more])


def interruption(directory: RunDirectory, *more: str) -> list[str]:
    """Return the lines after an interruption: the last is the command that resumes the run, with `more` flags."""
    command = resume_command(directory.path, *more)
    if not directory.config_file.is_file():
        return ["interrupted before the run began; there is nothing to resume"]
    kept = list_checkpoints(directory.checkpoints)
    if not kept:
        origin = directory.config().start_from
        command = resume_command(directory.path, *more, *(["--from", origin] if origin else []))
        return ["interrupted before the first checkpoint; to start the run again:", command]
    return [f"interrupted at step {int(kept[0].name):,}; to continue:", command]
