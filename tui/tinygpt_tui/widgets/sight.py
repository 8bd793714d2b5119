"""The current view of the screen Look."""

from collections.abc import Mapping, Sequence

from textual.content import Content
from textual.geometry import Size

from tinygpt_keras.findings import Attention, Chance, Costs, Head, Heads, Lens, Next, Surprise, Unit, Units, Without
from tinygpt_keras.findings.words import percent
from tinygpt_tui.looking import pictures, tables
from tinygpt_tui.looking.answers import Answer
from tinygpt_tui.looking.cost_rows import cost_rows
from tinygpt_tui.looking.gaze import Gaze
from tinygpt_tui.looking.questions import BESIDE
from tinygpt_tui.looking.ramp import DARK, Ramp, ramp_of
from tinygpt_tui.looking.switches import switches
from tinygpt_tui.looking.unit_rows import unit_rows
from tinygpt_tui.looking.versions import Versions
from tinygpt_tui.text import plain
from tinygpt_tui.widgets.lines import Lines

LOADING = "TensorFlow is loading, which takes some seconds."
WRITING = "The model writes its reply."
READING = "The model reads the text."
NO_BLOCKS = "A bigram knows pairs of characters alone: it has no attention, no blocks and no hidden units to look at."
PENDING = "…"
RANKING = "The model reads the text once for each of its parts, with that part off."
LOWEST = 6  # lines of a map, which is scrolled to where there are fewer
SURPRISING = 8.0  # bits at which a character has the brightest colour


class Sight(Lines):
    """Draws what is known of the current view; while an answer is pending, what was known before."""

    row = 0
    """The marked row of a list."""
    gaze: Gaze | None = None
    absence = READING
    """What is said while nothing is known."""
    wrong = ""
    """What is wrong with the settings of sampling."""
    shown = "", ""
    """The run whose findings are shown, and the source."""
    rungs: Mapping[str, float] = {}
    loss: float | None = None
    found: Mapping[str, Answer] = {}
    _pictures: tuple[Heads | None, tuple[tuple[int, int], int, int, Ramp], Content] = (
        None,
        ((0, 0), 0, 0, DARK),
        Content(""),
    )

    def take(self, gaze: Gaze, found: Mapping[str, Answer], rungs: Mapping[str, float], loss: float | None) -> None:
        """Draw a view.

        Args:
            gaze: What is looked at.
            found: Answers by the name of their part; those that are pending are missing.
            rungs: Validation losses of simpler models, in nats.
            loss: The run's own, if it is known.
        """
        if (shown := (gaze.choice.path, gaze.source)) != self.shown:
            self.shown, self.found = shown, {}
        self.gaze, self.rungs, self.loss = gaze, rungs, loss
        kept = [*PARTS[gaze.view], BESIDE.get(gaze.view)]
        kept = [name for name in kept if name != "costs"]  # of another character, and nothing says so
        self.found = {name: answer for name, answer in self.found.items() if name in kept} | dict(found)
        self.show_lines(self.view(gaze))

    def on_resize(self) -> None:
        """Draw for the new size, which may be narrower by a scrollbar."""
        if self.gaze is not None:
            self.show_lines(self.view(self.gaze))

    def view(self, gaze: Gaze) -> Sequence[Content]:
        """Return the lines of the current view."""
        for answer in self.found.values():
            if isinstance(answer, str):
                return tables.wrapped(answer, self.columns)
        if not gaze.has_blocks and gaze.view not in ("next", "surprise"):
            return tables.wrapped(NO_BLOCKS, self.columns)
        match self.found.get(PARTS[gaze.view][0]):
            case Next() as found:
                self.row = min(self.row, len(found.raw) - 1)
                return tables.next_rows(found, self.row, self.columns, follows(found, gaze), self.wrong)
            case Attention() as found:
                return self.attention(found, gaze)
            case Surprise() | Lens() as found:
                return self.narrow_rows(found, gaze, self.columns, self.size.height)
            case Without() as found:
                costs, following = self.found.get("costs"), follows(found, gaze)
                if gaze.is_ranked:
                    known = isinstance(costs, Costs)
                    return cost_rows(costs, self.columns, following) if known else [plain(RANKING)]
                return tables.without_rows(found, gaze.off, self.columns, following)
            case Units() as found:
                at = gaze.place - gaze.window[0]
                return unit_rows(self.units, found.text, self.unit_row, at, self.columns, ramp_of(self.app))
            case _:
                return tables.wrapped(self.absence, self.columns)

    def narrow_rows(self, found: Surprise | Lens, gaze: Gaze, columns: int, lines: int) -> Sequence[Content]:
        """Draw one of the views that may also stand under the text."""
        if isinstance(found, Lens):
            return tables.lens_rows(found, columns, lines, follows(found, gaze))
        return tables.surprise_rows(found, self.rungs, self.loss, columns, lines)

    @property
    def columns(self) -> int:
        """The width to fill, which leaves room for a scrollbar: that stands on the last column of `size`."""
        return max(self.size.width - 1, 20)

    def attention(self, found: Attention, gaze: Gaze) -> Sequence[Content]:
        """Draw the chosen head: a sentence on the cursor, and the map."""
        head = min(gaze.head, len(found.weights[0]) - 1)
        rows = tables.attention_rows(
            found, min(gaze.block, len(found.weights) - 1), head, self.columns, self.size.height
        )
        picture = self.found.get("head")
        wanted = found.kind, found.text, found.seen, gaze.block, head
        known = isinstance(picture, Head) and (
            picture.kind,
            picture.text,
            picture.seen,
            picture.block,
            picture.head,
        )
        if not isinstance(picture, Head) or known != wanted:
            return [*rows, plain(PENDING)]
        lines, ramp = max(self.size.height - len(rows) - 1, LOWEST), ramp_of(self.app)
        scale = [plain("gaze of each row  ") + ramp.scale("0 %", "100 %")] if self.size.height >= tables.ROWS else []
        return [*rows, *scale, *pictures.head_map(picture, found.place, self.columns, lines, ramp)]

    @property
    def units(self) -> list[Unit]:
        """The listed units, and the chosen one if it is none of them."""
        listed, chosen = self.found.get("units"), self.found.get("unit")
        found = list(listed.units) if isinstance(listed, Units) else []
        more = chosen.units if isinstance(chosen, Units) else []
        return found + [one for one in more if all((u.block, u.unit) != (one.block, one.unit) for u in found)]

    def move(self, way: int) -> None:
        """Mark a row further down, or (negative) up; stop at the ends, and scroll to it."""
        is_units = self.gaze is not None and self.gaze.view == "neurons"
        row, count = (self.unit_row, len(self.units)) if is_units else (self.row, len(self.chances))
        self.row = min(max(row + way, 0), max(count - 1, 0))
        heading = len(self.lines) - count if not is_units else 1
        self.reveal(self.row + heading if self.row else 0)

    @property
    def unit_row(self) -> int:
        """The row of the chosen unit; one unit may be listed twice."""
        names = [(unit.block, unit.unit) for unit in self.units]
        chosen = self.gaze.unit if self.gaze is not None else None
        if self.row < len(names) and names[self.row] == chosen:
            return self.row
        return names.index(chosen) if chosen in names else 0

    @property
    def chances(self) -> list[Chance]:
        """The listed characters."""
        found = self.found.get("next")
        return found.raw if isinstance(found, Next) else []

    def board(self, size: Size, versions: Versions, has_room: bool) -> tuple[str, Content | None]:
        """Draw what stands under the text: its versions, heads, switches, or a second view.

        Args:
            size: The room of the text and what stands under it.
            versions: The versions of the text.
            has_room: Whether a second view fits.

        Returns:
            Its name, and the drawing; an empty name and `None` where there is nothing.
        """
        gaze = self.gaze
        if gaze is None:
            return "", None
        if gaze.view == "next" and len(versions.all) > 1:
            return "versions", Content("\n").join(tables.version_rows(versions, size.width - 4))
        if not gaze.has_blocks:
            return "", None
        if gaze.view == "without":
            return "switches", switches(gaze)
        if has_room and gaze.view in BESIDE:
            found = self.found.get(name := BESIDE[gaze.view])
            if not isinstance(found, Surprise | Lens):
                return name, plain(PENDING)
            rows = self.narrow_rows(found, gaze, size.width - 4, size.height * 3 // 5 - 2)
            return name, Content("\n").join(rows)
        heads = self.found.get("heads")
        if gaze.view != "attention" or not isinstance(heads, Heads):
            return "", None
        # The board takes 70 % of the height at most, its border included.
        shape = (gaze.block, gaze.head), size.width - 4, size.height * 7 // 10 - 2, ramp_of(self.app)
        if self._pictures[0] is not heads or self._pictures[1] != shape:
            self._pictures = heads, shape, pictures.board(heads, *shape)
        return "heads", self._pictures[2]

    def scale(self) -> Content | None:
        """Draw what the shading of the text means, from its least to its most; `None` if there is none."""
        ramp = ramp_of(self.app)
        match self.gaze, self.found.get(PARTS[self.gaze.view][0] if self.gaze else ""):
            case Gaze() as gaze, Attention() as found:
                weights = found.weights[min(gaze.block, len(found.weights) - 1)]
                return ramp.scale_of_text("0 %", percent(max(weights[min(gaze.head, len(weights) - 1)])))
            case _, Surprise():
                return ramp.scale_of_text("0", f"{SURPRISING:.0f}+ bits")
            case _, Units():
                return ramp.scale_of_text("0", f"{max([*self.painted, 0.0]):.2f}")
            case _:
                return None

    @property
    def painted(self) -> Sequence[float]:
        """The activations of the chosen unit."""
        chosen = self.gaze.unit if self.gaze is not None else None
        return next((u.activations for u in self.units if (u.block, u.unit) == chosen), [])

    def shares(self) -> tuple[Sequence[float], int]:
        """Return how brightly characters are shaded, and where in the source and the text the first of them stands."""
        if self.gaze is None:
            return [], 0
        found = self.found.get(PARTS[self.gaze.view][0])
        if isinstance(found, Attention) and found.seen:
            return self.shades(), 0
        # A text's first character has its surprise, too; the start of a reply, which is given, has none.
        is_given = isinstance(found, Surprise) and self.gaze.model.replies
        return self.shades(), len(self.gaze.above) + self.gaze.window[0] + is_given

    def shades(self) -> Sequence[float]:
        """Return how brightly each character is shaded that the view knows something of."""
        match self.gaze, self.found.get(PARTS[self.gaze.view][0] if self.gaze else ""):
            case Gaze() as gaze, Attention() as found:
                weights = found.weights[min(gaze.block, len(found.weights) - 1)]
                row = weights[min(gaze.head, len(weights) - 1)]
                most = max(*row, 1e-9)
                return [weight / most for weight in (row if found.seen else row[: found.place])]
            case _, Surprise() as found:
                return [bits / SURPRISING for bits in found.bits]
            case _, Units():
                most = max([*self.painted, 1e-9])
                return [value / most for value in self.painted]
            case _:
                return []


def follows(found: Next | Without | Lens, gaze: Gaze) -> str:
    """Return the character that follows in the text what was looked at; empty at its end."""
    if found.place + 1 < len(found.text):
        return found.text[found.place + 1]
    is_current = found.place == gaze.place - gaze.window[0]
    return (gaze.text + gaze.below)[gaze.place + 1 : gaze.place + 2] if is_current else ""


PARTS = {
    "next": ("next", "surprise"),
    "attention": ("attention", "head", "heads"),
    "surprise": ("surprise",),
    "lens": ("lens",),
    "without": ("without", "costs"),
    "neurons": ("units", "unit"),
}
"""The names of the answers that each view draws, the main one first."""
