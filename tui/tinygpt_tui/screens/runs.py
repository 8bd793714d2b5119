"""The table of all runs, and a closer look at the marked one."""

import asyncio
import time

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.widgets import DataTable, Static

from tinygpt_tui.places import RUNS
from tinygpt_tui.runs.summary import RUNNING, Summary, list_runs
from tinygpt_tui.screens.page import BROAD, WIDTHS
from tinygpt_tui.screens.run_actions import RunActions, applies
from tinygpt_tui.text import plain
from tinygpt_tui.training.details import Details, DetailsReader
from tinygpt_tui.training.phase import with_own
from tinygpt_tui.training.standing import age
from tinygpt_tui.widgets.one_line import OneLine
from tinygpt_tui.widgets.panel import hints, title
from tinygpt_tui.widgets.run_details import RunDetails
from tinygpt_tui.widgets.run_table import RunTable

LOOK_EVERY_S = 2.0
# The mark may move thirty times a second while a key is held; the panels follow as fast as one can read.
MARK_EVERY_S = 0.1
FOLLOW_EVERY_S = 1.0  # a run that is being trained

UNABLE = {"c": "chat", "u": "resume", "f": "train_from", "e": "export"}
"""Keys that say why they do nothing with the marked run."""
CORNERS = 6  # columns of a border beside what it says
SORTED = {"learned from": "text"}
"""Columns whose name is no noun."""


class RunsScreen(RunActions):
    """Lists the runs of a folder, which it reads again every two seconds."""

    PLACE = RUNS
    CSS_PATH = "runs.tcss"
    HELP_TEXT = (
        "Every run in the runs folder, the newest first, and a closer look at the marked one: its loss from the first "
        "evaluation to the last, what it wrote last, the text it learned from, and its recipe, which y copies as a "
        "command for the terminal. Enter shows its curves, c chats with it, f begins a new run with its weights, "
        "u resumes one that was stopped, and trains a finished one further. An "
        "arrow before the best loss means that the loss has risen well above it since, as happens when a short text "
        "is learned by heart. Click a column head, or press o, to sort. Renaming and deleting work only inside this "
        "folder, and never on a run that is training."
    )
    VERTICAL_BREAKPOINTS = [(0, "-flat"), (20, "-low"), (30, "-high")]
    HORIZONTAL_BREAKPOINTS = [*WIDTHS, BROAD]
    BINDINGS = [
        Binding("enter", "open", "Open", key_display="⏎"),
        Binding("c", "chat", "Chat"),
        Binding("u", "resume", "Resume"),
        Binding("u", "further", "Train further"),
        Binding("f", "train_from", "Train from its weights", show=False),
        Binding("y", "copy_recipe", "Copy recipe"),
        Binding("m", "rename", "Rename"),
        Binding("d,delete", "delete", "Delete"),
        Binding("e", "export", "Export"),
        Binding("o", "sort", "Sort"),
        Binding("escape", "back", "Back", key_display="esc"),
        *(Binding(key, f"unable('{action}')", show=False) for key, action in UNABLE.items()),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.runs: list[Summary] = []
        self.details: Details | None = None
        """A closer look at a run, mostly the marked one."""
        self._offers: tuple[bool, ...] = ()
        self._reader: DetailsReader | None = None
        self._read_at = 0.0
        self._read_as: Summary | None = None

    def body(self) -> ComposeResult:
        """Yield the headline, the table and the panels."""
        yield OneLine(id="headline")
        with RunDetails(id="details"), Vertical(id="list", classes="panel"):
            yield RunTable(id="table")
            yield Static(id="empty")

    def on_mount(self) -> None:
        """Fill the table and keep it up to date."""
        self.table.focus()
        self.query_one(RunDetails).show(None, None)
        self.set_interval(LOOK_EVERY_S, self.look_again)
        self.set_interval(MARK_EVERY_S, self.look_closer)
        self.look()

    def on_screen_resume(self) -> None:
        """Refresh the table when the screen is shown again."""
        self.look()

    def fitted(self) -> None:
        """Fit the columns to the new width."""
        if self.runs:
            self.draw()
            self.query_one(RunDetails).show(self._read_as, self.details)

    @property
    def table(self) -> RunTable:
        """The table."""
        return self.query_one(RunTable)

    @property
    def chosen(self) -> Summary | None:
        """The run under the cursor."""
        tables = self.query(RunTable)  # none before the first frame, when the footer asks what it may offer
        return tables.first().chosen if tables else None

    def was_renamed(self, old: str, new: str) -> None:
        """Keep the cursor on a run that has another name."""
        self.table.renamed[old] = new

    def look_again(self) -> None:
        """Begin to read the folder, unless that is under way: it takes seconds where there are a thousand runs."""
        if not self.is_working("look"):
            self.look()

    @work(exclusive=True, group="look", exit_on_error=False)
    async def look(self) -> None:
        """Read the folder and draw the table."""
        if self.is_current or not self.runs:
            runs = await asyncio.to_thread(list_runs, self.owner.runs_dir, self.runs)
            self.runs = with_own(runs, self.owner.started)
            self.draw()

    def draw(self) -> None:
        """Draw the table, and the headline of the marked run."""
        panel = self.query_one("#list")
        self.table.show(self.runs, panel.size.width)
        self.runs = self.table.runs
        panel.border_title = title(f"{len(self.runs):,} in {self.owner.runs_dir}")
        order = SORTED.get(self.table.sorted_by, self.table.sorted_by)
        panel.border_subtitle = hints(
            ("o", f"sorted by {order}"), ("m", "rename"), ("d", "delete"), columns=panel.outer_size.width - CORNERS
        )
        empty = self.query_one("#empty", Static)
        empty.display, self.table.display = not self.runs, bool(self.runs)
        if not self.runs:
            folder = self.owner.runs_dir
            empty.update(plain(f"There is no run yet. Press F2 to train one; it will be kept in {folder}."))
        self.draw_headline()

    def draw_headline(self) -> None:
        """Name the marked run and its state, and offer what it allows: a footer is slow to make anew."""
        run = self.chosen
        offers = tuple(run is not None and applies(action, run) for action in ("resume", "further", "chat"))
        if offers != self._offers:
            self._offers = offers
            self.refresh_bindings()
        words = self.exporting or (in_one_line(run) if run is not None else "No run yet")
        self.query_one("#headline", OneLine).show(words)

    def on_data_table_row_highlighted(self) -> None:
        """Name the run that is marked now; the panels follow within a moment."""
        self.draw_headline()

    def look_closer(self) -> None:
        """Begin a closer look at the marked run, unless one is under way or nothing can have changed."""
        run = self.chosen
        now = time.monotonic()
        if not self.is_current or self.is_working("closer"):
            return
        read_as = self._read_as
        is_other = (run and run.directory) != (read_as and read_as.directory)
        has_changed = run != self._read_as and now - self._read_at >= FOLLOW_EVERY_S
        is_live = run is not None and run.state == RUNNING and now - self._read_at >= FOLLOW_EVERY_S
        if is_other or has_changed or is_live:
            self._read_at = now
            self.read_closer(run)

    @work(group="closer", exit_on_error=False)
    async def read_closer(self, run: Summary | None) -> None:
        """Read a run in a thread, and show what was found."""
        details = self.query_one(RunDetails)
        if run is None:
            self._read_as, self.details = None, None
            details.show(None, None)
            return
        if self._reader is None or self._reader.directory != run.directory:
            self._reader = DetailsReader(run.directory)
        self.details = await asyncio.to_thread(self._reader.read, run.state == RUNNING)
        self._read_as = run
        details.show(run, self.details)

    def on_data_table_header_selected(self, event: DataTable.HeaderSelected) -> None:
        """Sort by the clicked column."""
        self.table.sorted_by = event.column_key.value or self.table.sorted_by
        self.draw()

    def on_data_table_row_selected(self) -> None:
        """Open the run on Enter or a click."""
        self.action_open()

    def action_sort(self) -> None:
        """Sort by the next column."""
        self.table.sort_by_next()
        self.draw()

    def action_back(self) -> None:
        """Go back to where one came from."""
        self.owner.go_back()


def in_one_line(run: Summary) -> str:
    """Return a run's name, state, best loss and age."""
    parts = [run.name, run.state]
    if run.best_loss is not None:
        parts.append(f"best loss {run.best_loss:.4f}" + (", risen since" if run.has_risen else ""))
    return " · ".join([*parts, age(time.time() - run.written_at)])
