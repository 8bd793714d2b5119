"""How much text a training reads, computed from its configuration."""

from tinygpt_keras.config import RunConfig
from tinygpt_keras.text.corpus import split_point
from tinygpt_tui.training.recipe import TextFacts


def workload(config: RunConfig, facts: TextFacts | None) -> str:
    """Describe what a step reads, and where the length is in steps, how often all of them together read the text.

    Args:
        config: The configuration.
        facts: Facts about the text, if known.

    Returns:
        One sentence.
    """
    training, context = config.training, config.model.block_size
    step = training.batch_size * context
    windows = "1 window" if training.batch_size == 1 else f"{training.batch_size:,} windows"
    words = f"A step reads {windows} of {context:,} = {step:,} characters"
    if training.minutes is not None or facts is None:
        return f"{words}."
    times = training.steps * step / split_point(facts.characters)
    shown = f"{times:,.0f}" if times >= 10 else f"{times:,.1f}"
    return f"{words}; {training.steps:,} steps read the text {shown} times."
