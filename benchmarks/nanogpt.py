"""The peer: an unmodified checkout of karpathy/nanoGPT, run by a Python that has PyTorch."""

import pickle
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tinygpt_keras.text.corpus import read_corpus
from tinygpt_keras.text.tokenizer import CharTokenizer

DATASET = Path("data") / "shakespeare_char"
OUT = "out-shakespeare-char"  # where its recipe saves checkpoints
# The README's flags for a laptop: https://github.com/karpathy/nanoGPT#quick-start
LAPTOP = {
    "device": "cpu",
    "compile": "False",
    "eval_iters": "20",
    "log_interval": "1",
    "block_size": "64",
    "batch_size": "12",
    "n_layer": "4",
    "n_head": "4",
    "n_embd": "128",
    "max_iters": "2000",
    "lr_decay_iters": "2000",
    "dropout": "0.0",
}
ABOUT = "import platform, torch; print(platform.python_version(), torch.__version__)"


@dataclass(frozen=True)
class NanoGPT:
    """A checkout and the Python that runs it."""

    checkout: Path
    python: Path

    def describe(self) -> dict[str, str]:
        """Return the commit and the versions."""
        commit = subprocess.check_output(["git", "-C", self.checkout, "describe", "--always", "--dirty"], text=True)
        python, torch = subprocess.check_output([self.python, "-c", ABOUT], text=True).split()
        return {"commit": commit.strip(), "python": python, "torch": torch}

    def train_command(self, **flags: str) -> list[str]:
        """Return the command that trains with these flags, for a folder made by `prepare`."""
        checkout = self.checkout.resolve()
        script, recipe = checkout / "train.py", checkout / "config" / "train_shakespeare_char.py"
        given = [f"--{name}={value}" for name, value in flags.items()]
        # Unbuffered, so that lines can be timed. The Python's path must stay unresolved: through the link it finds its
        # virtual environment.
        return [str(self.python.absolute()), "-u", str(script), str(recipe), *given]

    def prepare(self, folder: Path) -> Path:
        """Write the files that `train.py` reads: its configurator, and the text as its `prepare.py` writes it.

        Args:
            folder: The working directory of `train.py`; made if missing.

        Returns:
            The folder of the data.
        """
        data = folder / DATASET
        data.mkdir(parents=True)
        (folder / "configurator.py").symlink_to(self.checkout.resolve() / "configurator.py")
        corpus = read_corpus()
        tokenizer = CharTokenizer.from_text(corpus.text)
        ids = tokenizer.encode(corpus.text).astype(np.uint16)
        ids[: corpus.train_characters].tofile(data / "train.bin")
        ids[corpus.train_characters :].tofile(data / "val.bin")
        characters = dict(enumerate(tokenizer.characters))
        names = {character: number for number, character in characters.items()}
        meta = {"vocab_size": tokenizer.vocab_size, "itos": characters, "stoi": names}
        (data / "meta.pkl").write_bytes(pickle.dumps(meta))
        return data
