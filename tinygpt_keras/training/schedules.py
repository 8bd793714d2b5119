"""The learning-rate schedule: a warm-up, then a fall."""

from typing import Any

import keras
from keras import ops

from tinygpt_keras.config import TrainingConfig

# The fall's height by its progress `way`, from 0 to 1; `linear` and `cosine` go from 1 to 0.
SHAPES = {
    "constant": lambda way: ops.ones_like(way),
    "linear": lambda way: 1 - way,
    "cosine": lambda way: (1 + ops.cos(way * 3.141592653589793)) / 2,
}


@keras.saving.register_keras_serializable("tinygpt_keras")
class WarmupThenFall(keras.optimizers.schedules.LearningRateSchedule):
    """A linear warm-up from near zero, then a fall to a final value along a shape.

    Args:
        peak: The highest learning rate.
        final: The learning rate at the end.
        shape: `constant`, `linear`, `cosine`, or `inverse_sqrt`, which never ends: with the root of the warm-up's
            steps over the steps done (https://arxiv.org/abs/1706.03762, equation 3).
        warmup_steps: Steps of the warm-up.
        steps: Steps of warm-up and fall together.
    """

    def __init__(self, peak: float, final: float, shape: str, warmup_steps: int, steps: int) -> None:
        self.peak = peak
        self.final = final
        self.shape = shape
        self.warmup_steps = warmup_steps
        self.steps = steps

    def __call__(self, step: Any) -> Any:
        """Return the learning rate of a step.

        Args:
            step: Steps done so far, a number or a tensor.

        Returns:
            A float32 scalar.
        """
        step = ops.cast(step, "float32")
        way = (step - self.warmup_steps) / max(self.steps - self.warmup_steps, 1)
        # nanoGPT's warm-up: `step + 1`, so that the rate of the first step is not zero.
        rising = self.peak * (step + 1) / (self.warmup_steps + 1)
        if self.falls_by_steps:
            height = ops.sqrt((self.warmup_steps + 1) / (step + 1))
            falling = self.final + (self.peak - self.final) * height
        else:
            falling = self.fall(way)
        return ops.where(step < self.warmup_steps, rising, falling)

    @property
    def falls_by_steps(self) -> bool:
        """Whether the fall follows the steps done, whatever the length of the run."""
        return self.shape == "inverse_sqrt"

    def fall(self, way: Any) -> Any:
        """Return the learning rate at a point of the fall, from 0 at its start to 1 at its end."""
        way = ops.clip(ops.cast(way, "float32"), 0.0, 1.0)
        return self.final + (self.peak - self.final) * SHAPES[self.shape](way)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of `__init__`."""
        return {
            "peak": self.peak,
            "final": self.final,
            "shape": self.shape,
            "warmup_steps": self.warmup_steps,
            "steps": self.steps,
        }


def make_schedule(config: TrainingConfig) -> WarmupThenFall:
    """Return the learning-rate schedule of a recipe."""
    return WarmupThenFall(
        config.learning_rate, config.final_learning_rate, config.schedule, config.warmup_steps, config.steps
    )
