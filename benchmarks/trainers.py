"""What is trained beside nanoGPT, and the warm processes that train it: both of nanoGPT's, and ours."""

import sys
from dataclasses import dataclass
from pathlib import Path

from nanogpt import NanoGPT
from peer import Peer

from tinygpt_keras.config import PRESETS, ModelConfig

PEERS = Path(__file__).parent / "peers"
SEED = 1  # of all sides: first weights, batches and dropout
MODES = ("eager", "compiled")  # of nanoGPT


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


def start(question: Question, peer: NanoGPT, text: Path) -> dict[str, Peer]:
    """Start all sides with a preset's architecture; ours has its recipe, too.

    Args:
        question: What they will train.
        peer: nanoGPT.
        text: The training text as nanoGPT reads it.

    Returns:
        The processes by name.
    """
    model = question.model
    shape = (question.batch_size, model.block_size, model.num_layers, model.num_heads, model.embed_dim)
    started: dict[str, Peer] = {}
    for mode in MODES:
        arguments = [peer.checkout, text, mode, *shape, model.attention_dropout]
        started[mode] = Peer(str(peer.python), str(PEERS / "nanogpt_train.py"), *map(str, arguments))
    flags = ["--preset", question.preset, "--batch-size", str(question.batch_size), "--seed", str(SEED)]
    started["ours"] = Peer(sys.executable, str(PEERS / "our_train.py"), *flags)
    return started
