"""What is said about the form's contents below its fields."""

from collections.abc import Sequence
from typing import NamedTuple

from textual.content import Content

from tinygpt_keras.config import RunConfig
from tinygpt_tui.architecture.parts import summary
from tinygpt_tui.text import plain
from tinygpt_tui.training.command import command_line
from tinygpt_tui.training.recipe import remarks
from tinygpt_tui.training.text_facts import TextFacts
from tinygpt_tui.training.workload import workload


class Findings(NamedTuple):
    """What is said about the form, line by line; empty lines are left out."""

    wrong: str = ""
    """Why the run cannot start."""
    remarks: str = ""
    """What is allowed, but probably not intended."""
    size: str = ""
    """How large the model and its text are."""
    model: str = ""
    """The model in one line, where it is not drawn."""
    reads: str = ""
    """How much of the text the training reads."""
    command: str = ""
    """The command that does the same."""

    def lines(self, is_high: bool, is_narrow: bool, is_tiny: bool) -> Content:
        """Return the lines for a size of the screen: what is wrong comes first and is never left out."""
        chosen = [
            plain(self.wrong and f"✗ {self.wrong}").stylize("bold $text-error"),
            plain(self.remarks and f"! {self.remarks}").stylize("$text-warning"),
            plain("" if is_tiny else self.size).stylize("$text-success"),
            plain(self.model if is_narrow and not is_tiny else ""),
            plain(self.reads if is_high else ""),
            plain(self.command if is_high else "").stylize("$foreground 70%"),
        ]
        return Content("\n").join(line for line in chosen if line)


def findings(config: RunConfig, facts: TextFacts | None, flags: Sequence[str], wrong: str, reading: str) -> Findings:
    """Describe a form whose fields fit together.

    Args:
        config: The configuration.
        facts: Facts about the text, if known.
        flags: The flags of `train` for the same.
        wrong: Why the run cannot start all the same; empty when it can.
        reading: What is said while the text is read; empty when it is not.
    """
    known = f"{config.model.parameters():,} parameters; {facts.sentence}" if facts is not None else ""
    return Findings(
        wrong,
        remarks=" ".join(remarks(config, facts)),
        size=known or reading,
        model=summary(config.model),
        reads=workload(config, facts),
        command=command_line(flags),
    )
