"""The screens, each with its stylesheet beside it.

The functions build them for the application. Each imports its module when it is called, so that the first frame waits
for the start screen alone.
"""

from typing import TYPE_CHECKING

from textual.screen import Screen

from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_tui.runs.choices import Choice
from tinygpt_tui.training.trainer import Training

if TYPE_CHECKING:
    from tinygpt_tui.chat.inquiry import Inquiry  # read with the chat, not before the first frame


def home_screen() -> Screen[None]:
    """Build the start screen."""
    from tinygpt_tui.screens.home import HomeScreen

    return HomeScreen()


def train_screen() -> Screen[None]:
    """Build the form that starts a run."""
    from tinygpt_tui.screens.train import TrainScreen

    return TrainScreen()


def watch_screen(directory: RunDirectory, training: Training | None) -> Screen[None]:
    """Build the curves of a run, and of the process that trains it if it was started here."""
    from tinygpt_tui.screens.watch import WatchScreen

    return WatchScreen(directory, training)


def chat_screen(wanted: Choice | None) -> Screen[None]:
    """Build the chat, with a model or with the newest one."""
    from tinygpt_tui.screens.chat import ChatScreen

    return ChatScreen(wanted)


def why_screen(inquiries: "list[Inquiry]") -> Screen[None]:
    """Build the explanation of the chat's replies."""
    from tinygpt_tui.screens.why import WhyScreen

    return WhyScreen(inquiries)


def runs_screen() -> Screen[None]:
    """Build the table of runs."""
    from tinygpt_tui.screens.runs import RunsScreen

    return RunsScreen()


def look_screen() -> Screen[None]:
    """Build the look inside the newest model."""
    from tinygpt_tui.screens.look import LookScreen

    return LookScreen()


def learn_screen() -> Screen[None]:
    """Build the walk through the tour of attention."""
    from tinygpt_tui.screens.learn import LearnScreen

    return LearnScreen()
