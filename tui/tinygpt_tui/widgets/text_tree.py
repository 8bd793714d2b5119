"""A tree of the machine's folders and texts."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from rich.text import Text, TextType
from textual.binding import Binding
from textual.widgets import DirectoryTree
from textual.widgets.directory_tree import DirEntry
from textual.widgets.tree import TreeNode
from textual.worker import Worker

from tinygpt_keras.console import printable
from tinygpt_tui.text import encodable
from tinygpt_tui.training.listing import Entry, Listing, list_texts


class TextTree(DirectoryTree):
    """A `DirectoryTree` of folders and texts, whose folders are listed in a thread and never opened twice.

    Args:
        path: The folder at the top.
    """

    ICON_NODE = "▸ "
    ICON_NODE_EXPANDED = "▾ "
    ICON_FILE = "  "
    BINDINGS = [
        Binding("right", "open", "Open", show=False),
        Binding("left", "close", "Close", show=False),
    ]

    def __init__(self, path: Path, id: str) -> None:
        self.listings: dict[Path, Listing] = {}
        """What was found, by resolved folder."""
        self.entries: dict[Path, Entry] = {}
        super().__init__(path, id=id)
        self.guide_depth = 2

    def process_label(self, label: TextType) -> Text:
        """Return a name on one line, without anything that acts on the terminal."""
        return Text(encodable(printable(str(label))), no_wrap=True, end="")

    def _directory_content(self, location: Path, worker: Worker[object]) -> Iterator[Path]:
        del worker  # the listing is limited, and cannot be cancelled within
        listing = self.listings[location] = list_texts(location)
        for entry in listing.entries:
            self.entries[location / entry.name] = entry
            yield location / entry.name

    def _safe_is_dir(self, path: Path) -> bool:
        """Whether a path is a folder: known from its listing, for a look at the disk may take long."""
        return path not in self.entries or self.entries[path].is_folder

    def _populate_node(self, node: "TreeNode[DirEntry]", content: Iterable[Path]) -> None:
        """Add a folder's entries, and a word about those that are not shown."""
        paths = list(content)
        super()._populate_node(node, paths)
        if paths and (left_out := self.listings[paths[0].parent].left_out):
            node.add_leaf(f"… and {left_out:,} more: type the path")

    def action_open(self) -> None:
        """Open the folder under the cursor."""
        if self.cursor_node is not None and self.cursor_node.allow_expand:
            self.cursor_node.expand()

    def action_close(self) -> None:
        """Close the folder under the cursor, or go to the one that it is in."""
        node = self.cursor_node
        if node is not None and node.allow_expand and node.is_expanded:
            node.collapse()
        else:
            self.action_cursor_parent()

    def action_toggle_expand_all(self) -> None:
        """Open no more than one folder at a time: all of them may be thousands."""
