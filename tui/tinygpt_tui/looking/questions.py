"""What a view asks of the worker."""

from typing import NamedTuple

from tinygpt_keras.config import SamplingOptions
from tinygpt_keras.worker.protocol import Look
from tinygpt_tui.looking.gaze import Gaze

BESIDE = {"next": "lens", "surprise": "lens", "neurons": "lens", "lens": "surprise"}
"""A second view under the text, where there is room for one and the view has nothing of its own there."""


class Question(NamedTuple):
    """One question to a model about a text; equal questions have equal answers while the weights stay."""

    run: str
    step: int | None
    text: str
    view: str
    place: int | None = None
    without: tuple[str, ...] = ()
    part: str | None = None
    options: SamplingOptions = SamplingOptions()
    source: str | None = None
    """What the text replies to; `None` for a model that continues texts."""

    @property
    def request(self) -> Look:
        """The question as the worker takes it."""
        return Look(
            run=self.run,
            step=self.step,
            text=self.text,
            view=self.view,
            place=self.place,
            without=list(self.without),
            part=self.part,
            options=self.options,
            source=self.source,
        )


def questions(gaze: Gaze, options: SamplingOptions, has_room: bool = False) -> dict[str, Question]:
    """List what the screen needs, by the name of its part, the most urgent first.

    Args:
        gaze: What is looked at.
        options: The settings of sampling.
        has_room: Whether the screen has room for a second view.

    Returns:
        The questions; none where the model has no such inside.
    """
    found = questions_of_view(gaze, options)
    if has_room and gaze.has_blocks and gaze.view in BESIDE:
        found |= questions_of_view(gaze, options, BESIDE[gaze.view])
    return found


def questions_of_view(gaze: Gaze, options: SamplingOptions, view: str = "") -> dict[str, Question]:
    """List what one view needs, by default the current one."""
    view = view or gaze.view
    source = gaze.source if gaze.model.replies else None
    asked = Question(gaze.choice.path, gaze.choice.step, gaze.read, view, source=source)
    there = asked._replace(place=gaze.place - gaze.window[0])
    if view == "surprise":
        return {"surprise": asked}
    if view == "next":
        return {"next": there._replace(options=options), "surprise": asked._replace(view="surprise")}
    if not gaze.has_blocks:
        return {}
    if view == "attention":
        kind = gaze.kind if gaze.model.replies else None
        return {
            "attention": there._replace(part=kind),
            "head": asked._replace(part=gaze.part),
            "heads": asked._replace(view="heads", part=kind),
        }
    if view == "without":
        found = {"without": there._replace(without=tuple(sorted(gaze.off)))}
        return {"costs": there._replace(view="ablation"), **found} if gaze.is_ranked else found
    if view == "neurons":
        found = {"units": asked}
        if gaze.unit is not None:
            found["unit"] = asked._replace(part="blocks.{}.unit.{}".format(*gaze.unit))
        return found
    return {"lens": there}
