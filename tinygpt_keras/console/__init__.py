"""Terminal input and output of the commands: errors, exit statuses, progress and standard streams."""

from tinygpt_keras.console.command import DONE, FAILED, INTERRUPTED, WRONG_INPUT, complain, run_command
from tinygpt_keras.console.failures import DISK_FULL, TOO_LARGE, advice, tensorflow_failure
from tinygpt_keras.console.printable import acts, picture, printable
from tinygpt_keras.console.streams import drop_output, quiet_libraries, show, tell

__all__ = [
    "DISK_FULL",
    "DONE",
    "FAILED",
    "INTERRUPTED",
    "TOO_LARGE",
    "WRONG_INPUT",
    "acts",
    "advice",
    "complain",
    "drop_output",
    "picture",
    "printable",
    "quiet_libraries",
    "run_command",
    "show",
    "tell",
    "tensorflow_failure",
]
