"""TinyGPT's forward pass once more, in NumPy alone: one text, one head, one position after another."""

import math

import numpy as np


def forward(weights, config, ids):
    """Logits `(T, V)` in float64 of one text, from weights by path."""
    w = {path: np.asarray(value, np.float64) for path, value in weights.items()}
    stream = w["token_embedding/embeddings"][ids]
    if config.positions == "learned":
        stream = stream + w["position_embedding/embeddings"][: len(ids)]
    for n in range(config.num_layers):
        name = f"block_{n}"
        stream = stream + attention(w, config, f"{name}/attention", norm(w, config, f"{name}/attention_norm", stream))
        stream = stream + mlp(w, config, f"{name}/feed_forward", norm(w, config, f"{name}/feed_forward_norm", stream))
    stream = norm(w, config, "final_norm", stream)
    return stream @ w["token_embedding/embeddings"].T if config.tied_head else linear(w, "head", stream)


def linear(w, name, x):
    return x @ w[f"{name}/kernel"] + w.get(f"{name}/bias", 0)


def norm(w, config, name, x):
    if config.norm == "rmsnorm":
        return x / np.sqrt((x**2).mean(-1, keepdims=True) + 1e-5) * w[f"{name}/scale"]
    centred = x - x.mean(-1, keepdims=True)
    scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-5) * w[f"{name}/gamma"]
    return scaled + w.get(f"{name}/beta", 0)


def turn(x, position):
    half = len(x) // 2
    out = np.empty_like(x)
    for i in range(half):
        angle = position / 10_000 ** (2 * i / len(x))
        out[i] = x[i] * math.cos(angle) - x[i + half] * math.sin(angle)
        out[i + half] = x[i] * math.sin(angle) + x[i + half] * math.cos(angle)
    return out


def attention(w, config, name, x):
    width = config.head_dim
    scale = config.embed_dim if config.attention_scale == "width" else width
    projected = {part: linear(w, f"{name}/{part}", x) for part in ("query", "key", "value")}
    out = np.zeros_like(x)
    for head in range(config.num_heads):
        columns = slice(head * width, (head + 1) * width)
        queries, keys, values = (projected[part][:, columns] for part in ("query", "key", "value"))
        if config.qk_norm:
            queries, keys = (a / np.sqrt((a**2).mean(-1, keepdims=True) + 1e-7) for a in (queries, keys))
        if config.positions == "rope":
            queries, keys = (np.array([turn(row, p) for p, row in enumerate(a)]) for a in (queries, keys))
        for t in range(len(x)):
            scores = [queries[t] @ keys[s] / math.sqrt(scale) for s in range(t + 1)]
            chances = np.exp(np.array(scores) - max(scores))
            out[t, columns] = (chances / chances.sum()) @ values[: t + 1]
    return linear(w, f"{name}/projection", out)


def mlp(w, config, name, x):
    hidden = linear(w, f"{name}/expansion", x)
    if config.activation == "swiglu":
        gate = linear(w, f"{name}/gate", x)
        hidden = gate / (1 + np.exp(-gate)) * hidden
    elif config.activation == "gelu":
        hidden = hidden * (1 + np.vectorize(math.erf)(hidden / math.sqrt(2))) / 2
    else:
        hidden = np.maximum(hidden, 0) ** (2 if config.activation == "relu_squared" else 1)
    return linear(w, f"{name}/projection", hidden)
