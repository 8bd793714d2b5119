"""The commands of one run in several processes: the first attempt, and those after a loss."""

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tinygpt_keras import files
from tinygpt_keras.config.processes import ProcessOptions, check_divides
from tinygpt_keras.errors import InputError
from tinygpt_keras.runs.checkpoints import list_checkpoints
from tinygpt_keras.runs.directory import CONFIG_BYTES, RUNS_DIR, RunDirectory, make_run_directory, newest_run
from tinygpt_keras.text.corpus import STANDARD_INPUT
from tinygpt_keras.training.resume_flags import interruption
from tinygpt_keras.training.setup import new_config


class Attempts:
    """The arguments of each attempt to train a run; the first process trains it in the same folder each time.

    Args:
        flags: The flags that the user gave, parsed.
        given: The same as arguments.
        options: The processes.

    Raises:
        InputError: When the flags are invalid.
    """

    def __init__(self, flags: dict[str, Any], given: Sequence[str], options: ProcessOptions) -> None:
        self._flags = flags
        self._given = list(given)
        self._options = options
        self._directory = None if options.process_id else find_directory(flags, options.processes)
        self._original = self._config()
        self._tried = 0

    def command(self) -> list[str]:
        """Return the arguments of the next attempt: the user's own, until an attempt has written the run."""
        if self._directory is None:  # process 0 has the run, on another machine
            return self._given
        place = ["--run-dir", str(self._directory.path)]
        self._tried += 1
        if self._config() == self._original:
            if self._tried > 1 and self._flags["data"] == STANDARD_INPUT:
                raise InputError(
                    "the text on standard input is spent, and no run was written. Start the command again."
                )
            return [*self._given, *place]
        origin: str | None = self._flags["start_from"]
        if origin is None or list_checkpoints(self._directory.checkpoints):
            return ["--resume", *place]
        return ["--resume", *place, "--from", origin]

    def resumed(self) -> str:
        """Return the command that continues the run; an empty string if there is none on this machine."""
        if self._directory is None or not self._config():
            return ""
        return interruption(self._directory, *self._options.repeated)[-1]

    def tidy(self) -> None:
        """Remove the folder made for a run that was never written."""
        if self._directory is not None and not self._flags["run_dir"] and not self._flags["resume"]:
            with contextlib.suppress(OSError):
                self._directory.path.rmdir()

    def _config(self) -> bytes:
        """Return the run's configuration as it is; nothing if there is none."""
        if self._directory is None or not files.kind_of(self._directory.config_file):
            return b""
        return files.read_bytes(self._directory.config_file, CONFIG_BYTES)


def find_directory(flags: dict[str, Any], processes: int) -> RunDirectory:
    """Return the run to write or to resume, and make its folder unless the user names one.

    Raises:
        InputError: When the flags are invalid, there is no run to resume, or the processes do not divide its batches.
    """
    if flags["resume"]:
        found = RunDirectory(Path(flags["run_dir"])) if flags["run_dir"] else newest_run(needed="config.json")
        if found is None:
            raise InputError(f"there is no run in {RUNS_DIR} to resume. Start one without --resume.")
        check_divides(found.config().training.batch_size, processes, "processes", is_fixed=True)
        return found
    config = new_config(flags)
    check_divides(config.training.batch_size, processes, "processes")
    return RunDirectory(Path(flags["run_dir"]) if flags["run_dir"] else make_run_directory(config.preset))
