"""The table of runs: its columns, sorting, and a cursor that stays on its run."""

import time
from collections.abc import Callable
from typing import Any

from rich.cells import cell_len
from rich.text import Text
from textual.widgets import DataTable

from tinygpt_tui.runs.cells import abbreviated, count, figure, fitted
from tinygpt_tui.runs.summary import RUNNING, Summary
from tinygpt_tui.training.standing import age

# Each column's text and sort key; the keys put the most interesting runs first.
COLUMNS: dict[str, tuple[Callable[[Summary], str], Callable[[Summary], Any]]] = {
    "name": (lambda run: run.name, lambda run: run.name),
    "state": (lambda run: run.marked_state, lambda run: (run.state != RUNNING, run.state)),
    "best loss": (lambda run: figure(run), lambda run: (run.best_loss is None, run.best_loss)),
    "preset": (lambda run: run.preset, lambda run: run.preset),
    "steps": (lambda run: count(run.step), lambda run: -(run.step or 0)),
    "parameters": (lambda run: count(run.parameters), lambda run: -(run.parameters or 0)),
    "age": (lambda run: age(time.time() - run.written_at), lambda run: -run.written_at),
    "learned from": (lambda run: run.text, lambda run: run.text),
}
RIGHT = ("best loss", "steps", "parameters")
SPARED = ("learned from", "parameters", "preset", "steps", "age")  # what a narrow table leaves out, in this order
SHORTEST_NAME = 8


class RunTable(DataTable[Text]):
    """Lists runs."""

    def __init__(self, **options: Any) -> None:
        super().__init__(cursor_type="row", zebra_stripes=True, **options)
        self.runs: list[Summary] = []
        self.sorted_by = "age"
        self.renamed: dict[str | None, str] = {}
        """New names, by the old names that the table still shows."""
        self._frame: tuple[list[tuple[str, str, int]], list[str]] = [], []
        self._rows: list[list[str]] = []

    def show(self, runs: list[Summary], room: int) -> None:
        """Fill the table; the cursor stays on its run.

        Args:
            runs: The runs.
            room: The width in terminal columns.
        """
        self.runs = sorted(runs, key=COLUMNS[self.sorted_by][1])
        shown, rows, widths = self.fit(room)
        frame = (
            [(name, self.head(name), width) for name, width in zip(shown, widths, strict=True)],
            [run.name for run in self.runs],
        )
        if frame != self._frame:
            self._frame = frame
            self.rebuild()
        elif rows == self._rows:
            return
        self._rows = rows
        for run, row in zip(self.runs, rows, strict=True):
            for name, text in zip(shown, row, strict=True):
                if self.get_cell(run.name, name) != (cell := aligned(name, text)):
                    self.update_cell(run.name, name, cell)

    def fit(self, room: int) -> tuple[list[str], list[list[str]], list[int]]:
        """Return the columns that have room, their cells, row by row, and their widths.

        Textual measures its own widths later, and does not repaint a table that keeps its size.
        """
        texts = {name: [fitted(name, show(run)) for run in self.runs] for name, (show, _) in COLUMNS.items()}
        widths = {name: max(map(cell_len, (self.head(name), *column))) for name, column in texts.items()}
        room -= self.styles.scrollbar_size_vertical
        left = 0  # for the name
        for name in ("", *SPARED):
            if name:
                del widths[name]
            left = room - 2 * self.cell_padding * len(widths) - sum(widths.values()) + widths["name"]
            # The text is the first to go: names come before it.
            if left >= (SHORTEST_NAME + 4 if "learned from" not in widths else widths["name"]):
                break
        widths["name"] = max(min(widths["name"], left), SHORTEST_NAME)
        texts["name"] = [abbreviated(name, widths["name"]) for name in texts["name"]]
        return (
            list(widths),
            [[texts[name][row] for name in widths] for row in range(len(self.runs))],
            [*widths.values()],
        )

    def head(self, name: str) -> str:
        """Return a column's head, with a mark if the table is sorted by it."""
        return f"{name} ▾" if name == self.sorted_by else name

    def rebuild(self) -> None:
        """Rebuild the heads and empty rows; keep the cursor on its run, and the scroll position."""
        columns, names = self._frame
        chosen, cursor, scrolled = self.chosen_name, self.cursor_row, self.scroll_y
        self.clear(columns=True)
        for name, head, width in columns:
            self.add_column(aligned(name, head), width=width, key=name)
        for name in names:
            self.add_row(*[Text()] * len(columns), key=name)
        if chosen in self.renamed:
            chosen = self.renamed.pop(chosen)
        row = names.index(chosen) if chosen in names else min(cursor, len(names) - 1)
        if row != cursor:
            self.move_cursor(row=row)
        elif names:
            self.move_cursor(row=row, scroll=False)
            # The rows have no positions before the next layout.
            self.call_after_refresh(self.scroll_to, y=scrolled, animate=False)

    @property
    def chosen_name(self) -> str | None:
        """The name in the row under the cursor."""
        return self.coordinate_to_cell_key(self.cursor_coordinate).row_key.value if self.row_count else None

    @property
    def chosen(self) -> Summary | None:
        """The run under the cursor."""
        name = self.chosen_name
        return next((run for run in self.runs if run.name == name), None)

    def sort_by_next(self) -> None:
        """Sort by the next column from now on."""
        names = list(COLUMNS)
        self.sorted_by = names[(names.index(self.sorted_by) + 1) % len(names)]


def aligned(column: str, text: str) -> Text:
    """Return a cell's text; numbers are aligned to the right."""
    return Text(text, justify="right" if column in RIGHT else "left")
