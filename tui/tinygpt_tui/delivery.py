"""Saving text for the user: as a file in the current folder, or in a browser as a download."""

from pathlib import Path

from textual.app import App
from textual.events import DeliveryComplete, DeliveryFailed

from tinygpt_keras.console import printable
from tinygpt_tui.chat import saving


class DeliveringApp(App[None]):
    """An application that saves text and reports the file's path."""

    def hand_over(self, content: str, kind: str) -> None:
        """Save text as a file, or in a browser as a download.

        Args:
            content: The text.
            kind: The file's extension, without a dot.

        Raises:
            OSError: When the file cannot be created in the current folder.
        """
        path = Path(next(saving.file_names(kind))) if self.is_web else saving.new_file(Path.cwd(), kind)
        self.deliver_text(saving.as_file(content), save_directory=path.parent, save_filename=path.name)

    def on_delivery_complete(self, event: DeliveryComplete) -> None:
        """Show the path of the saved file."""
        words = "Downloaded by your browser." if event.path is None else f"Saved as {event.path}"
        self.notify(printable(words), markup=False)

    def on_delivery_failed(self, event: DeliveryFailed) -> None:
        """Show why it could not be saved."""
        self.notify(printable(f"It could not be saved: {event.exception}"), severity="error", markup=False)
