"""Text handed over to whoever sits here: a file in the current folder, or in a browser a download, and where it is."""

from pathlib import Path

from textual.app import App
from textual.events import DeliveryComplete, DeliveryFailed

from tinygpt_keras.console import printable
from tinygpt_tui.chat import saving


class DeliveringApp(App[None]):
    """An application that saves text and says where."""

    def hand_over(self, content: str, kind: str) -> None:
        """Save a text.

        Args:
            content: The text.
            kind: The ending of its file's name.

        Raises:
            OSError: When no file can be made in the current folder.
        """
        path = Path(next(saving.file_names(kind))) if self.is_web else saving.new_file(Path.cwd(), kind)
        self.deliver_text(saving.as_file(content), save_directory=path.parent, save_filename=path.name)

    def on_delivery_complete(self, event: DeliveryComplete) -> None:
        """Say where it is."""
        words = "Your browser has it as a download." if event.path is None else f"Saved as {event.path}"
        self.notify(printable(words), markup=False)

    def on_delivery_failed(self, event: DeliveryFailed) -> None:
        """Say that it is nowhere."""
        self.notify(printable(f"It could not be saved: {event.exception}"), severity="error", markup=False)
