"""The models that need no cards: a bigram model's table, and a list of parts where boxes do not fit."""

from tinygpt_keras.config import ModelConfig
from tinygpt_tui.architecture.parts import ACROSS, BACK, BOTH_WAYS, Parts, heads, parts, widths
from tinygpt_tui.architecture.pieces import BOX, CARD, FAINT, NAME, STREAM, Piece, Row, entry


def stream_end(model: ModelConfig, counts: Parts) -> tuple[str, int]:
    """Return the dimensions of the logits and their parameters."""
    size = f"{model.embed_dim:,} × {model.classes:,}"
    return (f"{size}, the embedding's" if model.tied_head else size), counts.logits


def embedding_words(model: ModelConfig) -> str:
    """Return the dimensions of the token embedding."""
    return f"{model.token_rows:,} × {model.embed_dim:,}"


def position_words(model: ModelConfig) -> tuple[str, str]:
    """Return how positions are told, and its dimensions or what it does."""
    if model.positions == "rope":
        return "rotary positions", "turn the heads"
    learned = f"{model.block_size:,} × {model.embed_dim:,}"
    return "+ positions", "sines and cosines" if model.positions == "sinusoidal" else learned


def outline(model: ModelConfig, width: int) -> list[Row]:
    """List a model's parts without boxes."""
    counts = parts(model)
    name, words = position_words(model)
    rows = [
        entry(f"{model.block_size:,} characters", "of source and of reply" if model.replies else "", 0, width),
        entry("embedding", embedding_words(model), counts.embedding, width),
        entry(name, words, counts.positions, width),
    ]
    looks = ((BOTH_WAYS,), (BACK, ACROSS)) if model.replies else (("",),)
    names = ("encoder", "decoder") if model.replies else ("",)
    for title, where, (blocks, attentions) in zip(names, looks, model.stacks(), strict=True):
        rows.append(entry(f"{blocks} × block", title and f"of the {title}", counts.block(attentions), width))
        inner = width - 2
        inside = [entry("attention", look or heads(model), counts.attention, inner) for look in where]
        for part in (*inside, entry("feed-forward", widths(model), counts.feed_forward, inner)):
            norm = entry("norm", "", counts.norm, inner)
            both = (norm, part) if model.norm_position == "pre" else (part, norm)
            rows += [[Piece("▏ ", CARD), *row] for row in both]
        rows += [entry("norm", "", counts.final_norm, width)] if counts.final_norm else []
    return [*rows, entry("logits", *stream_end(model, counts), width)]


def draw_bigram(model: ModelConfig, width: int, height: int) -> list[Row]:
    """Draw the table of a bigram model, in which the last character chooses a row."""
    vocab = model.vocab_size
    cells = max(min(round(2.2 * vocab**0.5), (width - 14) // 2, height - 7), 2)
    edge, chosen = "─" * (2 * cells + 1), cells // 3
    rows: list[Row] = [
        [Piece("┏ ", STREAM), Piece("the last character", NAME)],
        [Piece("┃ ", STREAM), *entry("table", f"{vocab:,} × {vocab:,}", vocab * vocab, max(width - 2, 0))],
        [Piece("┃ ", STREAM), Piece(f"┌{edge}┐", BOX)],
    ]
    for number in range(cells):
        before = Piece("┃ " if number < chosen else "┗▶" if number == chosen else "  ", STREAM)
        row = [Piece("▪ " * cells, STREAM)] if number == chosen else [Piece("· " * cells, FAINT)]
        after = [Piece(" its row", FAINT)] if number == chosen else []
        rows.append([before, Piece("│ ", BOX), *row, Piece("│", BOX), *after])
    return [
        *rows,
        [Piece(f"  └{edge}┘", BOX)],
        [Piece("    ▼ ", STREAM), Piece(f"{vocab:,} logits", NAME), Piece(", one for each next character", FAINT)],
    ]
