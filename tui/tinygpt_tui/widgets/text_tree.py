"""A tree of the machine's folders and texts."""

from collections.abc import Iterable
from pathlib import Path

from rich.text import Text, TextType
from textual import work
from textual.binding import Binding
from textual.message import Message
from textual.widgets import DirectoryTree
from textual.widgets.directory_tree import DirEntry
from textual.widgets.tree import TreeNode

from tinygpt_keras.console import printable
from tinygpt_tui.text import encodable
from tinygpt_tui.training.listing import Entry, Listing, list_texts


class TextTree(DirectoryTree):
    """A `DirectoryTree` of folders and texts, whose folders are listed in a thread and never opened twice.

    Args:
        path: The folder at the top.
    """

    class Listed(Message):
        """A folder has been listed, or cannot be."""

    ICON_NODE = "▸ "
    ICON_NODE_EXPANDED = "▾ "
    ICON_FILE = "  "
    BINDINGS = [
        Binding("right", "open", "Open", show=False),
        Binding("left", "close", "Close", show=False),
    ]

    def __init__(self, path: Path, id: str) -> None:
        self.listings: dict[Path, Listing] = {}
        """What was found, by folder, as it stands in the tree."""
        self.entries: dict[Path, Entry] = {}
        super().__init__(path, id=id)
        self.guide_depth = 2

    def process_label(self, label: TextType) -> Text:
        """Return a name on one line, without anything that acts on the terminal."""
        return Text(encodable(printable(str(label))), no_wrap=True, end="")

    @work(thread=True, exit_on_error=False)
    def _load_directory(self, node: "TreeNode[DirEntry]") -> list[Path]:
        """List a folder; what is found is noted under the path of its node, which for a link is not where it leads."""
        assert node.data is not None
        listing = self.listings[node.data.path] = list_texts(node.data.path.expanduser())
        location = node.data.path.expanduser().resolve()
        paths = [location / entry.name for entry in listing.entries]
        self.entries |= dict(zip(paths, listing.entries, strict=True))
        self.post_message(self.Listed())
        return paths

    def _safe_is_dir(self, path: Path) -> bool:
        """Whether a path is a folder: known from its listing, for a look at the disk may take long."""
        return path not in self.entries or self.entries[path].is_folder

    def _populate_node(self, node: "TreeNode[DirEntry]", content: Iterable[Path]) -> None:
        """Add a folder's entries, and a word about those that are not shown."""
        super()._populate_node(node, content)
        if node.data is not None and (left_out := self.listings[node.data.path].left_out):
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
