"""TinyGPT's forward pass once more, in NumPy alone: one text, one head, one position after another."""

import math

import numpy as np


def forward(weights, config, ids, kept=None, source=None):
    """Logits `(T, V)` in float64 of one text, from weights by path; inner tensors go to `kept` by their names.

    With a source, `(S,)` without padding, of a reply to it.
    """
    w = {path: np.asarray(value, np.float64) for path, value in weights.items()}
    kept = {} if kept is None else kept
    seen = None
    if source is not None:
        inner = {}
        seen = stack(w, config, "encoder_block", "encoder_norm", embed(w, config, source, inner), inner, sees_all=True)
        kept |= {f"encoder.{key}": value for key, value in inner.items()}
    stream = stack(w, config, "block", "final_norm", embed(w, config, ids, kept), kept, seen=seen)
    table = w["token_embedding/embeddings"][: config.classes]
    kept["logits"] = stream @ table.T if config.tied_head else linear(w, "head", stream)
    return kept["logits"]


def embed(w, config, ids, kept):
    stream = w["token_embedding/embeddings"][ids]
    kept["embed"] = stream = stream * math.sqrt(config.embed_dim) if config.scaled_embedding else stream
    if config.positions == "learned":
        kept["positions"] = w["position_embedding/embeddings"][: len(ids)]
        stream = stream + kept["positions"]
    if config.positions == "sinusoidal":
        kept["positions"] = np.array([wave(position, config.embed_dim) for position in range(len(ids))])
        stream = stream + kept["positions"]
    return stream


def wave(position, width):
    angles = [position / 10_000 ** (2 * (i // 2) / width) for i in range(width)]
    return np.array([math.cos(angle) if i % 2 else math.sin(angle) for i, angle in enumerate(angles)])


def stack(w, config, blocks, final, stream, kept, sees_all=False, seen=None):
    def add(name, stream, part):
        if config.norm_position == "pre":
            return stream + part(norm(w, config, name, stream))
        return norm(w, config, name, stream + part(stream))

    for n in range(config.num_layers):
        name, inner = f"{blocks}_{n}", {"residual.before": stream}

        def look(x, name=name, inner=inner):
            inner["attention.output"] = attention(w, config, f"{name}/attention", x, x, inner, sees_all)
            return inner["attention.output"]

        def look_across(x, name=name, inner=inner):
            across = {}
            out = attention(w, config, f"{name}/cross_attention", x, seen, across, sees_all=True, turned=False)
            inner.update({f"cross_{key}": value for key, value in {**across, "attention.output": out}.items()})
            return out

        def think(x, name=name, inner=inner):
            inner["feed_forward.output"] = mlp(w, config, f"{name}/feed_forward", x, inner)
            return inner["feed_forward.output"]

        stream = inner["residual.middle"] = add(f"{name}/attention_norm", stream, look)
        if seen is not None:
            stream = inner["residual.across"] = add(f"{name}/cross_attention_norm", stream, look_across)
        stream = inner["residual.after"] = add(f"{name}/feed_forward_norm", stream, think)
        kept |= {f"blocks.{n}.{key}": value for key, value in inner.items()}
    if config.norm_position == "post":
        return stream
    kept["final_norm"] = norm(w, config, final, stream)
    return kept["final_norm"]


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


def attention(w, config, name, x, source, kept, sees_all=False, turned=True):
    width = config.head_dim
    scale = config.embed_dim if config.attention_scale == "width" else width
    of = {"query": x, "key": source, "value": source}
    projected = {part: linear(w, f"{name}/{part}", of[part]) for part in of}
    out = np.zeros_like(x)
    heads, lengths = config.num_heads, {part: len(of[part]) for part in of}
    inner = {part: np.zeros((heads, lengths[part], width)) for part in of}
    inner["gathered"] = np.zeros((heads, len(x), width))
    inner |= {part: np.zeros((heads, len(x), len(source))) for part in ("scores", "pattern")}
    for head in range(heads):
        columns = slice(head * width, (head + 1) * width)
        queries, keys, values = (projected[part][:, columns] for part in ("query", "key", "value"))
        if config.qk_norm:
            queries, keys = (a / np.sqrt((a**2).mean(-1, keepdims=True) + 1e-7) for a in (queries, keys))
        if config.positions == "rope" and turned:
            queries, keys = (np.array([turn(row, p) for p, row in enumerate(a)]) for a in (queries, keys))
        inner["query"][head], inner["key"][head], inner["value"][head] = queries, keys, values
        for t in range(len(x)):
            last = len(source) if sees_all else t + 1
            scores = [queries[t] @ keys[s] / math.sqrt(scale) for s in range(len(source))]
            chances = np.exp(np.array(scores[:last]) - max(scores[:last]))
            inner["scores"][head, t] = scores
            inner["pattern"][head, t, :last] = chances / chances.sum()
            out[t, columns] = inner["pattern"][head, t, :last] @ values[:last]
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
