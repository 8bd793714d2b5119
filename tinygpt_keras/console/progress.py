"""Training progress: a live display on a terminal, plain lines elsewhere."""

import contextlib
import time
from collections.abc import Iterable
from typing import Any, TextIO, cast

from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn
from rich.text import Text

from tinygpt_keras.config.tasks import separator
from tinygpt_keras.console import printable
from tinygpt_keras.text.ngrams import in_words, is_below, ladder, reached

LINE_EVERY_S = 10.0  # seconds between plain progress lines


class Unattended:
    """A text stream that drops what it cannot write, to a closed terminal or a broken pipe.

    Args:
        stream: The stream to write to.
    """

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.encoding = stream.encoding
        self.isatty = stream.isatty

    def write(self, text: str) -> int:
        """Write `text`, ignoring an `OSError`."""
        with contextlib.suppress(OSError):
            self.stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Flush, ignoring an `OSError`."""
        with contextlib.suppress(OSError):
            self.stream.flush()


class ProgressDisplay:
    """Shows training events as they occur.

    Args:
        stream: The output; a terminal gets a live display.
        steps: The run's total steps, or `None` when its length is a time.
        minutes: The run's length, when it is a time.
        earlier: The events so far of a resumed run.
    """

    def __init__(
        self, stream: TextIO, steps: int | None, minutes: float | None, earlier: Iterable[dict[str, Any]] = ()
    ) -> None:
        self.console = Console(file=cast("TextIO", Unattended(stream)), highlight=False, markup=False, emoji=False)
        self.steps = steps
        self.seconds = (minutes or 0) * 60
        self.rungs: dict[str, float] = {}
        self.train: dict[str, Any] = {}
        self.eval: dict[str, Any] = {}
        self.losses: list[tuple[int, float]] = []
        for event in earlier:
            self.remember(event)
        self.sample: tuple[int, str] | None = None  # its step, and the text
        self.separator = ""  # between its prompt and what is written
        self._line_at = time.monotonic()
        self._bar = Progress(TextColumn("{task.description}"), BarColumn(None), TaskProgressColumn(), expand=True)
        self._task = self._bar.add_task("starting", total=None)
        self._live: Live | None = None
        if self.console.is_terminal:
            # `quiet_libraries` sends standard error to the log; Rich would draw it on the screen instead.
            self._live = Live(
                console=self.console,
                get_renderable=self.render,
                refresh_per_second=8,
                transient=True,
                redirect_stderr=False,
            )

    def __enter__(self) -> "ProgressDisplay":
        """Start the live display."""
        if self._live:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Close the display."""
        self.close()

    def close(self) -> None:
        """Stop the live display, and print the last evaluation and sample without the progress bar."""
        if self._live:
            self._live.stop()
            self.console.print(*self.found())

    def stopping(self, finishing: bool) -> None:
        """Acknowledge a request to stop.

        Args:
            finishing: Whether the current step is finished first.
        """
        self.say("stopping; a step that has begun is finished first" if finishing else "stopping")

    def __call__(self, event: dict[str, Any]) -> None:
        """Show one event."""
        self.remember(event)
        kind = event["event"]
        if kind == "start":
            self.rungs = ladder(event["rungs"])
            self.separator = separator(event["config"])
            self.say(headline(event))
            if event.get("overlap"):
                self.say(origin(event["config"]["start_from"], **event["overlap"]))
        elif kind == "train":
            self.train = event
            self.move_bar()
            if not self._live and time.monotonic() - self._line_at >= LINE_EVERY_S:
                self.say(self.status())
        elif kind == "eval":
            self.eval = event
            if not self._live:
                self.say(evaluated(event, self.rungs, self.best))
        elif kind == "sample":
            self.sample = event["step"], event["prompt"] + self.separator + event["text"]
            if not self._live:
                if event["step"] != self.eval.get("step"):  # between evaluations
                    self.say(f"step {event['step']:,}")
                self.say(indent(self.sample[1]))
        elif kind == "warning":
            self.say("warning: " + event["message"])

    def remember(self, event: dict[str, Any]) -> None:
        """Record a validation loss; a resumed run drops those after its step, since they are measured again."""
        if event["event"] == "start":
            while self.losses and self.losses[-1][0] > event["step"]:  # steps rise between two starts
                self.losses.pop()
        elif event["event"] == "eval" and isinstance(event.get("val_loss"), float):
            self.losses.append((event["step"], event["val_loss"]))

    @property
    def best(self) -> tuple[int, float] | None:
        """The step and validation loss of the best evaluation so far; `None` before the first."""
        return min(self.losses, key=lambda evaluation: evaluation[1], default=None)

    def say(self, line: str) -> None:
        """Print a line, above the live display if there is one."""
        self._line_at = time.monotonic()
        self.console.print(Text(printable(line, keep="\n\t")), soft_wrap=not self._live)

    def move_bar(self) -> None:
        """Update the progress bar, by steps or by time."""
        step = self.train["step"]
        if self.steps is None:
            done = self.seconds - self.train["eta_s"]
            self._bar.update(self._task, description=f"step {step:,}", completed=done, total=self.seconds)
        else:
            self._bar.update(self._task, description=f"step {step:,}", completed=step, total=self.steps)

    def status(self) -> str:
        """Return the step, the loss of its batch, speed and remaining time in one line."""
        train = self.train
        return (
            f"step {train['step']:,} · batch loss {train['loss']:.4f} · {train['characters_per_s']:,} characters/s"
            f" · {duration(train['eta_s'])} left"
        )

    def render(self) -> Group:
        """Draw the live display."""
        parts: list[Any] = [self._bar]
        if self.train:
            parts.append(Text(self.status()))
        return Group(*parts, *self.found())

    def found(self) -> list[Any]:
        """Draw the last evaluation and sample."""
        parts: list[Any] = []
        if self.eval:
            parts.append(Text(evaluated(self.eval, self.rungs, self.best)))
        if self.sample and self.sample[1]:
            height = max(self.console.height - 8, 3)
            lines = printable(self.sample[1].strip("\n"), keep="\n\t").split("\n")[:height]
            title = f"what it writes at step {self.sample[0]:,}"
            parts.append(Panel(Text("\n".join(lines), overflow="ellipsis", no_wrap=True), title=Text(title)))
        return parts


def headline(event: dict[str, Any]) -> str:
    """Return the first line: the preset, its size, the device and the text."""
    verb = f"resuming at step {event['step']:,}" if event["resumed"] else "training"
    config = event["config"]
    scored = config.get("training", {}).get("eval_characters", 0)
    return (
        f"{verb}: {config['preset']}, {event['parameters']:,} parameters, on {event['device']}; "
        f"{event['train_characters']:,} characters of {config['corpus']['name']}, "
        f"{event['val_characters']:,} more to validate"
        + (f", of which about {scored:,} at each evaluation" if 0 < scored < event["val_characters"] else "")
    )


def origin(run: str, shared: int, new: int, dropped: int) -> str:
    """Return the line on a run's starting weights and the overlap of the two vocabularies."""
    return f"from the weights of {run}: {shared:,} characters known, {new:,} new with fresh rows, {dropped:,} dropped"


def evaluated(event: dict[str, Any], rungs: dict[str, float], best: tuple[int, float] | None = None) -> str:
    """Describe an evaluation and the best one so far, each with the best n-gram baseline that it reaches.

    Args:
        event: The evaluation.
        rungs: The losses of the n-gram baselines by name, in descending order.
        best: The step and loss of the best evaluation.

    Returns:
        One line.
    """
    line = f"step {event['step']:,} · validation loss {event['val_loss']:.4f} · training loss {event['train_loss']:.4f}"
    named = {in_words(name): loss for name, loss in rungs.items()}
    line += after_a_dot(reached(event["val_loss"], named))
    if (exact := event.get("exact")) is not None:
        line += f" · {exact:.1%} of held-out replies exactly right"
    if best is None or not is_below(best[1], event["val_loss"]):
        return line
    return f"{line} · best {best[1]:.4f} at step {best[0]:,}{after_a_dot(reached(best[1], named))}"


def after_a_dot(words: str) -> str:
    """Return the words after a separating dot, or nothing if there are none."""
    return f" · {words}" if words else ""


def indent(text: str) -> str:
    """Indent a sample, to set it off from other lines."""
    return "\n".join("    " + line for line in text.strip("\n").split("\n"))


def duration(seconds: float) -> str:
    """Format a duration, such as `4 min 10 s`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
