"""How the learning rate rises and falls."""

from typing import Any

import keras
from keras import ops

from tinygpt_keras.config import TrainingConfig

# What is left of the fall after a part of the way, from one to zero.
SHAPES = {
    "constant": lambda way: ops.ones_like(way),
    "linear": lambda way: 1 - way,
    "cosine": lambda way: (1 + ops.cos(way * 3.141592653589793)) / 2,
}


@keras.saving.register_keras_serializable("tinygpt_keras")
class WarmupThenFall(keras.optimizers.schedules.LearningRateSchedule):
    """Rises in a straight line from zero, then falls to a final value along a shape.

    Args:
        peak: The highest learning rate.
        final: The learning rate at the end.
        shape: `constant`, `linear` or `cosine`.
        warmup_steps: Steps of the rise.
        steps: Steps of rise and fall together.
    """

    def __init__(self, peak: float, final: float, shape: str, warmup_steps: int, steps: int) -> None:
        self.peak = peak
        self.final = final
        self.shape = shape
        self.warmup_steps = warmup_steps
        self.steps = steps

    def __call__(self, step: Any) -> Any:
        """Give the learning rate of a step.

        Args:
            step: Steps done so far, a number or a tensor.

        Returns:
            A float32 scalar.
        """
        step = ops.cast(step, "float32")
        way = (step - self.warmup_steps) / max(self.steps - self.warmup_steps, 1)
        # nanoGPT's rise, which never wastes the first step on a rate of zero.
        rising = self.peak * (step + 1) / (self.warmup_steps + 1)
        return ops.where(step < self.warmup_steps, rising, self.fall(way))

    def fall(self, way: Any) -> Any:
        """Give the learning rate after a part of the fall, which ends at one."""
        way = ops.clip(ops.cast(way, "float32"), 0.0, 1.0)
        return self.final + (self.peak - self.final) * SHAPES[self.shape](way)

    def get_config(self) -> dict[str, Any]:
        """Give what `__init__` needs to make this schedule again."""
        return {
            "peak": self.peak,
            "final": self.final,
            "shape": self.shape,
            "warmup_steps": self.warmup_steps,
            "steps": self.steps,
        }


def make_schedule(config: TrainingConfig) -> WarmupThenFall:
    """Make the schedule of a recipe: the learning rate as a function of the step."""
    return WarmupThenFall(
        config.learning_rate, config.final_learning_rate, config.schedule, config.warmup_steps, config.steps
    )
