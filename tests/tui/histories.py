"""What the tests of the widget-free half share: histories that a trainer may have written, and that none would."""

import json
import math
import time

import pytest
from hypothesis import strategies as st

DEADLINE_S = 20.0
EVERY = 4  # steps between the evaluations of a made-up run


# Any text at all, with what is rare in `st.text`: halves of characters, what XML has no place for, a speaker's end.
RARE = ["\ud800", "\udcff", "\udfff", "\ufffe", "\uffff", "\t", "\x1b[2J", "\u202e", ":\n", "\n\n"]
ANY_TEXT = st.lists(st.text(max_size=5) | st.sampled_from(RARE), max_size=6).map("".join)


def wait_until(condition):
    """Wait until something holds; gives it."""
    end = time.monotonic() + DEADLINE_S
    while time.monotonic() < end:
        if result := condition():
            return result
        time.sleep(0.005)
    return pytest.fail("it never came to hold")


def event(kind, step, **fields):
    """An event as it is read back."""
    return {"event": kind, "time": 1.0, "step": step, **fields}


def write_events(path, events):
    """Write a whole history."""
    path.write_text("".join(json.dumps(event) + "\n" for event in events), "utf-8")


@st.composite
def trained_events(draw):
    """The events of a run that was stopped or killed, and resumed from its newest checkpoint, any number of times.

    The loss in a `train` event is the number of the attempt.
    """
    events, checkpoints = [], [(0, None)]
    for attempt in range(draw(st.integers(1, 4))):
        if len(checkpoints) > 1 and draw(st.integers(0, 4)) == 0:
            checkpoints.pop()  # it was damaged
        step, best = checkpoints[-1]
        events.append(event("start", step, config={"training": {"steps": 100}}, resumed=attempt > 0))
        ending = draw(st.sampled_from(["killed", "interrupted", "failed", "finished"]))
        for _ in range(draw(st.integers(0, 3 * EVERY))):
            step += 1
            events.append(event("train", step, loss=float(attempt)))
            if step % EVERY == 0:
                loss = draw(st.floats(1.0, 5.0))
                better = best is None or loss < best
                best = loss if better else best
                events.append(event("eval", step, train_loss=None, val_loss=loss, best=better))
                if draw(st.integers(0, 3)) == 0:
                    ending = "killed"  # after the evaluation, before the checkpoint
                    break
                checkpoints.append((step, best))
                events.append(event("checkpoint", step, path=f"checkpoints/{step}", val_loss=loss))
        if ending == "interrupted":
            checkpoints.append((step, best))
        if ending != "killed":
            events.append(event("end", step, reason=ending, best_val_loss=best, wall_s=1.0))
    return events


# What a file can hold where a number is expected, beyond what any float or any 64 bits hold.
NUMBERS = st.integers() | st.floats() | st.sampled_from([10**400, -(10**400), 2**63, 2**53 + 1, 0, 1, math.inf])
VALUES = NUMBERS | st.text(max_size=5) | st.sampled_from([None, True, False, [], [1], {}, {"x": [{}]}])
CONFIGS = st.fixed_dictionaries(
    {},
    optional={
        "start_from": VALUES,
        "task": VALUES | st.sampled_from(["text", "dates", "speeches"]),
        "training": st.fixed_dictionaries({}, optional={"steps": VALUES, "minutes": VALUES}) | VALUES,
        "corpus": st.fixed_dictionaries({}, optional={"name": VALUES | st.just("tiny-shakespeare")}) | VALUES,
    },
)
NAMES = ["loss", "val_loss", "train_loss", "best", "prompt", "text", "message", "reason", "eta_s", "characters_per_s"]
NAMES += ["exact", "right_reply"]
STRANGE_EVENTS = st.lists(
    st.fixed_dictionaries(
        {
            "event": st.sampled_from(["start", "train", "eval", "sample", "warning", "end", "checkpoint", "other"]),
            "time": st.just(1.0),
            "step": st.integers() | st.integers(0, 9) | st.booleans() | st.sampled_from([10**400, -(2**63) - 1]),
        },
        optional={
            **dict.fromkeys([*NAMES, "parameters", "device", "learning_rate"], VALUES),
            "config": CONFIGS | VALUES,
            "overlap": st.fixed_dictionaries(dict.fromkeys(["shared", "new", "dropped"], NUMBERS)) | VALUES,
            "rungs": st.dictionaries(st.sampled_from(["uniform", "3-gram", "[/]"]), VALUES) | VALUES,
        },
    ),
    max_size=6,
)
