"""Sampling options."""

from dataclasses import dataclass

from tinygpt_keras.config.fields import Options, option


@dataclass(frozen=True)
class SamplingOptions(Options):
    """The settings of sampling; temperature, top-k, top-p and min-p act in this order."""

    max_new: int = option(500, "length of the text", minimum=0, maximum=10**9, unit="characters")
    temperature: float = option(
        0.8, "below 1 more cautious, above 1 wilder, 0 always the likeliest", minimum=0.0, maximum=100.0
    )
    top_k: int = option(0, "draw from the K likeliest alone; 0 from all", minimum=0, maximum=2**31 - 1)
    top_p: float = option(1.0, "draw from the likeliest that together reach this probability", minimum=0.0, maximum=1.0)
    min_p: float = option(
        0.0, "draw from those at least this fraction as likely as the likeliest", minimum=0.0, maximum=1.0
    )
    seed: int | None = option(None, "the same seed writes the same text", minimum=0, maximum=2**31 - 1)


@dataclass(frozen=True)
class SearchOptions(Options):
    """The settings of beam search, which looks for the likeliest reply instead of drawing one."""

    beams: int = option(0, "beginnings of a reply kept by beam search; 0 samples", minimum=0, maximum=64)
    length_penalty: float = option(
        0.6, "how much beam search favours longer replies; 0: not at all", minimum=0.0, maximum=10.0
    )
