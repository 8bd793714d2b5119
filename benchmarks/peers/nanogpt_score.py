"""Score a checkpoint of karpathy/nanoGPT exactly, as we score ours; run with the peer's Python.

The arguments are the checkout's path, the checkpoint and the data folder. It prints the mean loss over every character
of the validation split, in consecutive windows.
"""

import sys

sys.path.insert(0, sys.argv[1])

import numpy as np
import torch  # pyright: ignore[reportMissingImports]  # of the peer's Python
from model import GPT, GPTConfig  # pyright: ignore[reportMissingImports]  # of the peer's checkout

checkpoint = torch.load(sys.argv[2], map_location="cpu")
model = GPT(GPTConfig(**checkpoint["model_args"]))
compiled = "_orig_mod."  # torch.compile's prefix of every name
model.load_state_dict({name.removeprefix(compiled): value for name, value in checkpoint["model"].items()})
model.eval()
train, validation = (np.fromfile(f"{sys.argv[3]}/{part}.bin", dtype=np.uint16) for part in ("train", "val"))
text = torch.from_numpy(np.concatenate([train[-1:], validation]).astype(np.int64))
context, count = model.config.block_size, len(validation)
total = 0.0
with torch.no_grad():
    for start in range(0, count, context):
        window = text[start : start + context + 1][None]
        _, loss = model(window[:, :-1].contiguous(), window[:, 1:].contiguous())
        total += float(loss) * (window.shape[1] - 1)
print(total / count)
