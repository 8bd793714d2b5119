"""Keras optimizers, configured by a recipe."""

from typing import Any

import keras

from tinygpt_keras.config import TrainingConfig
from tinygpt_keras.training.schedules import make_schedule

EPSILON = 1e-8  # PyTorch's default, with which the reproduced recipes were tuned
# Muon's authors train the head with Adam, as Keras does the embeddings.
# Source: https://kellerjordan.github.io/posts/muon/
NOT_FOR_MUON = ["/head/"]


def make_optimizer(config: TrainingConfig, model: keras.Model) -> keras.optimizers.Optimizer:
    """Build the optimizer of a recipe.

    Args:
        config: The recipe.
        model: The built model that it will train.

    Returns:
        A built Keras optimizer, whose weight decay acts only on the matrices in the blocks and on the head.
    """
    accumulated = config.gradient_accumulation_steps
    common: dict[str, Any] = {
        # A run in minutes sets the rate with a callback, `ClockSchedule`.
        "learning_rate": config.learning_rate if config.minutes else make_schedule(config),
        "weight_decay": config.weight_decay,
        "global_clipnorm": config.clip_norm or None,
        "gradient_accumulation_steps": accumulated if accumulated > 1 else None,
        "epsilon": EPSILON,
        # Keras numbers default names across a process, but a checkpoint finds its variables by name.
        "name": "muon" if config.optimizer == "muon" else "adam_w",
    }
    if config.optimizer == "muon":
        optimizer = keras.optimizers.Muon(
            adam_lr_ratio=config.adam_ratio,
            adam_beta_1=config.beta1,
            adam_beta_2=config.beta2,
            adam_weight_decay=config.weight_decay,
            momentum=config.momentum,
            exclude_layers=NOT_FOR_MUON,
            **common,
        )
    else:
        optimizer = keras.optimizers.AdamW(beta_1=config.beta1, beta_2=config.beta2, **common)
    if config.weight_decay:
        optimizer.exclude_from_weight_decay(var_list=[v for v in model.trainable_variables if not decays(v)])
    optimizer.build(model.trainable_variables)
    return optimizer


def decays(variable: keras.Variable) -> bool:
    """Whether weight decay acts on a weight: only on matrices other than embeddings."""
    return variable.path.endswith("/kernel")
