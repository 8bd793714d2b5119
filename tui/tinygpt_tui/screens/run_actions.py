"""What can be done with the marked run of the table: chat, train, resume, rename, delete, export."""

import asyncio

from textual import work

from tinygpt_keras.config.fields import FieldError
from tinygpt_keras.errors import InputError, TinyGPTError
from tinygpt_keras.serving.target import target_folder
from tinygpt_keras.worker.protocol import Export, Exported, Progress
from tinygpt_tui.looking.subject import Subject
from tinygpt_tui.runs.choices import Choice
from tinygpt_tui.runs.shelf import check_may_change, delete_run, rename_run
from tinygpt_tui.runs.summary import FAILED, FINISHED, INTERRUPTED, RUNNING, Summary
from tinygpt_tui.screens.dialogs import Ask, Confirm
from tinygpt_tui.screens.page import Page
from tinygpt_tui.training.command import NO_COMMAND, command_of
from tinygpt_tui.training.text_facts import expanded

CHANGING = ("resume", "further", "train_from", "rename", "delete", "export")  # actions that need `may_change`


class RunActions(Page):
    """A page with a run to act on: `chosen`."""

    def __init__(self) -> None:
        super().__init__()
        self.exporting = ""
        """What the export that is under way does."""

    @property
    def chosen(self) -> Summary | None:
        """The marked run."""
        raise NotImplementedError

    def look(self) -> object:
        """Read the folder again, and draw it."""
        raise NotImplementedError

    def draw(self) -> None:
        """Draw what is known."""
        raise NotImplementedError

    def was_renamed(self, old: str, new: str) -> None:
        """Keep the mark on a run that has another name."""

    @property
    def asked_about(self) -> Summary | None:
        """The marked run; None while a dialog is open, so that a double key press asks once."""
        return self.chosen if self.is_current else None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what the marked run allows, and changes only where this session may make them."""
        is_unable, action = action == "unable", str(parameters[0]) if action == "unable" else action
        if action in CHANGING and not self.owner.may_change:
            return False
        run = self.chosen
        if is_unable:
            return run is not None and not applies(action, run) and not (action == "resume" and applies("further", run))
        return run is None or applies(action, run)

    def action_unable(self, action: str) -> None:
        """Say why a key has no effect on the marked run."""
        if (run := self.chosen) is not None:
            words = "is being trained. Enter shows it" if run.state == RUNNING else "cannot be read"
            words = words if action == "resume" else "has no weights yet"
            self.say(f"{run.name} {words}.", failed=True)

    def action_further(self) -> None:
        """Ask how far a finished run shall train, and resume it."""
        self.action_resume()

    def action_open(self) -> None:
        """Show the run's curves."""
        if (run := self.chosen) is not None:
            self.owner.watch_run(run.directory)

    @property
    def subject(self) -> Subject | None:
        """What Look shows if it is opened from here: the marked run, and what it wrote."""
        run = self.chosen
        return Subject(Choice(str(run.directory.path))) if run is not None and run.can_write else None

    @property
    def unlearned(self) -> str:
        """The marked run's name, if it has no weights to look at."""
        return self.chosen.name if self.chosen is not None and self.subject is None else ""

    def action_chat(self) -> None:
        """Chat with the run's model."""
        if (choice := self.model()) is not None:
            self.owner.chat_with(choice)

    def action_train_from(self) -> None:
        """Begin a new run with the run's weights."""
        if (choice := self.model()) is not None:
            self.owner.train_from(choice)

    def model(self) -> Choice | None:
        """Return the marked run's best weights; if it has none, say so."""
        if (run := self.chosen) is None:
            return None
        if run.can_write:
            return Choice(str(run.directory.path))
        self.say(f"{run.name} has no weights yet.", failed=True)
        return None

    @work(exclusive=True, group="copy", exit_on_error=False)
    async def action_copy_recipe(self) -> None:
        """Copy the command that trains another run like the marked one."""
        if (run := self.chosen) is None:
            return
        try:
            command = await asyncio.to_thread(command_of, run.directory)
        except (InputError, OSError) as error:
            self.complain(error)
            return
        if not command:
            self.say(NO_COMMAND, failed=True)
            return
        self.app.copy_to_clipboard(command)
        self.say(f"Copied the recipe of {run.name}: paste it into a terminal.")

    @work(exit_on_error=False)
    async def action_resume(self) -> None:
        """Resume an interrupted run, or train a finished one further, and watch it."""
        if (run := self.asked_about) is None:
            return
        try:
            if await self.resumed(run.directory, run.state == FINISHED):
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
                self.was_renamed(run.name, name)

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


def applies(action: str, run: Summary) -> bool:
    """Whether an action can do something with a run."""
    match action:
        case "resume":
            return run.state in (INTERRUPTED, FAILED)
        case "further":
            return run.state == FINISHED
        case "chat" | "train_from" | "export":
            return run.can_write
        case _:
            return True


def check_folder(out: str) -> None:
    """Raise an `InputError` if a model cannot be exported to the folder."""
    try:
        target_folder(expanded(out))
    except FieldError as error:
        raise InputError(error.named({"out": "folder"}.__getitem__)) from None
