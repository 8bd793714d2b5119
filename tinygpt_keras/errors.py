"""Errors that a person can act on: each says what was wrong and what to do."""


class TinyGPTError(Exception):
    """Something outside the input failed, such as a full disk; commands exit with status 1."""


class DivergedError(TinyGPTError):
    """The loss is no longer a number.

    Args:
        step: When that was noticed.
    """

    def __init__(self, step: int) -> None:
        super().__init__(f"the loss is no longer a number at step {step}. Lower --learning-rate, or set --clip-norm 1.")


class InputError(TinyGPTError):
    """The input or the usage is wrong; commands exit with status 2."""
