"""What each task learns from: a text, a file of pairs, or pairs that the package makes."""

from pathlib import Path

from tinygpt_keras.config.fields import FieldError
from tinygpt_keras.config.tasks import PAIRS, SPEECHES, TASKS
from tinygpt_keras.errors import InputError
from tinygpt_keras.text.corpus import Corpus, read_corpus
from tinygpt_keras.text.speeches import SCENE_BREAK


def task_corpus(task: str, data: str | None) -> Corpus:
    """Read the text of a task, or make it.

    Args:
        task: The task.
        data: The path of a text; see `read_corpus`.

    Returns:
        The text.

    Raises:
        InputError: When a task that needs no text is given one, or the other way round.
    """
    if TASKS[task].is_made:
        if data is not None:
            raise FieldError(
                lambda named: (
                    f"the task {task} makes its own pairs. Drop {named('data')}, or choose another {named('task')}."
                )
            )
        from tinygpt_keras.text.made_pairs import task_text

        return Corpus(task, task_text(task).encode())
    if task == PAIRS and data is None:
        raise FieldError(
            lambda named: (
                f"{named('task')} {PAIRS} needs a file of pairs. Name it as {named('data')}: on each line a "
                "source, a tab and its reply."
            )
        )
    if task == PAIRS and data is not None and Path(data).is_dir():
        raise InputError(f"{data} is a folder, and pairs are read from one file. Name a file of it.")
    return read_corpus(data, between=SCENE_BREAK if task == SPEECHES else "")  # no file answers another
