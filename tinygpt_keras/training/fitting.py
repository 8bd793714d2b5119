"""A session with its display, its log and its request to stop, as the command runs it."""

import contextlib
from typing import TYPE_CHECKING, Any

from tinygpt_keras import console
from tinygpt_keras.config import RunConfig
from tinygpt_keras.console.loading import load_keras
from tinygpt_keras.distribution.group import Group
from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_keras.runs.events import read_events
from tinygpt_keras.text.encoded_pairs import EncodedPairs
from tinygpt_keras.training.resume_flags import interruption

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tinygpt_keras.training.session import Session

    Encoded = NDArray[Any] | EncodedPairs


def fit(directory: RunDirectory, config: RunConfig, ids: "Encoded", group: Group, further: bool = False) -> str:
    """Train with a progress display on standard error, and the libraries' output in the log.

    Args:
        directory: The run's directory.
        config: The run's configuration.
        ids: The encoded text or pairs.
        group: The processes, of which this is the first.
        further: Whether to continue a run that has stopped early.

    Returns:
        Why training ended.
    """
    from tinygpt_keras.console.progress import ProgressDisplay
    from tinygpt_keras.text.tokenizer import CharTokenizer
    from tinygpt_keras.training.signals import StopRequest

    session: Session | None = None
    training = config.training
    steps = None if training.minutes else training.steps
    with (
        console.quiet_libraries(directory.log_file) as screen,
        ProgressDisplay(screen, steps, training.minutes, read_events(directory.events_file)) as display,
    ):

        def give_up() -> None:
            if session is not None:
                session.end("interrupted")
            display.close()
            for line in interruption(directory, *group.repeated):
                print(console.printable(line), file=screen, flush=True)
            console.show(str(directory.path))

        stop = StopRequest(display.stopping, give_up)
        with stop.listening(), contextlib.ExitStack() as spreading:
            try:
                with stop.at_once():
                    load_keras()
                    from tinygpt_keras.distribution.devices import spread
                    from tinygpt_keras.training import examples
                    from tinygpt_keras.training import session as sessions

                    tokenizer = CharTokenizer.load(directory.vocab_file)
                    group.share({"config": config.to_json(), "characters": tokenizer.characters, "further": further})
                    group.share_arrays(examples.packed(ids))
                    spreading.enter_context(spread(config.training.batch_size, group))
                    learned = examples.examples_of(ids)
                    session = sessions.Session(config, directory, learned, tokenizer, display, stop, further, group)
            except KeyboardInterrupt:
                return "interrupted"
            return session.run()
