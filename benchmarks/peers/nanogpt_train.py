"""Train with karpathy/nanoGPT's model and optimizer; `training.py` runs this with the peer's Python.

The arguments are the checkout's path, the training text as written by `prepare.py`, `eager` or `compiled`, the seed,
batch size, context, blocks, heads, width and dropout. It answers lines on standard input with seconds: `train STEPS`,
and `product SIZE`, the fastest of a few float32 products of square matrices.
"""

import sys
import time

sys.path.insert(0, sys.argv[1])

import numpy as np
import torch  # pyright: ignore[reportMissingImports]  # of the peer's Python
from model import GPT, GPTConfig  # pyright: ignore[reportMissingImports]  # of the peer's checkout

PRODUCTS = 4  # the fastest counts
REPORTED = 10  # steps between two reads of the loss, as in the recipe

text_file, mode = sys.argv[2:4]
seed, rows, context, blocks, heads, width = map(int, sys.argv[4:10])
torch.manual_seed(seed)
random = np.random.default_rng(seed)
model = GPT(
    GPTConfig(
        block_size=context,
        vocab_size=65,
        n_layer=blocks,
        n_head=heads,
        n_embd=width,
        dropout=float(sys.argv[10]),
        bias=False,
    )
)
# Settings of config/train_shakespeare_char.py; on a CPU train.py computes in float32 without gradient scaling.
optimizer = model.configure_optimizers(0.1, 1e-3, (0.9, 0.99), "cpu")
text = np.fromfile(text_file, dtype=np.uint16)
learner = torch.compile(model) if mode == "compiled" else model


def draw() -> tuple[torch.Tensor, torch.Tensor]:
    """Draw a random batch: inputs, and targets shifted by one character."""
    starts = random.integers(len(text) - context, size=rows)
    places = starts[:, None] + np.arange(context + 1)
    windows = torch.from_numpy(text[places].astype(np.int64))
    return windows[:, :-1].contiguous(), windows[:, 1:].contiguous()


def train(steps: int) -> float:
    """Return the time of some steps, with gradients clipped at the recipe's norm."""
    start = time.perf_counter()
    for number in range(steps):
        _, loss = learner(*draw())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        if number % REPORTED == 0:
            loss.item()
    return time.perf_counter() - start


def product(size: int) -> float:
    """Return the time of the fastest of a few matrix products."""
    one, other = torch.rand(2, size, size)
    times: list[float] = []
    for _ in range(PRODUCTS):
        start = time.perf_counter()
        torch.mm(one, other)
        times.append(time.perf_counter() - start)
    return min(times)


print("ready", flush=True)
for line in sys.stdin:
    question, count = line.split()
    print({"train": train, "product": product}[question](int(count)), flush=True)
