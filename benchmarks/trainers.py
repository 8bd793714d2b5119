"""The training questions, and the warm processes that answer them: two of nanoGPT's and two of ours."""

import contextlib
import sys
from dataclasses import dataclass
from pathlib import Path

from nanogpt import NanoGPT
from peer import Peer
from processes import environment

from tinygpt_keras.config import PRESETS, ModelConfig

PEERS = Path(__file__).parent / "peers"
SEED = 1  # for every side; each draws weights, batches and dropout in its own way
MODES = ("eager", "compiled")  # of nanoGPT
PRECISIONS = {"ours": "float32", "ours, bfloat16": "mixed_bfloat16"}


@dataclass(frozen=True)
class Question:
    """The training of one round."""

    preset: str
    batch_size: int
    steps: int
    peak: bool = False
    """Whether to measure the share of the machine's peak."""

    @property
    def model(self) -> ModelConfig:
        """The architecture, the same as nanoGPT's."""
        return PRESETS[self.preset].model

    @property
    def characters(self) -> int:
        """The number of training characters in a round."""
        return self.steps * self.batch_size * self.model.block_size


# Up to twenty seconds per side and round, so that the start of `fit` hardly matters.
QUESTIONS = (Question("nano-cpu", 12, 200), Question("nano", 16, 10, peak=True))


def start(question: Question, peer: NanoGPT, folder: Path, ended: contextlib.ExitStack) -> dict[str, Peer]:
    """Start the processes of all sides with the preset's architecture; ours also use its recipe.

    Args:
        question: The training to measure.
        peer: nanoGPT.
        folder: The folder for its text and all caches.
        ended: The exit stack that ends the processes.

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
