"""Record what PyTorch's own encoder and decoder compute, for tests/models/test_torch_transformer.py.

Run it with a Python that has PyTorch: `../peer/bin/python benchmarks/peers/torch_transformer.py tests/recordings`.
"""

import sys
from pathlib import Path

import numpy as np
import torch  # pyright: ignore[reportMissingImports]  # of the peer's Python

WIDTH, HEADS, LAYERS, HIDDEN = 12, 3, 2, 48
SOURCES = [7, 4, 1]  # lengths without padding
REPLY = 5


def stacks(norm_first: bool, scale: float) -> tuple[torch.nn.Module, torch.nn.Module]:
    """Return both stacks, without dropout; the weights are random, and `scale` times as large as at first."""
    common = {"dropout": 0.0, "batch_first": True, "norm_first": norm_first}
    encoder_layer = torch.nn.TransformerEncoderLayer(WIDTH, HEADS, HIDDEN, **common)
    decoder_layer = torch.nn.TransformerDecoderLayer(WIDTH, HEADS, HIDDEN, **common)
    # A pre-norm stack ends in a norm; the paper's, post-norm, has none of its own.
    last = torch.nn.LayerNorm(WIDTH) if norm_first else None
    encoder = torch.nn.TransformerEncoder(encoder_layer, LAYERS, last, enable_nested_tensor=False)
    last = torch.nn.LayerNorm(WIDTH) if norm_first else None
    decoder = torch.nn.TransformerDecoder(decoder_layer, LAYERS, last)
    for stack in (encoder, decoder):
        for parameter in stack.parameters():  # the copies of a layer begin alike
            parameter.data = scale * (parameter + 0.1 * torch.randn_like(parameter))
    return encoder.eval(), decoder.eval()


def record(folder: Path, norm_first: bool, scale: float, name: str) -> None:
    """Write weights, inputs and outputs."""
    encoder, decoder = stacks(norm_first, scale)
    source = torch.randn(len(SOURCES), max(SOURCES), WIDTH)
    reply = torch.randn(len(SOURCES), REPLY, WIDTH)
    padding = torch.arange(max(SOURCES))[None, :] >= torch.tensor(SOURCES)[:, None]
    later = torch.triu(torch.ones(REPLY, REPLY, dtype=torch.bool), diagonal=1)
    with torch.no_grad():
        seen = encoder(source, src_key_padding_mask=padding)
        out = decoder(reply, seen, tgt_mask=later, memory_key_padding_mask=padding)
    arrays = {"source": source, "reply": reply, "padding": padding, "seen": seen, "out": out}
    for stack, module in (("encoder", encoder), ("decoder", decoder)):
        arrays |= {f"{stack}/{key}": value for key, value in module.state_dict().items()}
    np.savez_compressed(folder / f"{name}.npz", **{key: value.numpy() for key, value in arrays.items()})


if __name__ == "__main__":
    torch.manual_seed(1)
    for name, norm_first, scale in (
        ("torch_pre", True, 1.0),
        ("torch_post", False, 1.0),
        ("torch_pre_large", True, 2.0),
        ("torch_post_large", False, 2.0),
    ):
        record(Path(sys.argv[1]), norm_first, scale, name)
