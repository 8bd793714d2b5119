"""Score the replies of Shakespeare's speeches: encoder-decoders, and a GPT of their size with the source as its prompt.

All learn from the same text with the same number of steps. The GPT reads a source, an empty line and the reply, and is
scored on the reply alone; what ends a reply is one symbol to the others, and two line ends to the GPT.

All runs take more than an hour. Those that the file of numbers has already are kept, and not repeated.
"""

import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import command
import machine
import numpy as np
import processes
from ours import result, train_command

from tinygpt_keras.runs.directory import RunDirectory

BETWEEN = "\n\n"  # a source and its reply
# As many parameters as the encoder-decoders, to 4 %, and room for a source and a reply of 256 symbols each.
GPT = ("--preset", "tiny", "--embed-dim", "136", "--block-size", "516", "--steps", "1250", "--eval-every", "250")
SIDES = {
    "encdec": ("--preset", "encdec", "--task", "speeches"),
    "paper": ("--preset", "paper", "--task", "speeches"),
    "gpt": GPT,
}
SCORED_AT_ONCE = 32


def main(argv: list[str] | None = None) -> int:
    """Train, print a table and write the numbers.

    Args:
        argv: The command's arguments; `sys.argv` if not given.

    Returns:
        The exit status.
    """
    parser = command.make_parser(__doc__, peer=False)
    parser.add_argument("--seeds", type=int, nargs="+", default=(1, 2, 3), metavar="N", help="one run each")
    parser.add_argument("--sides", choices=SIDES, nargs="+", default=tuple(SIDES), metavar="NAME", help="the models")
    flags = parser.parse_args(argv)
    command.end_cleanly()
    runs = json.loads(flags.json.read_text("utf-8"))["runs"] if flags.json and flags.json.exists() else []
    for seed in flags.seeds:
        for side in flags.sides:
            if (side, seed) in {(run["side"], run["seed"]) for run in runs}:
                continue
            named = {"side": side, "seed": seed, "load_before": machine.load()}
            runs.append({**named, **measure([*SIDES[side], "--seed", str(seed)])})
            print(row(runs[-1]), flush=True)
            # After each run, so that a later failure loses none.
            command.write(flags.json, {"machine": machine.describe(), "runs": runs})
    for side in SIDES:
        losses = [run["reply_loss"] for run in runs if run["side"] == side]
        if losses:
            print(f"{side:<7} {statistics.mean(losses):.4f}, {min(losses):.4f} to {max(losses):.4f}")
    return 0


def measure(given: list[str]) -> dict[str, Any]:
    """Train one run by the command, and score the held-out replies."""
    with tempfile.TemporaryDirectory(prefix="tinygpt-benchmark-") as name:
        folder = Path(name)
        start = time.perf_counter()
        processes.run(train_command(folder / "run", *given), folder, processes.environment(folder / "caches"))
        wall_s = round(time.perf_counter() - start, 1)
        return {"wall_s": wall_s, **result(folder / "run"), "reply_loss": reply_loss(RunDirectory(folder / "run"))}


def reply_loss(directory: RunDirectory) -> float:
    """Compute a run's mean loss over the symbols of all held-out replies, their ends included, in nats."""
    from tinygpt_keras.config import PRESETS
    from tinygpt_keras.evaluation.exact_loss import exact_loss
    from tinygpt_keras.models.open import open_run
    from tinygpt_keras.text.corpus import read_corpus
    from tinygpt_keras.text.encoded_pairs import encode_corpus
    from tinygpt_keras.training.examples import examples_of

    config, opened = directory.config(), open_run(directory.path)
    block_size = PRESETS["encdec"].model.block_size
    pairs: Any = encode_corpus("speeches", read_corpus(), opened.tokenizer, block_size)
    if config.model.replies:
        return exact_loss(opened.model, examples_of(pairs).validation(config)).loss
    return continued_loss(opened, pairs)


def continued_loss(opened: Any, pairs: Any) -> float:
    """Score a GPT's continuation of each held-out source by its reply."""
    from tinygpt_keras.evaluation.exact_loss import character_losses

    end = opened.tokenizer.vocab_size
    texts: list[tuple[Any, int]] = []
    symbols = 0
    for number in range(pairs.train, len(pairs)):
        source, reply = pairs.text(number, opened.tokenizer)
        ends = bool(pairs.replies[pairs.reply_starts[number + 1] - 1] == end)
        texts.append((opened.tokenizer.encode(source + BETWEEN + reply + BETWEEN * ends), len(source + BETWEEN)))
        symbols += len(reply) + ends
    total = 0.0
    for first in range(0, len(texts), SCORED_AT_ONCE):
        some = texts[first : first + SCORED_AT_ONCE]
        ids = np.zeros((len(some), max(len(text) for text, _ in some)), np.int32)
        is_scored = np.zeros(ids.shape, bool)
        for row, (text, begin) in enumerate(some):
            ids[row, : len(text)], is_scored[row, begin : len(text)] = text, True
        logits = np.asarray(opened.model.predict_on_batch(ids[:, :-1]))
        total += float((character_losses(logits, ids[:, 1:]) * is_scored[:, 1:]).sum())
    return total / symbols


def row(run: dict[str, Any]) -> str:
    """Return the result of one run as a line."""
    return (
        f"{run['side']:<7} seed {run['seed']}  {run['reply_loss']:.4f} on the replies, {run['parameters']:,} "
        f"parameters, best at step {run['best_step']:,} of {run['steps']:,}, {run['wall_s']:,.0f} s"
    )


if __name__ == "__main__":
    sys.exit(main())
