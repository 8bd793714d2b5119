"""The dialog that chooses the text to train on from the machine's files."""

from pathlib import Path

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, DirectoryTree, Static

from tinygpt_keras.console import printable
from tinygpt_tui.text import plain
from tinygpt_tui.widgets.panel import hints, title
from tinygpt_tui.widgets.text_tree import TextTree

AROUND = 10  # columns of the screen beside what a border says


class TextDialog(ModalScreen[Path | None]):
    """Lists folders and texts, and returns the chosen one.

    Args:
        folder: The folder at the top.
    """

    CSS_PATH = "text_dialog.tcss"
    BINDINGS = [
        Binding("escape", "dismiss(None)", "Cancel"),
        Binding("backspace", "up", "Folder above"),
        Binding("t", "take", "Take it"),
    ]

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder

    def compose(self) -> ComposeResult:
        """Yield the tree, a line about what the cursor is on, and the buttons."""
        with Vertical(classes="dialog panel") as panel:
            panel.border_title = self.title_words
            keys = ("Enter", "opens"), ("t", "takes"), ("Esc", "cancels"), ("Backspace", "up")
            panel.border_subtitle = hints(*keys, columns=self.app.size.width - AROUND)
            yield TextTree(self.folder, id="tree")
            yield Static(id="about")
            with Horizontal(id="buttons"):
                yield Button("Take it", variant="primary", compact=True, id="take")
                yield Button("Folder above", compact=True, id="up")
                yield Button("Cancel", compact=True, id="cancel")

    def on_mount(self) -> None:
        """Focus the tree."""
        self.tree_of_texts.focus()

    @property
    def title_words(self) -> Content:
        """The title: what is chosen, and in which folder."""
        return title(f"A text to train on, in {printable(str(self.folder))}")

    @property
    def tree_of_texts(self) -> TextTree:
        """The tree."""
        return self.query_one(TextTree)

    @property
    def path(self) -> Path | None:
        """The path under the cursor; `None` where the line is no path."""
        node = self.tree_of_texts.cursor_node
        return None if node is None or node.data is None else node.data.path

    def on_tree_node_highlighted(self) -> None:
        """Describe the marked file or folder."""
        self.show_about()

    def on_text_tree_listed(self) -> None:
        """Describe the marked folder anew: now it is known whether it can be listed."""
        self.show_about()

    def show_about(self) -> None:
        """Show what taking the path under the cursor would train on."""
        path, tree = self.path, self.tree_of_texts
        if path is None:
            words = ""
        elif (entry := tree.entries.get(path)) is not None and not entry.is_folder:
            words = f"{path.name}: {entry.size:,} bytes"
        elif (listing := tree.listings.get(path)) is not None and listing.failure:
            words = f"✗ {path.name or path} cannot be listed: {listing.failure}"
        else:
            words = f"{path.name or path}: a folder; taking it trains on all its .txt files, joined"
        self.query_one("#about", Static).update(plain(printable(words)), layout=False)

    def on_directory_tree_file_selected(self, event: DirectoryTree.FileSelected) -> None:
        """Return the file."""
        self.dismiss(event.path)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Do what the button says."""
        if event.button.id == "take":
            self.action_take()
        elif event.button.id == "up":
            self.action_up()
        else:
            self.dismiss(None)

    def action_take(self) -> None:
        """Return the file or folder under the cursor."""
        if self.path is not None:
            self.dismiss(self.path)

    def action_up(self) -> None:
        """List the folder above."""
        self.folder = self.folder.parent
        self.query_one(".dialog").border_title = self.title_words
        self.tree_of_texts.path = self.folder
        self.tree_of_texts.focus()
