"""What happens around `fit`: steps are reported, evaluations made, checkpoints saved."""

from tinygpt_keras.callbacks.checkpointing import Checkpointing
from tinygpt_keras.callbacks.evaluation import Evaluation
from tinygpt_keras.callbacks.recorder import Recorder, Watcher
from tinygpt_keras.callbacks.steps import ClockSchedule, StepReports

__all__ = [
    "Checkpointing",
    "ClockSchedule",
    "Evaluation",
    "Recorder",
    "StepReports",
    "Watcher",
]
