"""The command `tinygpt-tui`."""

import argparse
import gc
import sys
from pathlib import Path
from typing import Any

from tinygpt_keras import console
from tinygpt_keras.config import CommandParser, flag_type
from tinygpt_keras.errors import InputError
from tinygpt_keras.runs.directory import RUNS_DIR, RunDirectory

PORT = 8000
# Drawing allocates thousands of short-lived objects. With Python's default thresholds a full collection ran every two
# seconds and blocked the keys for up to 0.1 s beside a training run. With these, young collections are as frequent
# and take a few milliseconds; a full one runs every few minutes.
GARBAGE_THRESHOLDS = 1_000, 10, 500


def make_parser() -> argparse.ArgumentParser:
    """Build the command's argument parser."""
    parser = CommandParser(prog="tinygpt-tui", description="Train small GPTs, watch them learn, and talk to them.")
    parser.add_argument("path", nargs="?", help="a run's folder to watch, or a model's file (best.keras) to chat with")
    parser.add_argument("--runs-dir", metavar="DIR", default=str(RUNS_DIR), help="the folder of runs (default runs)")
    parser.add_argument("--run", metavar="DIR", help="a run to watch at start-up")
    parser.add_argument("--watch-only", action="store_true", help="chat and watch, but train and change nothing")
    parser.add_argument("--web", action="store_true", help="serve the UI to browsers on this machine, watch-only")
    parser.add_argument("--port", type=flag_type(int), metavar="N", help=f"port of --web (default {PORT}; 0: any)")
    parser.add_argument("--allow-training", action="store_true", help="with --web: train and change runs there, too")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run the command with `argv`, or the process's own arguments, and return its exit status."""
    return console.run_command(make_parser(), start, argv)


def start(flags: dict[str, Any]) -> int:
    """Start the UI in this terminal, or serve it to browsers."""
    if flags["path"] and flags["run"]:
        raise InputError("a path and --run both name a run. Give one of them.")
    if flags["allow_training"] and not flags["web"]:
        raise InputError("--allow-training belongs to --web; here training is allowed. Drop it.")
    if flags["port"] is not None and not flags["web"]:
        raise InputError("--port belongs to --web. Add --web, or drop it.")
    if flags["allow_training"] and flags["watch_only"]:
        raise InputError("--watch-only and --allow-training contradict each other. Drop one of them.")
    path = flags["path"] or flags["run"]
    run, model = find(path)
    if flags["web"]:
        return serve(flags, path)
    in_browser = served()
    if not in_browser and not all(stream is not None and stream.isatty() for stream in (sys.__stdin__, sys.__stderr__)):
        raise InputError("this is not a terminal. Run tinygpt-tui in one, or add --web and open its URL in a browser.")
    from tinygpt_tui.app import TinyGPTApp
    from tinygpt_tui.runs.choices import Choice

    app = TinyGPTApp(
        Path(flags["runs_dir"]),
        run=run,
        model=Choice(str(model.path)) if model else None,
        may_change=not flags["watch_only"],
        keeps_sitting=not in_browser,
    )
    gc.set_threshold(*GARBAGE_THRESHOLDS)
    app.run()
    # Textual leaves it `None` after some faults.
    return console.FAILED if app.return_code is None else app.return_code


def served() -> bool:
    """Whether the UI runs behind a web server instead of in a terminal."""
    import os

    return "web_driver" in os.environ.get("TEXTUAL_DRIVER", "")


def find(path: str | None) -> tuple[RunDirectory | None, RunDirectory | None]:
    """Decide whether a path is a run to watch or a model to chat with.

    Args:
        path: A run's folder, or the model file in it.

    Returns:
        The run or `None`, and the model's run or `None`.

    Raises:
        InputError: When it is neither.
    """
    if path is None:
        return None, None
    if Path(path).is_file():
        directory = RunDirectory(named(Path(path).parent))
        if Path(path).name != directory.best_file.name:
            raise InputError(f"{path} is not a model file. Give a run's best.keras, or its folder.")
        directory.config()
        return None, directory
    directory = RunDirectory(named(Path(path)))
    directory.config()
    # A run that has just begun has neither file.
    is_model = directory.best_file.is_file() and not directory.events_file.exists()
    return (None, directory) if is_model else (directory, None)


def named(folder: Path) -> Path:
    """Resolve a path such as `.` or `..` that does not contain the folder's name."""
    return folder if folder.name not in ("", "..") else folder.resolve()


def serve(flags: dict[str, Any], path: str | None) -> int:
    """Serve the UI to browsers, with one app process per browser tab."""
    from tinygpt_tui import web

    command = [sys.executable, "-m", "tinygpt_tui", f"--runs-dir={flags['runs_dir']}"]
    command += [f"--run={path}"] if path else []
    command += [] if flags["allow_training"] else ["--watch-only"]
    return web.serve(command, PORT if flags["port"] is None else flags["port"])


if __name__ == "__main__":
    sys.exit(main())
