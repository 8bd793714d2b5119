"""Keras callbacks of a run: step reports, evaluations, samples, checkpoints, the film, TensorBoard."""

from tinygpt_keras.training.callbacks.agreement import Agreement
from tinygpt_keras.training.callbacks.checkpointing import Checkpointing
from tinygpt_keras.training.callbacks.evaluation import Evaluation
from tinygpt_keras.training.callbacks.filming import Filming
from tinygpt_keras.training.callbacks.recorder import Recorder, Watcher
from tinygpt_keras.training.callbacks.sampling import Sampling
from tinygpt_keras.training.callbacks.steps import ClockSchedule, StepReports
from tinygpt_keras.training.callbacks.tensorboard import TensorBoard

__all__ = [
    "Agreement",
    "Checkpointing",
    "ClockSchedule",
    "Evaluation",
    "Filming",
    "Recorder",
    "Sampling",
    "StepReports",
    "TensorBoard",
    "Watcher",
]
