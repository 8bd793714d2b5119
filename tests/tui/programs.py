"""Programs from outside that some tests drive, as a person would."""

import os
import shutil

import pytest

PACKAGES = {  # Debian's names for them
    "chromium": "chromium",
    "chromedriver": "chromium-driver",
    "gcc": "gcc libc6-dev",
    "ps": "procps",
    "tmux": "tmux",
}


def program(name):
    """Where a program is; without it the test is skipped, except where it must run."""
    if found := shutil.which(name):
        return found
    message = f"{name} is missing: apt-get install {PACKAGES[name]}"
    if os.environ.get("CI"):
        pytest.fail(message)
    # pip cannot install it, and the rest can be tested without; `.ci/run` installs it and says CI.
    pytest.skip(message)
