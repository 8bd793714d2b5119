"""A run's progress in words: which n-gram baselines it beats, which comes next, and its speed."""

import sys
from pathlib import Path

from tinygpt_keras.config.run import TINY_SHAKESPEARE
from tinygpt_keras.config.tasks import TASKS, TEXT
from tinygpt_keras.console.progress import duration, origin
from tinygpt_keras.text.ngrams import in_words, is_below, reached
from tinygpt_tui.runs.history import OVERLAP, History, mapping

# Final losses of nanoGPT's two recipes on tiny Shakespeare, in nats per character: the laptop figure of its README,
# and the GPU recipe's published run. https://github.com/karpathy/nanoGPT
LANDMARKS = {"nanoGPT's laptop recipe": 1.88, "nanoGPT's GPU recipe": 1.4697}


LAST = "the last evaluation"  # follows the last step, and takes seconds or, on a busy machine, a minute
LONG_S = 60.0  # from which on a first evaluation takes long
BUSY = 25.0  # percent of all cores: other programs that take more slow the training down


def standing(
    history: History, live: bool = True, room: int = sys.maxsize, waited_s: float = 0.0, others: float = 0.0
) -> str:
    """Describe a run's latest and best loss, compared with the baselines.

    Args:
        history: Its history.
        live: Whether it is being trained.
        room: How many characters have room; what is said last is left out first.
        waited_s: For how many seconds its first evaluation has been awaited.
        others: Percent of all cores that other programs take.

    Returns:
        One sentence, or two.
    """
    if not history.config:
        return "Starting; the first step comes soon."
    latest, best = history.latest, history.best
    if latest is None or best is None:
        if not live:
            return "It ended before its first evaluation."
        known = history.overlap
        soon = "first evaluation comes soon" if waited_s < LONG_S else "first evaluation takes long"
        if waited_s >= LONG_S and others >= BUSY:
            soon += f": other programs use {others:.0f} % of the cores"
        if len(known) < len(OVERLAP):
            return f"Training; the {soon}."
        return f"Training {origin(origin_name(history), **known)}. The {soon}."
    rungs = rungs_and_landmarks(history)
    parts = [f"Step {latest.step:,}: validation loss {latest.val_loss:.3f}"]
    if words := reached(latest.val_loss, rungs):
        parts.append(f", now {words}")
    if is_below(best.val_loss, latest.val_loss):
        parts.append(f"; best {best.val_loss:.3f} at step {best.step:,}")
        parts[-1] += f", {words}" if (words := reached(best.val_loss, rungs)) else ""
    ahead = [(name, loss) for name, loss in rungs.items() if is_below(loss, best.val_loss)]
    if ahead:
        name, loss = ahead[0]
        parts.append(f"; {name} ended at {loss:.2f}" if name in LANDMARKS else f"; next is {name} at {loss:.3f}")
    if latest.exact is not None:
        parts.append(f"; {latest.exact:.1%} of held-out replies exactly right")
    if history.overfits:
        parts.append(f". It has been overfitting since step {best.step:,}")
    while len(parts) > 1 and sum(map(len, parts)) + 1 > room:
        parts.pop()
    return "".join(parts) + "."


def rungs_and_landmarks(history: History) -> dict[str, float]:
    """Return the losses to beat by name, easiest first."""
    steps = {in_words(name): loss for name, loss in history.rungs.items()}
    if mapping(history.config, "corpus").get("name") == TINY_SHAKESPEARE and history.task is TASKS[TEXT]:
        steps |= LANDMARKS
    return dict(sorted(steps.items(), key=lambda step: -step[1]))


def headline(name: str, state: str, history: History, niceness: int = 0, doing: str = "") -> str:
    """Return a headline with a run's name, state, size and device.

    Args:
        name: The run's name.
        state: The run's state.
        history: Its history.
        niceness: The niceness of the process that trains it.
        doing: What its trainer does before its first steps.

    Returns:
        One line.
    """
    parts = [name, state, *([doing] if doing else [])]
    if history.parameters is not None:
        parts.append(f"{history.parameters:,} parameters")
    if history.config.get("start_from"):
        parts.append(f"from {origin_name(history)}")
    if history.device:
        parts.append(history.device)
    if niceness:
        parts.append(f"low priority (nice {niceness})")
    return " · ".join(parts)


def origin_name(history: History) -> str:
    """Return the name of the run whose weights a run started from."""
    return Path(str(history.config.get("start_from"))).name


def numbers(history: History, running: bool) -> str:
    """Describe a run's progress, speed and remaining time where there is little room.

    Args:
        history: Its history.
        running: Whether it is being trained.

    Returns:
        One line; empty before its first event.
    """
    if not history.config:
        return ""
    parts = [f"step {steps_of(history)}"]
    if running and history.eta_s is not None:
        parts.append(f"{duration(history.eta_s)} left" if history.eta_s else LAST)
    if running and history.characters_per_s is not None:
        parts.append(f"{history.characters_per_s:,.0f} characters/s")
    best = None if running else history.best
    if history.train.losses and best is None:
        parts.append(f"batch loss {history.train.losses[-1]:.3f}")
    if best is not None:
        parts.append(f"best {best.val_loss:.3f} at step {best.step:,}")
    if not running and history.trained_s is not None:
        parts.append(f"took {duration(history.trained_s)}")
    return " · ".join(parts)


def figures(history: History, live: bool, running: bool) -> list[tuple[str, str]]:
    """Return a run's figures, each with its name.

    As on the command line, the batch loss is that of the newest step's batch; the training loss was computed with the
    validation loss beside it, on many windows of the training part.

    Args:
        history: Its history.
        live: Whether a process trains it, or starts or stops.
        running: Whether it is at its steps.

    Returns:
        The names with the values. Those of a run that trains are always the same, so that none moves: a value that
        is unknown is empty. Those of another are the known ones.
    """
    latest, best, losses = history.latest, history.best, history.train.losses
    fit = latest.train_loss if latest is not None else None
    common = [
        # In two columns the best loss stands above the speed, which is as wide.
        ("best", f"{best.val_loss:.3f} at step {best.step:,}" if best is not None else ""),
        ("step", steps_of(history)),
        ("validation loss", f"{latest.val_loss:.3f}" if latest is not None else ""),
        ("training loss", f"{fit:.3f}" if fit is not None else ""),
    ]
    if history.task.has_answers:
        exact = latest.exact if latest is not None else None
        common.append(("exactly right", f"{exact:.1%} of replies" if exact is not None else ""))
    samples = ("samples", f"{len(history.samples):,}" if history.samples else "")
    if not live:
        mean, took = history.mean_speed, history.trained_s
        summed_up = [
            ("took", duration(took) if took is not None else ""),
            ("mean speed", f"{mean:,.0f} characters/s" if mean is not None else ""),
        ]
        return [(name, value) for name, value in (*common, *summed_up, samples) if value]
    speed, left, rate = history.characters_per_s, history.eta_s, history.learning_rate
    return [
        *common,
        ("batch loss", f"{losses[-1]:.3f}" if losses else ""),
        ("learning rate", f"{rate:.2g}" if rate is not None else ""),
        ("speed", f"{speed:,.0f} characters/s" if running and speed is not None else ""),
        samples,
        ("time left", (duration(left) if left else LAST) if running and left is not None else ""),
    ]


def steps_of(history: History) -> str:
    """Return how many steps are done, of how many."""
    return f"{history.step:,}" + (f" of {history.total_steps:,}" if history.total_steps else "")


def age(seconds: float) -> str:
    """Format an age: `just now`, `5 min`, `3 h`, `2 days`."""
    if seconds < 60:
        return "just now"
    for unit, size in (("min", 3600), ("h", 86400)):
        if seconds < size:
            return f"{int(seconds // (size // (60 if unit == 'min' else 24)))} {unit}"
    days = int(seconds // 86400)
    return f"{days} day{'s' if days > 1 else ''}"
