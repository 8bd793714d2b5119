"""Keras's optimizers, set up by a recipe."""

from typing import Any

import keras

from tinygpt_keras.config import TrainingConfig
from tinygpt_keras.training.schedules import make_schedule

EPSILON = 1e-8  # PyTorch's, which the recipes that we reproduce were tuned with
# The head, which Muon's authors leave to Adam as Keras does the embeddings: https://kellerjordan.github.io/posts/muon/
NOT_FOR_MUON = ["/head/"]


def make_optimizer(config: TrainingConfig, model: keras.Model) -> keras.optimizers.Optimizer:
    """Make the optimizer of a recipe.

    Args:
        config: The recipe.
        model: The built model that it will train.

    Returns:
        A built Keras optimizer; weight decay acts on the matrices inside the blocks and on the head alone.
    """
    accumulated = config.gradient_accumulation_steps
    common: dict[str, Any] = {
        # With a clock, a callback sets the rate; see ClockSchedule.
        "learning_rate": config.learning_rate if config.minutes else make_schedule(config),
        "weight_decay": config.weight_decay,
        "global_clipnorm": config.clip_norm or None,
        "gradient_accumulation_steps": accumulated if accumulated > 1 else None,
        "use_ema": config.ema > 0,
        "ema_momentum": config.ema or 0.99,
        "epsilon": EPSILON,
        # Keras numbers its own names through a process, and a checkpoint's variables are told apart by them.
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
    """Say whether weight decay acts on a weight: on matrices that are no embeddings."""
    return variable.path.endswith("/kernel")
