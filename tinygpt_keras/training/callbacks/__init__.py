"""Keras callbacks of a run: step reports, evaluations, samples, checkpoints, the film."""

from tinygpt_keras.training.callbacks.checkpointing import Checkpointing
from tinygpt_keras.training.callbacks.evaluation import Evaluation
from tinygpt_keras.training.callbacks.filming import Filming
from tinygpt_keras.training.callbacks.recorder import Recorder, Watcher
from tinygpt_keras.training.callbacks.sampling import Sampling
from tinygpt_keras.training.callbacks.steps import ClockSchedule, StepReports

__all__ = [
    "Checkpointing",
    "ClockSchedule",
    "Evaluation",
    "Filming",
    "Recorder",
    "Sampling",
    "StepReports",
    "Watcher",
]
