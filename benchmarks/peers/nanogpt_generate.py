"""Write with unmodified karpathy/nanoGPT; `generation.py` runs this with the peer's Python.

The argument is the checkout's path. Each line on standard input is a measurement: rows, new characters and prompt
length. The answer is the time in seconds.
"""

import sys
import time

sys.path.insert(0, sys.argv[1])

import torch  # pyright: ignore[reportMissingImports]  # of the peer's Python
from model import GPT, GPTConfig  # pyright: ignore[reportMissingImports]  # of the peer's checkout

torch.manual_seed(1)
model = GPT(GPTConfig(block_size=256, vocab_size=65, n_layer=6, n_head=6, n_embd=384, dropout=0.0, bias=False))
model.eval()
print("ready", torch.__version__, flush=True)
for line in sys.stdin:
    rows, count, prompt = map(int, line.split())
    ids = torch.randint(0, 65, (rows, prompt))
    start = time.perf_counter()
    with torch.no_grad():
        model.generate(ids, count, temperature=0.8, top_k=200)
    print(time.perf_counter() - start, flush=True)
