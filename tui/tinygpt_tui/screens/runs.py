"""The table of all runs, and the actions on them."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

from rich.cells import cell_len
from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.widgets import DataTable, Static

from tinygpt_keras.config.fields import FieldError
from tinygpt_keras.errors import InputError, TinyGPTError
from tinygpt_keras.serving.target import target_folder
from tinygpt_keras.worker.protocol import Export, Exported, Progress
from tinygpt_tui.places import RUNS
from tinygpt_tui.runs.cells import abbreviated, count, figure, fitted
from tinygpt_tui.runs.choices import Choice
from tinygpt_tui.runs.shelf import check_may_change, delete_run, rename_run
from tinygpt_tui.runs.summary import RUNNING, Summary, list_runs
from tinygpt_tui.screens.dialogs import Ask, Confirm
from tinygpt_tui.screens.page import Page
from tinygpt_tui.text import plain
from tinygpt_tui.training.recipe import expanded
from tinygpt_tui.training.standing import age

LOOK_EVERY_S = 2.0
# Each column's text and sort key; the keys put the most interesting runs first.
COLUMNS: dict[str, tuple[Callable[[Summary], str], Callable[[Summary], Any]]] = {
    "name": (lambda run: run.name, lambda run: run.name),
    "state": (lambda run: run.state, lambda run: (run.state != RUNNING, run.state)),
    "best loss": (lambda run: figure(run), lambda run: (run.best_loss is None, run.best_loss)),
    "preset": (lambda run: run.preset, lambda run: run.preset),
    "steps": (lambda run: count(run.step), lambda run: -(run.step or 0)),
    "parameters": (lambda run: count(run.parameters), lambda run: -(run.parameters or 0)),
    "age": (lambda run: age(time.time() - run.written_at), lambda run: -run.written_at),
}
RIGHT = ("best loss", "steps", "parameters")
SHORTEST_NAME = 8
CHANGING = ("resume", "train_from", "rename", "delete", "export")  # actions that need `may_change`


class RunsScreen(Page):
    """Lists the runs of a folder, which it reads again every two seconds."""

    PLACE = RUNS
    CSS_PATH = "runs.tcss"
    HELP_TEXT = (
        "Every run in the runs folder, the newest first. Enter shows its curves, c chats with it, f begins a new run "
        "with its weights. An arrow before the best loss means that the loss has risen well above it since, as happens "
        "when a short text is learned by heart. Click a column head, or press o, to sort. Renaming and deleting work "
        "only inside this folder, and never on a run that is training."
    )
    BINDINGS = [
        Binding("enter", "open", "Open"),
        Binding("c", "chat", "Chat"),
        Binding("u", "resume", "Resume"),
        Binding("f", "train_from", "Train from its weights", show=False),
        Binding("m", "rename", "Rename"),
        Binding("d,delete", "delete", "Delete"),
        Binding("e", "export", "Export"),
        Binding("o", "sort", "Sort"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.runs: list[Summary] = []
        self.sorted_by = "age"
        self.exporting = ""
        self.renamed: dict[str | None, str] = {}
        """New names, by the old names that the table still shows."""
        self._frame: tuple[list[tuple[str, int]], list[str]] = [], []

    def body(self) -> ComposeResult:
        """Yield the table and a note."""
        yield DataTable(cursor_type="row", zebra_stripes=True, id="table")
        yield Static(id="note")

    def on_mount(self) -> None:
        """Fill the table and keep it up to date."""
        self.query_one(DataTable).focus()
        self.set_interval(LOOK_EVERY_S, self.look)
        self.look()

    def on_screen_resume(self) -> None:
        """Refresh the table when the screen is shown again."""
        self.look()

    def on_resize(self) -> None:
        """Fit the column of names to the new width."""
        if self.runs:
            self.call_after_refresh(self.draw)

    @work(exclusive=True, group="look", exit_on_error=False)
    async def look(self) -> None:
        """Read the folder and draw the table."""
        if self.is_current or not self.runs:
            self.runs = await asyncio.to_thread(list_runs, self.owner.runs_dir)
            self.draw()

    def draw(self) -> None:
        """Fill the table; the cursor stays on its run."""
        table = self.query_one(DataTable)
        self.runs.sort(key=COLUMNS[self.sorted_by][1])
        heads = [name + (" ▾" if name == self.sorted_by else "") for name in COLUMNS]
        rows = [[fitted(name, shown(run)) for name, (shown, _) in COLUMNS.items()] for run in self.runs]
        # Set the widths here: Textual measures its own later, and does not repaint a table that keeps its size.
        widths = [max(map(cell_len, column)) for column in zip(heads, *rows, strict=True)]
        room = self.size.width - table.styles.scrollbar_size_vertical - 2 * table.cell_padding * len(widths)
        widths[0] = max(min(widths[0], room - sum(widths[1:])), SHORTEST_NAME)
        for row in rows:
            row[0] = abbreviated(row[0], widths[0])
        frame = [*zip(heads, widths, strict=True)], [run.name for run in self.runs]
        if frame != self._frame:
            self._frame = frame
            self.rebuild(table)
        for run, row in zip(self.runs, rows, strict=True):
            for name, text in zip(COLUMNS, row, strict=True):
                if table.get_cell(run.name, name) != (cell := aligned(name, text)):
                    table.update_cell(run.name, name, cell)
        folder = self.owner.runs_dir
        empty = f"There is no run yet. Press F2 to train one; it will be kept in {folder}."
        note = f"{len(self.runs)} in {folder}" if self.runs else empty
        self.query_one("#note", Static).update(plain(self.exporting or note))
        self.refresh_bindings()

    def rebuild(self, table: "DataTable[Text]") -> None:
        """Rebuild the heads and empty rows; keep the cursor on its run, and the scroll position."""
        columns, names = self._frame
        chosen, cursor, scrolled = self.chosen_name, table.cursor_row, table.scroll_y
        table.clear(columns=True)
        for name, (head, width) in zip(COLUMNS, columns, strict=True):
            table.add_column(aligned(name, head), width=width, key=name)
        for name in names:
            table.add_row(*[Text()] * len(COLUMNS), key=name)
        if chosen in self.renamed:
            chosen = self.renamed.pop(chosen)
        row = names.index(chosen) if chosen in names else min(cursor, len(names) - 1)
        if row != cursor:
            table.move_cursor(row=row)
        elif names:
            table.move_cursor(row=row, scroll=False)
            # The rows have no positions before the next layout.
            self.call_after_refresh(table.scroll_to, y=scrolled, animate=False)

    @property
    def chosen_name(self) -> str | None:
        """The name in the row under the cursor."""
        table = self.query_one(DataTable)
        return table.coordinate_to_cell_key(table.cursor_coordinate).row_key.value if table.row_count else None

    @property
    def chosen(self) -> Summary | None:
        """The run under the cursor."""
        name = self.chosen_name
        return next((run for run in self.runs if run.name == name), None)

    @property
    def asked_about(self) -> Summary | None:
        """The run under the cursor; None while a dialog is open, so that a double key press asks once."""
        return self.chosen if self.is_current else None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer changes only where they are allowed."""
        del parameters
        return self.owner.may_change if action in CHANGING else True

    def on_data_table_header_selected(self, event: DataTable.HeaderSelected) -> None:
        """Sort by the clicked column."""
        self.sorted_by = event.column_key.value or self.sorted_by
        self.draw()

    def on_data_table_row_selected(self) -> None:
        """Open the run on Enter or a click."""
        self.action_open()

    def action_sort(self) -> None:
        """Sort by the next column."""
        names = list(COLUMNS)
        self.sorted_by = names[(names.index(self.sorted_by) + 1) % len(names)]
        self.draw()

    def action_open(self) -> None:
        """Show the run's curves."""
        if (run := self.chosen) is not None:
            self.owner.watch_run(run.directory)

    @property
    def subject(self) -> tuple[Choice, str] | None:
        """What Look shows if it is opened from here: the chosen run, and what it wrote."""
        run = self.chosen
        return (Choice(str(run.directory.path)), "") if run is not None and run.can_write else None

    def action_chat(self) -> None:
        """Chat with the run's model."""
        if (run := self.chosen) is None:
            return
        if run.can_write:
            self.owner.chat_with(Choice(str(run.directory.path)))
        else:
            self.say(f"{run.name} has no weights yet.", failed=True)

    def action_train_from(self) -> None:
        """Begin a new run with the run's weights."""
        if (run := self.chosen) is None:
            return
        if run.can_write:
            self.owner.train_from(Choice(str(run.directory.path)))
        else:
            self.say(f"{run.name} has no weights yet.", failed=True)

    @work(exit_on_error=False)
    async def action_resume(self) -> None:
        """Resume an interrupted run, and watch it."""
        if (run := self.asked_about) is None:
            return
        try:
            if await self.resumed(run.directory):
                self.owner.watch_run(run.directory)
        except (InputError, OSError) as error:
            self.complain(error)

    def may_change(self, run: Summary) -> bool:
        """Whether a run may be renamed or deleted; if not, show why."""
        try:
            check_may_change(self.owner.runs_dir, run.directory)
        except InputError as error:
            self.complain(error)
            return False
        return True

    @work(exit_on_error=False)
    async def action_rename(self) -> None:
        """Ask for a new name and rename the run."""
        if (run := self.asked_about) is None or not self.may_change(run):
            return

        def attempt(name: str) -> None:
            if name != run.name:
                rename_run(self.owner.runs_dir, run.directory, name)
                self.renamed[run.name] = name

        await self.app.push_screen_wait(Ask(f"A new name for {run.name}:", run.name, attempt))
        self.look()

    @work(exit_on_error=False)
    async def action_delete(self) -> None:
        """Delete the run, after confirmation."""
        if (run := self.asked_about) is None or not self.may_change(run):
            return
        question = f"Delete {run.name}, with its weights, checkpoints and history? This cannot be undone."
        if await self.app.push_screen_wait(Confirm(question, "Delete")):
            try:
                await asyncio.to_thread(delete_run, self.owner.runs_dir, run.directory)
            except (InputError, OSError) as error:
                self.complain(error)
            self.look()

    @work(exit_on_error=False)
    async def action_export(self) -> None:
        """Ask for a folder and export the run there as a SavedModel."""
        if (run := self.asked_about) is None:
            return
        words = f"Export {run.name} as a SavedModel to the folder:"
        out = await self.app.push_screen_wait(Ask(words, f"exported/{run.name}", check_folder))
        if not out:
            return
        self.owner.exports.append(run.name)
        try:
            request = Export(run=str(run.directory.path), out=expanded(out))
            async for answer in await self.owner.worker.request(request):
                if isinstance(answer, Progress):
                    self.exporting = f"Exporting {run.name}: {answer.message} …"
                    self.draw()
                elif isinstance(answer, Exported):
                    self.say(f"Written to {answer.path}.")
        except TinyGPTError as error:
            self.complain(error)
        finally:
            self.owner.exports.remove(run.name)
        self.exporting = ""
        self.look()


def check_folder(out: str) -> None:
    """Raise an `InputError` if a model cannot be exported to the folder."""
    try:
        target_folder(expanded(out))
    except FieldError as error:
        raise InputError(error.named({"out": "folder"}.__getitem__)) from None


def aligned(column: str, text: str) -> Text:
    """Return a cell's text; numbers are aligned to the right."""
    return Text(text, justify="right" if column in RIGHT else "left")
