"""A worker that follows a script instead of a model, for whatever speaks to one: the same protocol, no TensorFlow.

Run it in place of the worker: `python tests/scripted_worker.py`. It answers for any folder with a `config.json` and a
`vocab.json`. Words in a prompt choose what it does: `#die` ends it in mid-reply with status 3 and some last words,
`#slow` writes until it is cancelled, `#mute` writes nothing until then, `#error` fails, `#hostile` writes what could
upset a terminal, `#garbage` puts lines between its pieces that are no answers. Asked why a character was written, or
what is inside at a text, it lets one wait after `#late` (SCRIPTED_LATE_S), fails after `#error`, dies once after
`#die`, and has one block where the run's path says `shallow`, else two. A sentence of the tour may have these words,
too; its means are true, its heads are a script's. In the environment, SCRIPTED_PAUSE_S is the time between two pieces
or two steps of an export, and SCRIPTED_START_S the time until it is ready.
"""

import itertools
import json
import math
import os
import queue
import random
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PIECE = 4  # characters
CONTEXT = 64  # characters that it looks at when it is asked why
ENDLESS = {"#slow": "on and ", "#mute": ""}
HOSTILE = "[/] [bold [red]x[/red] \x1b[2J \x1b]0;x\x07 \r\b\u202e\u200b end.\n"
GARBAGE = [
    "no JSON",
    "[1, 2]",
    '"text"',
    '{"id": 12345, "event": "piece"}',
    '{"id": [], "event": "cancelled"}',
    "{}",
    "",
]
LAST_WORDS = ["Traceback (most recent call last):", "MemoryError: the script says so"]


def pause(name: str, default: float) -> None:
    time.sleep(float(os.environ.get(name, default)))


def say(number: int | None, event: str, **fields: Any) -> None:
    print(json.dumps({"id": number, "event": event, **fields}), flush=True)


def scripted_text(prompt: str, seed: int) -> Iterator[str]:
    """The whole text, in parts of any size."""
    for word, part in ENDLESS.items():
        if word in prompt:
            return itertools.repeat(part)
    if "#hostile" in prompt:
        return iter([HOSTILE])
    return iter([f"Thou art line {seed}.\n", "And so it ends.\n\n"])


def pieces(request: dict[str, Any], seed: int) -> Iterator[str]:
    """The text in pieces, up to its stop or its length."""
    options, stops = request.get("options", {}), [stop for stop in request.get("stops", []) if stop]
    text = scripted_text(request["prompt"], seed)
    if any(word in request["prompt"] for word in ENDLESS):
        yield from text
    whole = "".join(text)[: options.get("max_new", 500)]
    end = min((whole.find(stop) for stop in stops if stop in whole), default=len(whole))
    for place in range(0, end, PIECE):
        yield whole[place : min(place + PIECE, end)]


def vocabulary(run: Path, step: int | None) -> list[str]:
    """The run's characters, or the complaint that there is no such run."""
    if not run.is_dir():
        raise LookupError(f"there is no run directory {run}. Check the path, or train one.")
    if step is not None and not (run / "checkpoints" / str(step)).is_dir():
        raise LookupError(f"{run} has no checkpoint of step {step}. Choose another step.")
    return json.loads((run / "vocab.json").read_text("utf-8"))


def looked(request: dict[str, Any], known: list[str], blocks: int, heads: int) -> dict[str, Any]:
    """What a view finds: of a step, the likeliest character is the one of that number; best weights have none."""
    length = len(request["text"])
    place = length - 1 if request.get("place") is None else request["place"]
    first = request.get("step") or 0
    order = known[first % len(known) :] + known[: first % len(known)]
    chances = [{"character": character, "probability": 0.5**rank} for rank, character in enumerate(order, 1)]

    def row(block: int, head: int, t: int) -> list[float]:
        """All of it looks at one place, so far back as block and head say."""
        return [float(n == max(t - block - 2 * head, 0)) for n in range(t + 1)]

    every = [(block, head) for block in range(blocks) for head in range(heads)]
    match request["view"]:
        case "next":
            return {"place": place, "raw": chances, "drawn": chances[:2]}
        case "attention" if request.get("part"):
            block, head = (int(word) for word in request["part"].split(".")[1::2])
            weights = [row(block, head, t) for t in range(length)]
            return {"view": "head", "block": block, "head": head, "weights": weights}
        case "attention":
            weights = [[row(block, head, place) for head in range(heads)] for block in range(blocks)]
            return {"place": place, "weights": weights}
        case "heads":
            side = min(length, 8)
            padded = [[row(*one, t) + [0.0] * (side - 1 - t) for t in range(side)] for one in every]
            return {"maps": [padded[heads * block : heads * (block + 1)] for block in range(blocks)]}
        case "surprise":
            bits = [float(n % 9) for n in range(length)]
            return {"bits": bits, "mean_bits": sum(bits) / length, "loss": 1.0}
        case "lens":
            return {"place": place, "stages": [chances[n : n + 3] for n in range(blocks + 1)]}
        case "without":
            off = request["without"]
            then = chances[len(off) :] + chances[: len(off)]
            more = {"bits": 1.5, "bits_without": 1.5 + 0.25 * len(off), "next": chances, "next_without": then}
            return {"place": place, "off": off, **more}
        case "neurons":
            chosen = [int(word) for word in (request.get("part") or "").split(".")[1::2]]
            units = [(chosen[0], chosen[1], "")] if chosen else [(b, 10 * b + h, f"concept {b}{h}") for b, h in every]
            return {
                "units": [
                    {
                        "block": b,
                        "unit": u,
                        "concept": concept,
                        "auc": 0.9,
                        "activations": [n % 4 / 3 for n in range(length)],
                    }
                    for b, u, concept in units
                ]
            }
        case other:
            raise LookupError(f"there is no view {other!r}. Choose another one.")


def shares(scores: list[list[float | None]]) -> list[list[float]]:
    """The softmax of each row; `None` is minus infinity."""
    sizes = [[0.0 if score is None else math.exp(score) for score in row] for row in scores]
    return [[size / sum(row) for size in row] for row in sizes]


def means(rows: list[list[float]]) -> list[list[float]]:
    """The mean of each row and those before it."""
    return [[sum(column) / len(column) for column in zip(*rows[: end + 1], strict=True)] for end in range(len(rows))]


def scripted_stations(sentence: str, divisor: float) -> dict[str, Any]:
    """The seven steps of the tour on a sentence."""
    places, codes = range(len(sentence)), [ord(character) for character in sentence]
    held = [[(code * number % 41) / 10 - 2 for number in range(3, 9)] for code in codes]
    equal = shares([[0.0 if place <= row else None for place in places] for row in places])

    def scores(salt: int, divisor: float) -> list[list[float | None]]:
        rows = [[(codes[row] * salt + codes[place] * 3) % 80 / 10 - 4 for place in places] for row in places]
        return [[rows[row][place] / divisor if place <= row else None for place in places] for row in places]

    def table(title: str, kind: str, rows: Any) -> dict[str, Any]:
        return {"title": title, "kind": kind, "rows": [[v if v is None else round(v, 3) for v in row] for row in rows]}

    def station(kind: str, before: Any, after: Any, *further: dict[str, Any]) -> dict[str, Any]:
        pairs = zip(itertools.chain(*before[1]), itertools.chain(*after[1]), strict=True)
        difference = max(abs(one - other) for one, other in pairs)
        compared = {"before": table(before[0], kind, before[1]), "after": table(after[0], kind, after[1])}
        return {**compared, "difference": difference, "further": list(further)}

    head, scaled = shares(scores(7, 1)), shares(scores(7, divisor))
    mean, rounded = means(held), [[value + 6e-8 for value in row] for row in means(held)]
    added = [[value / 2 for value in row] for row in mean]
    after = [[one + 2 * two for one, two in zip(*rows, strict=True)] for rows in zip(held, added, strict=True)]
    return {
        "mean_by_loop": station("channels", ("what each holds", held), ("the mean so far", mean)),
        "mean_by_matrix": station(
            "channels", ("by the loop", mean), ("by the matrix", rounded),
            table("the matrix", "weights", equal),
        ),
        "mean_by_softmax": station(
            "weights", ("the matrix", equal), ("softmax of scores", equal),
            table("the scores", "scores", scores(0, 1e9)),
        ),
        "one_head": station(
            "weights", ("all alike", equal), ("each chooses", head), table("the scores", "scores", scores(7, 1))
        ),
        "scaled_head": station(
            "weights", ("not divided", head), (f"divided by {divisor:.1f}", scaled),
            table("the scores", "scores", scores(7, divisor)),
        ),
        "several_heads": station(
            "weights", ("head 1", shares(scores(5, divisor))), ("head 2", shares(scores(11, divisor))),
            table("one wide head", "weights", scaled),
        ),
        "block": station(
            "channels", ("before the block", held), ("after the block", after),
            table("what attention adds", "channels", added), table("what feed-forward adds", "channels", added),
        ),
    }  # fmt: skip


def stumble(text: str) -> None:
    """Do what words in a text ask for: wait, fail, or die once."""
    if "#late" in text:
        pause("SCRIPTED_LATE_S", 1.0)
    if "#error" in text:
        raise LookupError("the script says that this fails. Write something else.")
    if "#die" in text and not Path("died").exists():  # once
        Path("died").touch()
        print(*LAST_WORDS, sep="\n", file=sys.stderr, flush=True)
        os._exit(3)


class Script:
    """What is being written, and what it answers to each request."""

    def __init__(self) -> None:
        self.writing: dict[int, tuple[dict[str, Any], int, Iterator[str]]] = {}

    def answer(self, request: dict[str, Any]) -> None:
        try:
            getattr(self, "do_" + request["do"])(request)
        except LookupError as error:
            say(request["id"], "error", message=error.args[0])

    def do_open(self, request: dict[str, Any]) -> None:
        run, step = Path(request["run"]), request.get("step")
        characters = vocabulary(run, step)
        model = json.loads((run / "config.json").read_text("utf-8"))["model"]
        description = {"parameters": 4321, "characters": "".join(characters), "block_size": model["block_size"]}
        say(request["id"], "opened", run=request["run"], step=step, **description)

    def do_write(self, request: dict[str, Any]) -> None:
        vocabulary(Path(request["run"]), request.get("step"))
        if "#error" in request["prompt"]:
            raise LookupError("the script says that this fails. Write something else.")
        seed = request.get("options", {}).get("seed")
        seed = random.randrange(2**31) if seed is None else seed
        self.writing[request["id"]] = request, seed, pieces(request, seed)

    def do_inspect(self, request: dict[str, Any]) -> None:
        stumble(request["prompt"])
        known = vocabulary(Path(request["run"]), request.get("step"))
        context = (request["prompt"] + request["written"])[-CONTEXT:]
        chances = [[character, 0.5**rank] for rank, character in enumerate(known, 1)]
        length = len(context)
        # Block and head together choose how far back all of it looks.
        attention = [
            [[float(place == max(length - 1 - block - 2 * head, 0)) for place in range(length)] for head in range(2)]
            for block in range(1 if "shallow" in request["run"] else 2)
        ]
        say(request["id"], "inspected", context=context, chances=chances, attention=attention)

    def do_look(self, request: dict[str, Any]) -> None:
        stumble(request["text"].replace("&", "#"))  # the pretrained model knows no other mark
        run = Path(request["run"])
        model = json.loads((run / "config.json").read_text("utf-8"))["model"]
        known = vocabulary(run, None)
        finding = looked(request, known, 1 if "shallow" in request["run"] else model["num_layers"], model["num_heads"])
        finding |= {"view": finding.get("view", request["view"]), "text": request["text"]}
        say(request["id"], "looked", finding=finding, dropped="", cut=0)

    def do_tour(self, request: dict[str, Any]) -> None:
        sentence = request["sentence"]
        stumble(sentence)
        scaled, unscaled = (scripted_stations(sentence, divisor) for divisor in (2.5, 1.0))
        unscaled = {name: unscaled[name] for name in ("scaled_head", "several_heads", "block")}
        say(request["id"], "toured", stations=scaled, unscaled=unscaled)

    def do_export(self, request: dict[str, Any]) -> None:
        vocabulary(Path(request["run"]), request.get("step"))
        folder = Path(request["out"], "1")
        if folder.exists():
            raise LookupError(f"{folder} exists already. Choose another --out, or remove it.")
        for message in ("opening the run", "tracing the model", "writing the files"):
            say(request["id"], "progress", message=message)
            pause("SCRIPTED_PAUSE_S", 0.002)
        folder.mkdir(parents=True)
        (folder / "saved_model.pb").write_text("a model")
        say(request["id"], "exported", path=str(folder))

    def do_cancel(self, request: dict[str, Any]) -> None:
        if request["request"] in self.writing:
            self.finish(request["request"], cancelled=True)

    def write_on(self) -> None:
        """Write one more piece of every text."""
        for number, (request, _, text) in list(self.writing.items()):
            piece = next(text, None)
            if piece is None:
                self.finish(number, cancelled=False)
                continue
            if "#garbage" in request["prompt"]:
                print(*GARBAGE, sep="\n", flush=True)
            if piece:
                say(number, "piece", text=piece)
            if "#die" in request["prompt"]:
                print(*LAST_WORDS, sep="\n", file=sys.stderr, flush=True)
                os._exit(3)
        pause("SCRIPTED_PAUSE_S", 0.002)

    def finish(self, number: int, cancelled: bool) -> None:
        request, seed, _ = self.writing.pop(number)
        known = vocabulary(Path(request["run"]), request.get("step"))
        dropped = "".join(character for character in dict.fromkeys(request["prompt"]) if character not in known)
        say(number, "written", seed=seed, dropped=dropped, cancelled=cancelled)


def read_lines(lines: "queue.Queue[str | None]") -> None:
    for line in sys.stdin:
        lines.put(line)
    lines.put(None)


def main() -> None:
    lines: queue.Queue[str | None] = queue.Queue()
    threading.Thread(target=read_lines, args=[lines], daemon=True).start()
    pause("SCRIPTED_START_S", 0.0)
    print(json.dumps({"event": "ready"}), flush=True)
    script = Script()
    while True:
        try:
            line = lines.get(block=not script.writing)
        except queue.Empty:
            script.write_on()
            continue
        if line is None:
            os._exit(0)
        script.answer(json.loads(line))


if __name__ == "__main__":
    main()
