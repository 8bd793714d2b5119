"""The versions of a text: where another character was taken, the model wrote on, and one can go back."""

from dataclasses import dataclass, field


@dataclass
class Version:
    """A text, and where it leaves the version before it."""

    text: str
    place: int
    """The cursor when it was left."""
    branched: int = 0
    """The place of the first character that is not the one of the version before."""
    mean_bits: float | None = None
    """How surprising the model found what it read of it, once that is known."""


@dataclass
class Versions:
    """All versions of a text, in the order of their making; there is at least one."""

    all: list[Version] = field(default_factory=list[Version])
    shown: int = 0

    @classmethod
    def of(cls, text: str, place: int) -> "Versions":
        """Return the only version of a new text."""
        return cls([Version(text, place)])

    @property
    def current(self) -> Version:
        """The version that is shown."""
        return self.all[self.shown]

    def branch(self, place: int, character: str) -> Version:
        """Begin a version that has another character after a place.

        Args:
            place: The last place that both versions share.
            character: What comes after it.

        Returns:
            The new version, which is shown from now on.
        """
        version = Version(self.current.text[: place + 1] + character, place + 1, place + 1)
        self.all.append(version)
        self.shown = len(self.all) - 1
        return version

    def turn(self, way: int) -> Version:
        """Show the next version (1) or the one before (-1)."""
        self.shown = (self.shown + way) % len(self.all)
        return self.current

    def forget_bits(self) -> None:
        """Forget how surprising each version is: the weights are others now."""
        for version in self.all:
            version.mean_bits = None

    def back(self) -> Version:
        """Drop the version that is shown, and show the one before it; the first one stays."""
        if self.shown:
            del self.all[self.shown]
            self.shown -= 1
        return self.current
