"""The training configuration."""

import math
from dataclasses import dataclass

from tinygpt_keras.config.fields import FieldError, Options, option

SCHEDULES = ("constant", "linear", "cosine", "inverse_sqrt")


@dataclass(frozen=True)
class TrainingConfig(Options):
    """The training recipe: batches, optimizer, schedule, evaluation and checkpoints."""

    batch_size: int = option(16, "windows or pairs in a batch", minimum=1, maximum=65536)
    steps: int = option(1800, "batches to train for", minimum=1, maximum=10**9)
    minutes: float | None = option(
        None, "train for this long instead; the schedule then follows the clock", minimum=0.01, maximum=10**5
    )
    optimizer: str = option(
        "muon", "Muon on matrices with Adam on the rest, or AdamW on all", choices=("muon", "adamw")
    )
    learning_rate: float = option(0.01, "highest learning rate", minimum=0.0, maximum=10.0)
    adam_ratio: float = option(1.0, "with Muon: Adam's learning rate relative to Muon's", minimum=0.0, maximum=100.0)
    schedule: str = option("linear", "how the learning rate falls after the warm-up", choices=SCHEDULES)
    warmup_steps: int = option(0, "batches over which the learning rate rises from zero", minimum=0, maximum=10**9)
    final_learning_rate: float = option(0.0, "learning rate at the end of the fall", minimum=0.0, maximum=10.0)
    beta1: float = option(0.9, "decay of Adam's running mean of gradients", minimum=0.0, maximum=0.9999)
    beta2: float = option(0.95, "decay of Adam's running mean of squared gradients", minimum=0.0, maximum=0.99999)
    momentum: float = option(0.95, "Muon's momentum", minimum=0.0, maximum=0.9999)
    weight_decay: float = option(
        0.0, "decay of matrices; norms, biases and embeddings are left alone", minimum=0.0, maximum=10.0
    )
    clip_norm: float = option(0.0, "largest norm of the gradient of all weights; 0 does not clip", minimum=0.0)
    label_smoothing: float = option(
        0.0, "part of the target's probability that all characters share", minimum=0.0, maximum=0.99
    )
    gradient_accumulation_steps: int = option(1, "batches that make one update", minimum=1, maximum=65536)
    ema: float = option(
        0.0,
        "decay of the averaged weights that earlier versions could evaluate and save",
        minimum=0.0,
        maximum=0.99999,
    )
    input_noise: float = option(0.0, "fraction of the input characters replaced at random", minimum=0.0, maximum=0.99)
    patience: int = option(
        0, "evaluations without a better validation loss before stopping; 0 never stops early", minimum=0
    )
    precision: str = option(
        "float32",
        "number format; mixed_bfloat16 can be faster where hardware has it",
        choices=("float32", "mixed_bfloat16", "mixed_float16"),
    )
    jit_compile: str = option(
        "auto", "compile with XLA; auto decides by the size of a step, or times both", choices=("auto", "on", "off")
    )
    steps_per_execution: int = option(
        1, "batches in one call of the training function, at most", minimum=1, maximum=65536
    )
    eval_every: int = option(100, "batches between evaluations and checkpoints", minimum=1, maximum=10**9)
    eval_characters: int = option(
        200_000,
        "characters scored at an evaluation, spread evenly over a longer validation part; 0 scores all",
        minimum=0,
        when_missing=0,
    )
    keep_checkpoints: int = option(2, "newest checkpoints kept; 0 keeps all", minimum=0)
    film: bool = option(
        True, "keep the weights of about twelve steps, to look back at how the model learned", when_missing=False
    )
    tensorboard: bool = option(False, "write losses and samples for TensorBoard, which is installed separately")
    sample_prompt: str = option("\n", "prompt of the samples, drawn at every evaluation and every fifteen seconds")
    sample_length: int = option(300, "length of that sample", minimum=0, maximum=100000, unit="characters")

    def __post_init__(self) -> None:
        super().__post_init__()
        unit = self.gradient_accumulation_steps
        for name in ("eval_every",) if self.minutes is not None else ("steps", "eval_every"):
            value = getattr(self, name)
            if value % unit:
                raise FieldError(
                    lambda named, name=name, value=value: (
                        f"{named(name)} {value} is not a multiple of {named('gradient_accumulation_steps')} {unit}. "
                        "Use a multiple, so that no update is left incomplete."
                    )
                )
        if self.minutes is None and self.warmup_steps >= self.steps:
            raise FieldError(
                lambda named: (
                    f"{named('warmup_steps')} {self.warmup_steps} is not below {named('steps')} {self.steps}. "
                    "Lower one or raise the other."
                )
            )
        if self.schedule != "constant" and self.final_learning_rate > self.learning_rate:
            raise FieldError(
                lambda named: (
                    f"{named('final_learning_rate')} {self.final_learning_rate} is above "
                    f"{named('learning_rate')} {self.learning_rate}. Lower it."
                )
            )

    def executed_steps(self, step: int = 0) -> int:
        """Return how many batches one call of the training function runs, at most `steps_per_execution`.

        The number divides every step at which `fit` has to stop, or `fit` would run past it.

        Args:
            step: The number of steps done.
        """
        return math.gcd(self.steps_per_execution, self.eval_every, 0 if self.minutes else self.steps, step)
