"""Run directories: names, files, locks, and the search for the newest run."""

import contextlib
import datetime
import os
import re
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import filelock

from tinygpt_keras import atomic, files
from tinygpt_keras.config import RunConfig, parse_run_config
from tinygpt_keras.errors import InputError, UnsafeFileError, reading
from tinygpt_keras.runs.events import EVENTS_FILE

RUNS_DIR = Path("runs")
PRETRAINED = "pretrained"  # in place of a run's path, selects the packaged model
CONFIG_BYTES = 2**20  # a configuration has about 2,000
# Names that are valid on every file system and contain no path separator.
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
STEM = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")  # before the time, with which it is a `NAME`


@dataclass(frozen=True)
class RunDirectory:
    """The files that training writes and every other command reads."""

    path: Path

    @property
    def config_file(self) -> Path:
        """Model and training configuration."""
        return self.path / "config.json"

    @property
    def vocab_file(self) -> Path:
        """The characters in id order."""
        return self.path / "vocab.json"

    @property
    def corpus_file(self) -> Path:
        """A copy of the text, unless it was the embedded one."""
        return self.path / "corpus.txt"

    @property
    def events_file(self) -> Path:
        """The run's history."""
        return self.path / EVENTS_FILE

    @property
    def log_file(self) -> Path:
        """Output of the libraries, such as TensorFlow's warnings."""
        return self.path / "train.log"

    @property
    def best_file(self) -> Path:
        """The weights with the lowest validation loss."""
        return self.path / "best.keras"

    @property
    def checkpoints(self) -> Path:
        """The folder of checkpoints."""
        return self.path / "checkpoints"

    @property
    def film(self) -> Path:
        """The folder of earlier weights, for looking back."""
        return self.path / "film"

    @property
    def cache(self) -> Path:
        """The folder of what can be computed again: a long text's ids."""
        return self.path / "cache"

    @property
    def tensorboard(self) -> Path:
        """The folder that TensorBoard shows."""
        return self.path / "tensorboard"

    def config(self) -> RunConfig:
        """Read and check `config.json`; every reader of a run begins here.

        Raises:
            UnsafeFileError: When one of the run's files is a link, a pipe or a device.
            InputError: When the directory or the file is missing, unreadable or invalid.
        """
        missing = f"{self.path} is not a run directory: it has no config.json. Check the path."
        try:
            with reading(self.config_file, missing):
                if not self.path.exists():
                    raise InputError(f"there is no run directory {self.path}. Check the path, or train one.")
                if self.is_unborn():
                    raise InputError(f"{self.path} was stopped before the run began. Remove it, and begin anew.")
                self.check_files()
                text = files.read_bytes(self.config_file, CONFIG_BYTES).decode("utf-8")
                return parse_run_config(text, self.config_file)
        except NotADirectoryError:
            raise InputError(f"{self.path} is a file. Give a run directory.") from None
        except UnicodeDecodeError:
            raise InputError(f"{self.config_file} is not UTF-8. Restore it from a copy, or train again.") from None

    def is_unborn(self) -> bool:
        """Whether a kill interrupted the set-up of this run after `vocab.json` and before `config.json`."""
        first = {self.vocab_file.name, self.corpus_file.name, self.log_file.name}
        if not files.is_regular(self.vocab_file) or files.kind_of(self.config_file):
            return False
        return all(entry.name in first or entry.name.startswith(".") for entry in self.path.iterdir())

    def check_files(self) -> None:
        """Check that no part of the run is a link, a pipe or a device.

        Training would write through a link to another folder, and reading a pipe could block for ever.

        Raises:
            UnsafeFileError: When a part is.
        """
        for file in (
            *(self.config_file, self.vocab_file, self.corpus_file, self.events_file, self.log_file),
            *(self.best_file, self.trainer_file, self.lock_file),
        ):
            files.check_regular(file)
        boards = (self.tensorboard / name for name in ("train", "validation", "samples"))
        for folder in (self.checkpoints, self.film, self.cache, self.tensorboard, *boards):
            if (kind := files.kind_of(folder)) not in ("a folder", ""):
                raise UnsafeFileError(f"{folder} is {kind} and not a folder. Replace it by a copy.")

    def written_at(self) -> float:
        """Return the modification time of the history, or else of the configuration, in Unix seconds."""
        return (self.events_file if files.kind_of(self.events_file) else self.config_file).lstat().st_mtime

    @property
    def trainer_file(self) -> Path:
        """The process id of the trainer that holds the lock."""
        return self.path / ".trainer"

    @property
    def lock_file(self) -> Path:
        """The file that a trainer locks."""
        return self.path / ".lock"

    def trainer(self, certainly: bool = False) -> int | None:
        """Return the process id of the trainer that is running here, or `None`.

        Args:
            certainly: Whether a lock counts as free if it cannot be opened, such as another user's.
        """
        if not files.kind_of(self.lock_file):
            return None
        try:
            files.check_regular(self.lock_file)
            with filelock.FileLock(self.lock_file, timeout=0):
                return None
        except filelock.Timeout:
            pass  # a process holds it
        except UnsafeFileError:
            return None  # training never locks such a file
        except OSError as error:  # the lock cannot be opened, but the process id may be readable
            if certainly or (isinstance(error, PermissionError) and files.is_own(self.lock_file)):
                return None  # a trainer can open its own lock
        with contextlib.suppress(OSError, ValueError, OverflowError):
            process = int(files.read_bytes(self.trainer_file, at_most=32))
            if os.name == "posix" and process > 0:
                # The lock may be held by another call of `trainer`, and the id may be of a killed trainer.
                with contextlib.suppress(PermissionError):  # another user's process is alive, too
                    os.kill(process, 0)
            return process
        return None

    @contextlib.contextmanager
    def locked(self) -> Generator[None, None, None]:
        """Lock the directory for one trainer; the operating system releases the lock when the process ends.

        Raises:
            InputError: When another process is training there.
        """
        self.check_files()  # through a link, the lock would be created elsewhere
        # A call of `trainer` elsewhere holds the lock for an instant, so keep trying for a second.
        lock = filelock.FileLock(self.lock_file, timeout=1.0)
        try:
            lock.acquire()
        except filelock.Timeout:
            raise InputError(
                f"another process is training in {self.path}. Wait for it, or choose another --run-dir."
            ) from None
        try:
            atomic.write_text(self.trainer_file, str(os.getpid()))
            yield
        finally:
            with contextlib.suppress(OSError):
                self.trainer_file.unlink()
            lock.release()


def make_run_directory(preset: str, runs_dir: Path = RUNS_DIR) -> Path:
    """Create a folder for a run, named after its preset and the time.

    Args:
        preset: The preset's name. A run that was trained from another one has that run's, which may be any text: one
            that is not valid in a run's name is replaced by `run`.
        runs_dir: The folder of all runs.

    Returns:
        A new, empty folder.
    """
    stem = f"{preset if STEM.fullmatch(preset) else 'run'}-{datetime.datetime.now():%Y%m%d-%H%M%S}"
    runs_dir.mkdir(parents=True, exist_ok=True)
    path, number = runs_dir / stem, 1
    while True:
        try:
            path.mkdir()
            return path
        except FileExistsError:
            number += 1
            path = runs_dir / f"{stem}-{number}"


def check_run_name(path: Path) -> None:
    """Check that a run's name is valid on every file system.

    Args:
        path: The run directory to create.

    Raises:
        InputError: When the last part of the path is not a valid name.
    """
    if not NAME.fullmatch(path.name) or path.name.endswith("."):
        raise InputError(
            f"{path.name or str(path)!r} is not a valid run name. Use letters, digits, dot, hyphen and underscore, "
            "64 at most."
        )


def newest_run(runs_dir: Path = RUNS_DIR, needed: str = "best.keras") -> RunDirectory | None:
    """Return the run with the most recently written history.

    Args:
        runs_dir: The folder of all runs.
        needed: A file that the run must have; by default the best weights.

    Returns:
        The run, or `None` when there is none.
    """
    folders = [config.parent for config in runs_dir.glob("[!.]*/config.json") if files.kind_of(config)]
    found = [RunDirectory(folder) for folder in folders if files.kind_of(folder / needed)]
    return max(found, key=RunDirectory.written_at, default=None)


def pretrained_run() -> RunDirectory:
    """Return the run that ships with the package."""
    return RunDirectory(Path(__file__).parents[1] / "pretrained")


def run_at(path: str) -> RunDirectory:
    """Return the run at a path; `pretrained` is the packaged run, unless a run has that path."""
    if path == PRETRAINED and not (Path(path) / "config.json").exists():
        return pretrained_run()
    return RunDirectory(Path(path))
