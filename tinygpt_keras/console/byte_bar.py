"""Progress through a long text: a bar on a terminal, a line now and then elsewhere."""

import contextlib
import sys
import time
from collections.abc import Callable, Generator
from typing import TextIO, cast

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from tinygpt_keras.console.progress import LINE_EVERY_S, Unattended, duration
from tinygpt_keras.console.streams import tell

MB = 1_000_000


@contextlib.contextmanager
def byte_bar(total: int) -> Generator[Callable[[int], None], None, None]:
    """Show on standard error how much of a text is encoded, and at the end how long it took.

    Args:
        total: The bytes of the text.

    Yields:
        A function to call with the bytes that each part had.
    """
    console = Console(file=cast("TextIO", Unattended(sys.stderr)), highlight=False, markup=False, emoji=False)
    columns = TextColumn("encoding"), BarColumn(None), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn()
    bar = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
    task = bar.add_task("", total=total)
    began = line_at = time.monotonic()
    done = 0

    def advance(size: int) -> None:
        nonlocal line_at, done
        done += size
        bar.update(task, completed=done)
        if not console.is_terminal and time.monotonic() - line_at >= LINE_EVERY_S:
            line_at = time.monotonic()
            tell(f"encoded {done // MB:,} of {total // MB:,} MB")

    with bar:
        yield advance
    took = max(time.monotonic() - began, 0.001)
    tell(f"encoded {total // MB:,} MB in {duration(took)}: {total / MB / took:,.0f} MB/s")
