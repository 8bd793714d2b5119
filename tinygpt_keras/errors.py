"""Errors that a person can act on: each says what was wrong and what to do."""


class TinyGPTError(Exception):
    """Something outside the input failed, such as a full disk; commands exit with status 1."""


class DivergedError(TinyGPTError):
    """The loss is no longer a number, or far above what guessing has.

    Args:
        step: When that was noticed.
        loss: The training loss in nats, where it is a number.
        guessing: The loss of guessing blindly.
    """

    def __init__(self, step: int, loss: float | None = None, guessing: float = 0.0) -> None:
        what = "the loss is no longer a number"
        if loss is not None:
            what = f"the training loss is {loss:.4g}, where guessing blindly has {guessing:.3f},"
        super().__init__(f"{what} at step {step}. Lower --learning-rate, or set --clip-norm 1.")


class InputError(TinyGPTError):
    """The input or the usage is wrong; commands exit with status 2."""
