"""Looking inside a model while its run trains: newer weights, steps and texts are taken as they come."""

import asyncio

from textual import work

from tinygpt_tui.looking.versions import Versions
from tinygpt_tui.screens.looking import LookingPage

WATCH_S = 2.0  # between two looks for newer weights


class NewsPage(LookingPage):
    """Follows the run that is looked at."""

    reading = False

    def on_mount(self) -> None:
        """Begin to follow."""
        self.set_interval(WATCH_S, self.look_for_news)

    @work(group="news", exit_on_error=False)
    async def look_for_news(self) -> None:
        """While the run trains, take its newest weights, steps and texts."""
        opening, has_changed, more = self.opening, False, True
        if opening is None or self.reading or not self.is_current or self.writer.is_writing:
            return
        self.reading = True
        try:
            while more and self.opening is opening:
                written, news = opening.written, await asyncio.to_thread(opening.read)
                has_changed |= opening.take(news)
                more = news.history.more
                self.forget(everything=news.begins, best=opening.written != written)
        finally:
            self.reading = False
        if has_changed and self.gaze is not None and self.opening is opening:
            if self.gaze.choice.step is None:
                self.follow_sample()
            self.change(lambda gaze: None)

    def forget(self, everything: bool, best: bool) -> None:
        """Forget what was found with weights that are others now.

        Args:
            everything: Whether those of each step may be others.
            best: Whether the best weights are others.
        """
        if everything:
            self.answers.forget()
        elif best:
            self.answers.forget_best()
        if everything or (best and self.gaze is not None and self.gaze.choice.step is None):
            self.versions.forget_bits()

    def follow_sample(self) -> None:
        """Show what the run wrote at the current step, if that is what is looked at."""
        if self.follows_sample and self.opening is not None and self.gaze is not None:
            text, source = self.opening.sample(self.gaze.choice.step)
            if text and (text, source) != (self.gaze.text, self.gaze.source):
                self.versions = Versions.of(text, min(self.gaze.place, len(text) - 1))
                self.gaze.source = source
                self.gaze.read_anew(text, self.gaze.place)
