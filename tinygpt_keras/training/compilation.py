"""Whether XLA compiles the training step: asked for, or chosen by timing both."""

import time
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from tinygpt_keras.config import TrainingConfig
from tinygpt_keras.training.device import gpu_names
from tinygpt_keras.training.optimizers import make_optimizer

WORTH_TIMING = 200  # a shorter run would not win back the seconds that timing takes
TIMED_CALLS = 5
# A longer step on a CPU is matrix products above all, at which XLA was never faster where we measured; trying it would
# cost tens of seconds and as much memory again.
LONG_CPU_STEP = 0.5  # seconds


def compile_model(model: keras.Model, config: TrainingConfig, jit: bool = False) -> None:
    """Give a model its loss and its optimizer.

    Args:
        model: A built model.
        config: The recipe.
        jit: Whether XLA compiles its training step.
    """
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(make_optimizer(config, model), loss, jit_compile=jit, steps_per_execution=config.executed_steps)
    model.optimizer.build(model.trainable_variables)  # Keras may have wrapped it to scale losses


def choose_jit(model: keras.Model, config: TrainingConfig, batches: Any, say: Callable[[str], None]) -> bool:
    """Let XLA compile the training step where that is faster, as asked for or as timed.

    On a CPU, XLA is faster for small models and oneDNN for large ones, so `auto` times a few steps of each, or of
    the second alone where they are long. The weights are left as they were, and the faster function is kept, so that
    it need not be compiled again.

    Args:
        model: A compiled model.
        config: The recipe.
        batches: Training batches to time with.
        say: Told what was measured.

    Returns:
        Whether XLA is used.
    """
    if config.jit_compile != "auto" or (config.minutes is None and config.steps < WORTH_TIMING):
        model.jit_compile = config.jit_compile == "on"
        return model.jit_compile
    changing = [*model.variables, *model.optimizer.variables]
    before = [np.asarray(variable) for variable in changing]
    timed: dict[bool, tuple[float, Any]] = {}
    for jit in (False, True):
        model.jit_compile = jit
        model.make_train_function(force=True)
        timed[jit] = step_seconds(model, config, batches), model.train_function
        for variable, value in zip(changing, before, strict=True):
            variable.assign(value)
        if not jit and timed[jit][0] > LONG_CPU_STEP and not gpu_names():
            say(f"a step takes {timed[jit][0] * 1e3:.0f} ms without XLA, which is not tried on steps so long")
            return False
    model.jit_compile = timed[True][0] < timed[False][0]
    model.train_function = timed[model.jit_compile][1]
    say(f"a step takes {timed[True][0] * 1e3:.0f} ms with XLA and {timed[False][0] * 1e3:.0f} ms without")
    return model.jit_compile


def step_seconds(model: keras.Model, config: TrainingConfig, batches: Any) -> float:
    """Time a training step, the compilation left out.

    Args:
        model: A compiled model; it is trained by a few steps.
        config: The recipe.
        batches: Training batches.

    Returns:
        Seconds a step, the fastest of a few.
    """
    ends: list[float] = []
    clock = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: ends.append(time.perf_counter()))
    calls = TIMED_CALLS + 1
    model.fit(batches, steps_per_epoch=calls * config.executed_steps, callbacks=[clock], verbose=0, shuffle=False)
    return float(np.diff(ends).min()) / config.executed_steps
