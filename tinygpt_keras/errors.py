"""Errors that a person can act on: each says what was wrong and what to do."""


class TinyGPTError(Exception):
    """Something outside the input failed, such as a full disk; commands exit with status 1."""


class InputError(TinyGPTError):
    """The input or the usage is wrong; commands exit with status 2."""
