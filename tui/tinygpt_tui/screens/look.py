"""A look inside a model while it reads a text: the keys, and what they do."""

import asyncio

from textual import events, work
from textual.widgets import Input

from tinygpt_keras.text.pairs import END, START
from tinygpt_tui.looking.gaze import POSITIONS, VIEWS
from tinygpt_tui.looking.steps import beside
from tinygpt_tui.looking.versions import Version, Versions
from tinygpt_tui.places import LOOK
from tinygpt_tui.runs.choices import list_choices
from tinygpt_tui.screens.dialogs import Ask
from tinygpt_tui.screens.look_dialogs import OWN_REPLY, READ, REPLY_TO, ChooseModel, TypeText
from tinygpt_tui.screens.look_keys import BINDINGS, HELP_TEXT, IN_VIEWS
from tinygpt_tui.screens.look_news import NewsPage
from tinygpt_tui.screens.looking import GREEDY
from tinygpt_tui.widgets.controls import Controls
from tinygpt_tui.widgets.shaded_text import ShadedText
from tinygpt_tui.widgets.sight import Sight
from tinygpt_tui.widgets.view_bar import ViewBar


class LookScreen(NewsPage):
    """Shows what a model does inside, live, under a cursor."""

    PLACE = LOOK
    CSS_PATH = "look.tcss"
    HELP_TEXT = HELP_TEXT
    HORIZONTAL_BREAKPOINTS = [(0, "-tiny"), (76, "-narrow"), (100, "-wide")]
    BINDINGS = BINDINGS

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer only the actions that do something now."""
        del parameters
        if action in ("version", "drop"):
            return len(self.versions.all) > 1
        if action == "settings" and not self.query_one(Controls).display:
            return False
        if action == "step":
            return self.opening is not None and len(self.opening.steps) > 1
        if action == "pinned":
            return self.opening is not None and bool(self.opening.history.samples)
        if action == "kind" and self.gaze is not None and len(self.gaze.kinds) == 1:
            return False
        return self.gaze is None or self.gaze.view in IN_VIEWS.get(action, VIEWS)

    def action_leave(self) -> None:
        """Leave a field, stop writing, or go back to where one came from."""
        if isinstance(self.focused, Input):
            self.set_focus(None)
        elif self.writer.is_writing:
            self.writer.stop()
            self.change(lambda gaze: None)
        else:
            self.owner.go_back()

    def action_move(self, way: int) -> None:
        """Move the cursor by some characters."""
        self.change(lambda gaze: gaze.point(gaze.place + way))

    def action_line(self, way: int) -> None:
        """Move the cursor to another line."""
        self.change(lambda gaze: gaze.move_line(way))

    def action_view(self, view: str) -> None:
        """Show another view."""
        sight = self.query_one(Sight)
        sight.row = 0
        sight.scroll_home(animate=False)
        self.change(lambda gaze: gaze.show(view))

    def action_row(self, way: int) -> None:
        """Mark a row further down, or (negative) up."""
        sight = self.query_one(Sight)
        sight.move(way)
        if self.gaze is not None and self.gaze.view == "neurons" and sight.units:
            unit = sight.units[sight.row]
            self.gaze.unit = unit.block, unit.unit
        self.change(lambda gaze: None)

    def action_page(self, way: int) -> None:
        """Mark a row a page further down or up; where no row is marked, scroll."""
        sight = self.query_one(Sight)
        rows = way * max(sight.size.height - 1, 1)
        if self.check_action("row", ()):
            self.action_row(rows)
        else:
            sight.scroll_relative(y=rows, animate=False)

    def action_take(self) -> None:
        """Take the marked character instead of the one that follows, and let the model write on."""
        sight = self.query_one(Sight)
        if self.gaze is None or self.writer.is_writing or not sight.chances:
            return
        if self.needed["next"] not in self.answers:
            return  # the list is still of another place
        gaze = self.gaze
        self.versions.current.place = gaze.place
        self.follows_sample = False
        character = sight.chances[sight.row].character
        version = self.versions.branch(gaze.place, character.removesuffix(END) if gaze.model.replies else character)
        sight.row = 0
        self.read(version)
        if gaze.goes_on(character):
            self.write_on(version)

    def read(self, version: Version) -> None:
        """Look at a version of the text."""
        self.change(lambda gaze: gaze.read_anew(version.text, version.place))

    def action_version(self) -> None:
        """Show the next version of the text, where its cursor was."""
        self.writer.stop()
        if self.gaze is not None:
            self.versions.current.place = self.gaze.place
        self.read(self.versions.turn(1))

    def action_drop(self) -> None:
        """Drop this version, and go back to the one before."""
        self.writer.stop()
        self.read(self.versions.back())

    def action_block(self, way: int) -> None:
        """Choose another block."""
        self.change(lambda gaze: gaze.turn_block(way))

    def action_head(self, way: int) -> None:
        """Choose another head."""
        self.change(lambda gaze: gaze.turn_head(way))

    def action_kind(self) -> None:
        """Choose from the heads of another kind of attention."""
        self.change(lambda gaze: gaze.turn_kind())

    def action_switch(self) -> None:
        """Switch the chosen part off, or on again."""
        self.change(lambda gaze: gaze.toggle(gaze.part))

    def action_positions(self) -> None:
        """Switch positions off, or on again."""
        self.change(lambda gaze: gaze.toggle(f"{gaze.stack}{POSITIONS}"))

    def action_whole(self) -> None:
        """Switch everything on again."""
        self.change(lambda gaze: gaze.off.clear())

    def action_rank(self) -> None:
        """Compare all parts, each alone off, or go back to the chosen ones."""
        self.change(lambda gaze: gaze.turn_ranking())

    def action_unit(self) -> None:
        """Ask for a hidden unit by its block and number, and paint it over the text."""
        if self.gaze is not None and self.gaze.has_blocks:
            model = self.gaze.model
            question = f"Which hidden unit? Blocks 1 to {model.num_layers}, units 1 to {model.hidden_dim}, as in 2.17."
            self.app.push_screen(Ask(question, "", lambda answer: self.change(lambda gaze: gaze.go_to_unit(answer))))

    def action_step(self, way: int) -> None:
        """Show an earlier or a later step of the run."""
        if self.opening is not None and self.gaze is not None:
            step = beside(self.opening.steps, self.gaze.choice.step, way)
            self.writer.stop()
            self.gaze.choice = self.gaze.choice._replace(step=step)
            self.versions.forget_bits()
            self.follow_sample()
            self.change(lambda gaze: None)

    def action_pinned(self) -> None:
        """Look at what the run wrote at the shown step."""
        if self.opening is None or self.gaze is None:
            return
        if not self.opening.sample(self.gaze.choice.step)[0]:
            self.say("This run has written nothing while it trained. Press t to type a text.")
            return
        self.writer.stop()
        self.follows_sample = True
        self.gaze.text = ""
        self.follow_sample()
        self.change(lambda gaze: gaze.point(0 if gaze.model.replies else gaze.last))

    @work(exit_on_error=False)
    async def action_type(self) -> None:
        """Ask for a text, and look at it."""
        if self.gaze is None or self.opening is None:
            return
        replies = self.gaze.model.replies
        asked = ((REPLY_TO, self.gaze.source), (OWN_REPLY, "")) if replies else ((READ, self.gaze.text),)
        texts = await self.app.push_screen_wait(TypeText(*asked))
        if texts is None:
            return
        if not self.opening.known(texts[0]):
            self.say("The model knows no character of this text.", failed=True)
            return
        source, known = (texts[0], self.opening.known(texts[1])) if replies else ("", self.opening.known(texts[0]))
        if notice := self.opening.left_out(texts[-1], source):
            self.say(notice)
        self.writer.stop()
        self.follows_sample = False
        if replies:
            self.gaze.source, known = self.opening.source(source), START + known
        self.versions = Versions.of(known, 0 if replies else len(known) - 1)
        self.read(self.versions.current)
        if known == START and replies:
            self.write_on(self.versions.current, GREEDY)

    @work(exit_on_error=False)
    async def action_model(self) -> None:
        """Ask for a model, and look at it."""
        listed = await asyncio.to_thread(list_choices, self.owner.runs_dir)
        choices = [choice for choice in listed if choice.step is None]
        current = None if self.gaze is None else self.gaze.choice._replace(step=None)
        choice = await self.app.push_screen_wait(ChooseModel(choices, current))
        if choice is not None and choice != current:
            gaze = None if self.follows_sample else self.gaze
            self.open(choice, *(("", None, "") if gaze is None else (gaze.written, None, gaze.source)))

    def action_settings(self) -> None:
        """Edit the settings of sampling."""
        self.query_one(Controls).query(Input).first().focus()

    def on_shaded_text_pointed(self, event: ShadedText.Pointed) -> None:
        """Move the cursor to the clicked character; that of a source is none of the text."""
        self.change(lambda gaze: event.place >= len(gaze.above) and gaze.point(event.place - len(gaze.above)))

    def on_view_bar_chosen(self, event: ViewBar.Chosen) -> None:
        """Show the clicked view."""
        self.action_view(event.view)

    def on_input_changed(self) -> None:
        """Draw what comes next anew, with the new settings."""
        self.read_settings()
        self.change(lambda gaze: None)

    def on_click(self, event: events.Click) -> None:
        """Choose a clicked head, or switch a clicked part."""
        head, part = event.style.meta.get("head"), event.style.meta.get("part")
        if isinstance(head, tuple):
            self.change(lambda gaze: gaze.choose(*head))
        elif isinstance(part, str):
            self.change(lambda gaze: gaze.toggle(part))
