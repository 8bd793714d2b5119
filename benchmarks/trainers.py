"""What is trained beside nanoGPT, and the warm processes that train it: two of nanoGPT's, and two of ours."""

import contextlib
import sys
from dataclasses import dataclass
from pathlib import Path

from nanogpt import NanoGPT
from peer import Peer
from processes import environment

from tinygpt_keras.config import PRESETS, ModelConfig

PEERS = Path(__file__).parent / "peers"
SEED = 1  # of every side, which draw their weights, batches and dropout each in its own way
MODES = ("eager", "compiled")  # of nanoGPT
PRECISIONS = {"ours": "float32", "ours, bfloat16": "mixed_bfloat16"}


@dataclass(frozen=True)
class Question:
    """What is trained in a round."""

    preset: str
    batch_size: int
    steps: int
    peak: bool = False
    """Whether the share of the machine's peak is looked at."""

    @property
    def model(self) -> ModelConfig:
        """The architecture, which is nanoGPT's."""
        return PRESETS[self.preset].model

    @property
    def characters(self) -> int:
        """How many a round learns from."""
        return self.steps * self.batch_size * self.model.block_size


# Up to twenty seconds a side and round, so that the start of `fit` counts for little.
QUESTIONS = (Question("nano-cpu", 12, 200), Question("nano", 16, 10, peak=True))


def start(question: Question, peer: NanoGPT, folder: Path, ended: contextlib.ExitStack) -> dict[str, Peer]:
    """Start all sides with a preset's architecture; ours has its recipe, too.

    Args:
        question: What they will train.
        peer: nanoGPT.
        folder: Where its text and all caches go.
        ended: Ends them all when it is closed.

    Returns:
        The processes by name.
    """
    model = question.model
    shape = (question.batch_size, model.block_size, model.num_layers, model.num_heads, model.embed_dim)
    text = peer.prepare(folder) / "train.bin"
    variables = environment(folder / "caches")
    started: dict[str, Peer] = {}
    for mode in MODES:
        arguments = map(str, [peer.checkout, text, mode, SEED, *shape, model.attention_dropout])
        given = [str(peer.python), str(PEERS / "nanogpt_train.py"), *arguments]
        started[mode] = ended.enter_context(Peer(*given, variables=variables))
    flags = ["--preset", question.preset, "--batch-size", str(question.batch_size), "--seed", str(SEED)]
    for name, precision in PRECISIONS.items():
        given = [sys.executable, str(PEERS / "our_train.py"), *flags, "--precision", precision]
        started[name] = ended.enter_context(Peer(*given, variables=variables))
    return started
