"""The models that need no cards: a bigram model's table, and a list of parts where boxes do not fit."""

from tinygpt_keras.config import ModelConfig
from tinygpt_tui.architecture.parts import Parts, heads, parts, widths
from tinygpt_tui.architecture.pieces import BOX, CARD, FAINT, NAME, STREAM, Piece, Row, entry


def stream_end(model: ModelConfig, counts: Parts) -> tuple[str, int]:
    """Return the dimensions of the logits and their parameters."""
    size = f"{model.embed_dim:,} × {model.vocab_size:,}"
    return (f"{size}, the embedding's" if model.tied_head else size), counts.logits


def outline(model: ModelConfig, width: int) -> list[Row]:
    """List a model's parts without boxes."""
    counts = parts(model)
    positions = {"rope": ("rotary positions", ""), "sinusoidal": ("+ positions", "sines and cosines")}
    learned = "+ positions", f"{model.block_size:,} × {model.embed_dim:,}"
    rows = [
        entry(f"{model.block_size:,} characters", "", 0, width),
        entry("embedding", f"{model.vocab_size:,} × {model.embed_dim:,}", counts.embedding, width),
        entry(*positions.get(model.positions, learned), counts.positions, width),
        entry(f"{model.num_layers} × block", "", counts.block, width),
    ]
    inner = width - 2
    for row in (
        entry("norm", "", counts.norm, inner),
        entry("attention", heads(model), counts.attention, inner),
        entry("norm", "", counts.norm, inner),
        entry("feed-forward", widths(model), counts.feed_forward, inner),
    ):
        rows.append([Piece("▏ ", CARD), *row])
    final = [entry("norm", "", counts.final_norm, width)] if counts.final_norm else []
    return [*rows, *final, entry("logits", *stream_end(model, counts), width)]


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
