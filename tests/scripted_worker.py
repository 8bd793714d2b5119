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
import os
import queue
import random
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scripted_findings import looked
from scripted_tour import scripted_stations

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
        more: dict[str, Any] = {}
        if (
            json.loads((Path(request["run"]) / "config.json").read_text("utf-8"))["model"].get("architecture")
            == "transformer"
        ):
            # It looks back as a GPT does; head by head, it looks across at one character of the source after the other.
            source, context = request["prompt"] + "\x03", "\x02" + request["written"]
            attention = [[[0.0] * (len(context) - 1) + [1.0]] * 2] * 2
            looks = [
                [[float(place == 2 * block + head) for place in range(len(source))] for head in range(2)]
                for block in range(2)
            ]
            more = {"source": source, "across": looks}
            chances.append(["\x03", 0.0])
        say(request["id"], "inspected", context=context, chances=chances, attention=attention, **more)

    def do_look(self, request: dict[str, Any]) -> None:
        stumble(request["text"].replace("&", "#"))  # the pretrained model knows no other mark
        run = Path(request["run"])
        model = json.loads((run / "config.json").read_text("utf-8"))["model"]
        known = vocabulary(run, None)
        finding = looked(request, known, 1 if "shallow" in request["run"] else model["num_layers"], model["num_heads"])
        finding = {"view": request["view"], "text": request["text"]} | finding
        say(request["id"], "looked", finding=finding, dropped="", cut=0)

    def do_tour(self, request: dict[str, Any]) -> None:
        sentence = request["sentence"]
        stumble(sentence)
        scaled, unscaled = (scripted_stations(sentence, divisor) for divisor in (2.5, 1.0))
        unscaled = {name: unscaled[name] for name in list(unscaled)[4:]}
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
