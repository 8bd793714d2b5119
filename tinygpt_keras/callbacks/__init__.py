"""What happens around `fit`: steps are reported, evaluations made, checkpoints saved."""

from tinygpt_keras.callbacks.checkpointing import Checkpointing
from tinygpt_keras.callbacks.evaluation import Evaluation, ResumableEarlyStopping
from tinygpt_keras.callbacks.recorder import Recorder, Watcher
from tinygpt_keras.callbacks.steps import ClockSchedule, DivergedError, StepReports

__all__ = [
    "Checkpointing",
    "ClockSchedule",
    "DivergedError",
    "Evaluation",
    "Recorder",
    "ResumableEarlyStopping",
    "StepReports",
    "Watcher",
]
