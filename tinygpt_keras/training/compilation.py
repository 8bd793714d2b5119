"""The choice whether XLA compiles the training step: by flag, by the step's size, or by timing both ways."""

import time
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from tinygpt_keras.config import ModelConfig, TrainingConfig
from tinygpt_keras.training.device import gpu_names
from tinygpt_keras.training.losses import UNSMOOTHED, SmoothedCrossEntropy
from tinygpt_keras.training.optimizers import make_optimizer

WORTH_TIMING = 200  # steps; a shorter run does not recover the seconds that timing costs
TIMED_STEPS = 5
# Matrix products dominate a larger step on a CPU. XLA was faster at 4 billion operations (`nano-cpu`) and slower at 20
# (`tiny`), so the bound lies between. Timing XLA above it would cost at least ten seconds and double the memory.
LARGE_CPU_STEP = 10e9  # operations


def compile_model(model: Any, config: TrainingConfig, jit: bool = False) -> None:
    """Compile a model with its loss and optimizer.

    Args:
        model: A built model.
        config: The recipe.
        jit: Whether XLA compiles the training step.
    """
    loss: keras.losses.Loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    metrics: list[keras.metrics.Metric] | None = None
    if config.label_smoothing or model.config.replies:
        loss = SmoothedCrossEntropy(config.label_smoothing)
    if config.label_smoothing:
        # Recorded instead of the smoothed loss, which no other loss can be compared with.
        metrics = [keras.metrics.SparseCategoricalCrossentropy(UNSMOOTHED, from_logits=True)]
    model.compile(
        make_optimizer(config, model),
        loss,
        weighted_metrics=metrics,
        jit_compile=jit,
        steps_per_execution=config.executed_steps(),
    )
    model.optimizer.build(model.trainable_variables)  # Keras may have wrapped it for loss scaling


def choose_jit(model: keras.Model, config: TrainingConfig, batches: Any, say: Callable[[str], None]) -> bool:
    """Choose whether XLA compiles the training step, as the recipe says or as timing shows.

    On a CPU, XLA is faster for small steps and oneDNN for large ones. `auto` times both, but short runs and large
    CPU steps go without XLA, untimed. Timing restores all variables, and keeps the faster of the compiled functions.
    On JAX, `auto` is XLA.

    Args:
        model: A compiled model.
        config: The recipe.
        batches: Training batches to time with.
        say: Called with a line about the measurement.

    Returns:
        Whether XLA compiles the training step.
    """
    if keras.backend.backend() == "jax":  # which runs operation by operation without XLA
        model.jit_compile = config.jit_compile != "off"
        return model.jit_compile
    if config.jit_compile != "auto" or (config.minutes is None and config.steps < WORTH_TIMING):
        model.jit_compile = config.jit_compile == "on"
        return model.jit_compile
    operations = step_operations(model.config, config)
    if operations > LARGE_CPU_STEP and not gpu_names():
        say(f"a step has {operations / 1e9:.0f} billion operations; on a CPU, XLA is not timed for steps this large")
        model.jit_compile = False
        return False
    changing = [*model.variables, *model.optimizer.variables]
    before = [np.asarray(variable) for variable in changing]
    timed: dict[bool, tuple[float, Any]] = {}
    for jit in (False, True):
        model.jit_compile = jit
        model.make_train_function(force=True)
        timed[jit] = step_seconds(model, batches), model.train_function
        for variable, value in zip(changing, before, strict=True):
            variable.assign(value)
    model.jit_compile = timed[True][0] < timed[False][0]
    model.train_function = timed[model.jit_compile][1]
    say(f"a step takes {timed[True][0] * 1e3:.0f} ms with XLA and {timed[False][0] * 1e3:.0f} ms without")
    return model.jit_compile


def step_operations(model: ModelConfig, config: TrainingConfig) -> int:
    """Estimate the additions and multiplications of a training step, except attention scores and their sums.

    Source: https://arxiv.org/abs/2001.08361, table 1: six for each parameter and character.

    Args:
        model: The architecture.
        config: The recipe.

    Returns:
        Operations of the forward and backward pass.
    """
    return 6 * model.parameters() * config.batch_size * model.block_size


def step_seconds(model: keras.Model, batches: Any) -> float:
    """Time a training step, without its compilation.

    Args:
        model: A compiled model; timing trains it for a few steps.
        batches: Training batches.

    Returns:
        Seconds per step: the fastest of a few.
    """
    ends: list[float] = []
    clock = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: ends.append(time.perf_counter()))
    executed = model.steps_per_execution
    calls = 1 + max(TIMED_STEPS // executed, 1)  # the first compiles
    model.fit(batches, steps_per_epoch=calls * executed, callbacks=[clock], verbose=0, shuffle=False)
    return float(np.diff(ends).min()) / executed
