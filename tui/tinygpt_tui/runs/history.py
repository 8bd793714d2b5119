"""A run's state, built up from its events."""

from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tinygpt_keras.config.tasks import TASKS, TEXT, Task, separator
from tinygpt_keras.runs.events import OVERFITTING
from tinygpt_keras.text.ngrams import RUNGS, is_below, ladder

LARGEST = 3.4e38  # of float32, in which losses are computed; larger numbers could overflow in arithmetic
WELL_ABOVE = 0.1  # nats above the best loss: more than the noise between evaluations
OVERLAP = ("shared", "new", "dropped")
LONGEST_DEVICE = 200  # characters of its name that are kept
LAST_STEP = 2**53  # up to here a float represents every integer


@dataclass(frozen=True)
class Evaluation:
    """The losses at a step, in nats per character."""

    step: int
    train_loss: float | None
    val_loss: float
    best: bool
    exact: float | None = None
    """The share of held-out sources that were replied to exactly right, where there is one right reply."""


@dataclass(frozen=True)
class Sample:
    """The text that the model wrote at a step, and its prompt."""

    step: int
    prompt: str
    text: str
    right_reply: str | None = None
    """The one right text, where it is known."""

    @property
    def told(self) -> str:
        """What was asked and written, and whether it is right."""
        told = (self.prompt + self.text).strip("\n")
        if self.right_reply is None:
            return told
        is_right = self.text == self.right_reply
        return f"{told}\n\n{'✓ exactly right' if is_right else f'✗ right is {self.right_reply}'}"


@dataclass
class Series:
    """A loss by step, in compact arrays: a run may have a hundred thousand points."""

    steps: "array[int]" = field(default_factory=lambda: array("q"))
    losses: "array[float]" = field(default_factory=lambda: array("d"))

    def append(self, step: int, loss: float) -> None:
        """Add a point."""
        self.steps.append(step)
        self.losses.append(loss)

    def copy(self) -> "Series":
        """Return the points as they are now, for another thread."""
        return Series(self.steps[:], self.losses[:])

    def rewind(self, step: int) -> None:
        """Drop the points after a step."""
        while self.steps and self.steps[-1] > step:
            self.steps.pop()
            self.losses.pop()


class History:
    """The state of a run, as its events describe it.

    Events are untrusted: missing fields and fields of another type are ignored.
    """

    def __init__(self) -> None:
        self.config: dict[str, Any] = {}
        self.parameters: int | None = None
        self.device = ""
        self.rungs: dict[str, float] = {}
        self.overlap: dict[str, int] = {}
        """How many characters are `shared` with the run whose weights it started from, `new`, and `dropped`."""
        self.step = 0
        self.train = Series()
        self.validation = Series()
        self.evaluations: list[Evaluation] = []
        self.samples: list[Sample] = []
        self.warnings: list[tuple[int, str]] = []
        self.characters_per_s: float | None = None
        self.eta_s: float | None = None
        self.learning_rate: float | None = None
        self.end_reason: str | None = None
        self.ended_at: float | None = None
        """Unix seconds of the last `end` event; the trainer's process lives a moment longer."""
        self.started_at: float | None = None
        """Unix seconds of the current trainer's `start` event; `None` once it has ended."""
        self.has_trained = False
        """Whether that trainer has completed a step."""
        self.is_resumed = False
        """Whether that trainer, or the last one, went on from a checkpoint."""
        self.characters: int | None = None
        """How many it learns from."""
        self.validation_characters: int | None = None
        self.firsts: dict[str, float] = {}
        """Unix seconds of the newest trainer's first event of each kind."""
        self._took = 0.0, 0.0
        """Seconds that the earlier trainers took, and the current or the last one."""
        self._began_at: float | None = None
        self._speeds = 0.0, 0
        """The sum and the number of the speeds that trainers reported."""
        self._taking: dict[str, Callable[[dict[str, Any]], None]] = {
            "start": self._start,
            "train": self._train,
            "eval": self._evaluation,
            "sample": self._sample,
            "warning": self._warning,
            "end": self._end,
        }

    def take(self, event: dict[str, Any]) -> None:
        """Update the state with one event.

        Args:
            event: An event from `tinygpt_keras.runs.events`; unknown kinds are ignored.
        """
        if abs(event["step"]) > LAST_STEP:
            return
        taking = self._taking.get(event["event"])
        if taking is not None:
            taking(event)
            self.step = max(event["step"], 0)
            if (moment := number(event, "time")) is not None:
                self.firsts.setdefault(event["event"], moment)
                self._take_time(event["event"] == "start", moment)

    def _take_time(self, begins: bool, moment: float) -> None:
        """Count the time of the trainer that writes; the pause before a resumption does not count."""
        if begins:
            self._began_at, self._took = moment, (sum(self._took), 0.0)
        elif self._began_at is not None:
            self._took = self._took[0], max(moment - self._began_at, 0.0)

    @property
    def trained_s(self) -> float | None:
        """Seconds that all its trainers took; `None` if the events do not tell."""
        return sum(self._took) or None

    @property
    def mean_speed(self) -> float | None:
        """Characters a second, on average over the reports; `None` if there are none."""
        total, count = self._speeds
        return total / count if count else None

    @property
    def best(self) -> Evaluation | None:
        """The evaluation with the lowest validation loss."""
        return min(self.evaluations, key=lambda evaluation: evaluation.val_loss, default=None)

    @property
    def latest(self) -> Evaluation | None:
        """The newest evaluation."""
        return self.evaluations[-1] if self.evaluations else None

    @property
    def overfits(self) -> bool:
        """Whether the validation loss has risen since the best evaluation because of overfitting.

        The trainer warns only after three evaluations, which a short run does not have.
        """
        latest, best = self.latest, self.best
        if latest is None or best is None or not is_below(best.val_loss, latest.val_loss):
            return False
        if any(step > best.step and message.startswith(OVERFITTING) for step, message in self.warnings):
            return True
        if latest.train_loss is None or best.train_loss is None or not is_below(latest.train_loss, best.train_loss):
            return False
        return latest.val_loss - best.val_loss > WELL_ABOVE

    @property
    def total_steps(self) -> int | None:
        """How many steps the run will take; `None` if it is limited in minutes, or not known yet."""
        training = mapping(self.config, "training")
        steps = number(training, "steps")
        known = steps is not None and 1 <= steps <= LAST_STEP and training.get("minutes") is None
        return int(steps) if steps is not None and known else None

    @property
    def task(self) -> Task:
        """What it learns."""
        return TASKS.get(str(self.config.get("task")), TASKS[TEXT])

    @property
    def progress(self) -> float | None:
        """The completed fraction, 0 to 1; `None` if unknown."""
        if self.total_steps:
            return min(self.step / self.total_steps, 1.0)
        minutes = number(mapping(self.config, "training"), "minutes")
        if minutes and self.eta_s is not None:
            return min(max(1 - self.eta_s / (60 * minutes), 0.0), 1.0)
        return None

    def _start(self, event: dict[str, Any]) -> None:
        """Handle a start; when a run is resumed, drop everything after its checkpoint."""
        self.config = mapping(event, "config")
        self.firsts, self.is_resumed = {}, event.get("resumed") is True
        self.parameters = natural(event, "parameters")
        self.characters = natural(event, "train_characters")
        self.validation_characters = natural(event, "val_characters")
        self.device = text(event, "device")[:LONGEST_DEVICE]
        rungs = mapping(event, "rungs")
        self.rungs = ladder({name: loss for name in RUNGS if (loss := number(rungs, name)) is not None})
        overlap = mapping(event, "overlap")
        self.overlap = {name: int(count) for name in OVERLAP if (count := number(overlap, name)) is not None}
        self.end_reason = self.eta_s = self.characters_per_s = self.learning_rate = None
        self.started_at, self.has_trained = number(event, "time"), False
        step = event["step"]
        for series in (self.train, self.validation):
            series.rewind(step)
        # From the end, where the later ones are: a run that was resumed a thousand times is read as fast.
        while self.evaluations and self.evaluations[-1].step > step:
            self.evaluations.pop()
        while self.samples and self.samples[-1].step > step:
            self.samples.pop()
        while self.warnings and self.warnings[-1][0] > step:
            self.warnings.pop()

    def _train(self, event: dict[str, Any]) -> None:
        self.has_trained = True
        loss = number(event, "loss")
        if loss is not None:
            self.train.append(event["step"], loss)
        self.characters_per_s = number(event, "characters_per_s")
        if self.characters_per_s is not None:
            total, count = self._speeds
            self._speeds = total + self.characters_per_s, count + 1
        self.eta_s = number(event, "eta_s")
        self.learning_rate = number(event, "learning_rate")

    def _evaluation(self, event: dict[str, Any]) -> None:
        loss = number(event, "val_loss")
        if loss is None:
            return
        self.validation.append(event["step"], loss)
        best = event.get("best") is True
        exact = number(event, "exact")
        exact = exact if exact is not None and 0 <= exact <= 1 else None
        self.evaluations.append(Evaluation(event["step"], number(event, "train_loss"), loss, best, exact))

    def _sample(self, event: dict[str, Any]) -> None:
        asked = text(event, "prompt") + separator(self.config)
        right = event.get("right_reply")
        right = right if isinstance(right, str) else None
        self.samples.append(Sample(event["step"], asked, text(event, "text"), right))

    def _warning(self, event: dict[str, Any]) -> None:
        self.warnings.append((event["step"], text(event, "message")))

    def _end(self, event: dict[str, Any]) -> None:
        self.end_reason = text(event, "reason")
        self.ended_at = number(event, "time")
        self.eta_s = None
        self.started_at, self.has_trained = None, False


def number(event: dict[str, Any], name: str) -> float | None:
    """Return a number from an event, or `None` if it is not a number within float32's range."""
    value = event.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if abs(value) <= LARGEST else None


def natural(event: dict[str, Any], name: str) -> int | None:
    """Return a whole number from 0 on from an event, or `None` if it is none."""
    value = number(event, name)
    return int(value) if value is not None and 0 <= value <= LAST_STEP else None


def text(event: dict[str, Any], name: str) -> str:
    """Return a string from an event, or an empty one."""
    value = event.get(name)
    return value if isinstance(value, str) else ""


def mapping(event: dict[str, Any], name: str) -> dict[str, Any]:
    """Return an object from an event, or an empty one."""
    value = event.get(name)
    return {str(key): item for key, item in value.items()} if isinstance(value, dict) else {}
