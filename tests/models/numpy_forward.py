"""TinyGPT's forward pass once more, in NumPy alone: one text, one head, one position after another."""

import math

import numpy as np


def forward(weights, config, ids, kept=None):
    """Logits `(T, V)` in float64 of one text, from weights by path; inner tensors go to `kept` by their names."""
    w = {path: np.asarray(value, np.float64) for path, value in weights.items()}
    kept = {} if kept is None else kept
    stream = kept["embed"] = w["token_embedding/embeddings"][ids]
    if config.positions == "learned":
        kept["positions"] = w["position_embedding/embeddings"][: len(ids)]
        stream = stream + kept["positions"]
    for n in range(config.num_layers):
        name, inner = f"block_{n}", {"residual.before": stream}
        normed = norm(w, config, f"{name}/attention_norm", stream)
        inner["attention.output"] = attention(w, config, f"{name}/attention", normed, inner)
        stream = inner["residual.middle"] = stream + inner["attention.output"]
        normed = norm(w, config, f"{name}/feed_forward_norm", stream)
        inner["feed_forward.output"] = mlp(w, config, f"{name}/feed_forward", normed, inner)
        stream = inner["residual.after"] = stream + inner["feed_forward.output"]
        kept |= {f"blocks.{n}.{key}": value for key, value in inner.items()}
    stream = kept["final_norm"] = norm(w, config, "final_norm", stream)
    logits = stream @ w["token_embedding/embeddings"].T if config.tied_head else linear(w, "head", stream)
    kept["logits"] = logits
    return logits


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


def attention(w, config, name, x, kept):
    width = config.head_dim
    scale = config.embed_dim if config.attention_scale == "width" else width
    projected = {part: linear(w, f"{name}/{part}", x) for part in ("query", "key", "value")}
    out = np.zeros_like(x)
    length = len(x)
    inner = {part: np.zeros((config.num_heads, length, width)) for part in ("query", "key", "value", "gathered")}
    inner |= {part: np.zeros((config.num_heads, length, length)) for part in ("scores", "pattern")}
    for head in range(config.num_heads):
        columns = slice(head * width, (head + 1) * width)
        queries, keys, values = (projected[part][:, columns] for part in ("query", "key", "value"))
        if config.qk_norm:
            queries, keys = (a / np.sqrt((a**2).mean(-1, keepdims=True) + 1e-7) for a in (queries, keys))
        if config.positions == "rope":
            queries, keys = (np.array([turn(row, p) for p, row in enumerate(a)]) for a in (queries, keys))
        inner["query"][head], inner["key"][head], inner["value"][head] = queries, keys, values
        for t in range(length):
            scores = [queries[t] @ keys[s] / math.sqrt(scale) for s in range(length)]
            chances = np.exp(np.array(scores[: t + 1]) - max(scores[: t + 1]))
            inner["scores"][head, t] = scores
            inner["pattern"][head, t, : t + 1] = chances / chances.sum()
            out[t, columns] = inner["pattern"][head, t, : t + 1] @ values[: t + 1]
        inner["gathered"][head] = out[:, columns]
    kept |= {f"attention.{part}": value for part, value in inner.items()}
    return linear(w, f"{name}/projection", out)


def mlp(w, config, name, x, kept):
    hidden = linear(w, f"{name}/expansion", x)
    if config.activation == "swiglu":
        gate = linear(w, f"{name}/gate", x)
        hidden = gate / (1 + np.exp(-gate)) * hidden
    elif config.activation == "gelu":
        hidden = hidden * (1 + np.vectorize(math.erf)(hidden / math.sqrt(2))) / 2
    else:
        hidden = np.maximum(hidden, 0) ** (2 if config.activation == "relu_squared" else 1)
    kept["feed_forward.hidden"] = hidden
    return linear(w, f"{name}/projection", hidden)
