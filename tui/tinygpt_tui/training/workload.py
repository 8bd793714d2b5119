"""How much text a training reads, computed from its configuration."""

from tinygpt_keras.config import RunConfig
from tinygpt_keras.config.tasks import TEXT
from tinygpt_keras.text.corpus import split_point
from tinygpt_tui.training.text_facts import TextFacts


def workload(config: RunConfig, facts: TextFacts | None) -> str:
    """Describe what a step reads, and where the length is in steps, how often all of them together read the text.

    Args:
        config: The configuration.
        facts: Facts about the text, if known.

    Returns:
        One sentence.
    """
    training, context = config.training, config.model.block_size
    step = training.batch_size
    if config.task == TEXT:
        step *= context
        words = f"A step reads {counted(training.batch_size, 'window')} of {context:,} = {step:,} characters"
        whole, read = split_point(facts.characters) if facts is not None else 0, "the text"
    else:
        words = f"A step reads {counted(training.batch_size, 'pair')} of up to {context - 1:,} characters a side"
        whole, read = facts.training_pairs if facts is not None else 0, "them all"
    if training.minutes is not None or not whole:
        return f"{words}."
    times = training.steps * step / whole
    shown = f"{times:,.0f}" if times >= 10 else f"{times:,.1f}"
    return f"{words}; {training.steps:,} steps read {read} {shown} times."


def counted(number: int, noun: str) -> str:
    """Return a number with its noun."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
