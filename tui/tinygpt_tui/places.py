"""The ways from one screen to another, and out."""

from tinygpt_keras.console import printable
from tinygpt_keras.runs import RunDirectory
from tinygpt_tui.delivery import DeliveringApp
from tinygpt_tui.screens import screen
from tinygpt_tui.state.choices import Choice
from tinygpt_tui.state.trainer import Training, still_training


class PlacesApp(DeliveringApp):
    """An application of several places, some of which show a run or a model."""

    def __init__(self) -> None:
        super().__init__()
        self.watched: RunDirectory | None = None
        self.started: list[Training] = []
        """Every child that was started here."""

    def action_go(self, place: str) -> None:
        """Show a screen."""
        self.switch_mode(place)

    async def action_quit(self) -> None:
        """Leave, and say which runs go on."""
        self.exit(message=printable(still_training(self.started), keep="\n") or None)

    def watch_run(self, directory: RunDirectory, training: Training | None = None) -> None:
        """Show a run's curves."""
        self.switch_mode("train")
        self.leave_run()
        self.watched = directory
        self.push_screen(screen("watch", "WatchScreen", directory, training)())

    def leave_run(self) -> None:
        """Go back from a run to the beginning of the form."""
        if self.screen.name == "watch":
            self.pop_screen()
            self.screen.query("#preset").focus()

    def chat_with(self, choice: Choice) -> None:
        """Chat with a model."""
        from tinygpt_tui.screens.chat import ChatScreen

        self.switch_mode("chat")
        if isinstance(self.screen, ChatScreen):
            self.screen.choose(choice)
