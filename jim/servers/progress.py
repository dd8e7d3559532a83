"""How a step that may take long tells what it is doing, and how it waits.

`jim serve` prints, and its pauses end at once when it is told to stop; the pytest plugin is silent and sleeps.
"""

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic, sleep


def _say_nothing(_: str) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Progress:
    """say: one line for the administrator. pause: wait that many seconds; may raise to stop everything."""

    say: Callable[[str], None] = _say_nothing
    pause: Callable[[float], None] = sleep


class Reminder:
    """Says something again after every `interval` seconds of waiting."""

    def __init__(self, progress: Progress, interval: float = 5.0) -> None:
        self._progress = progress
        self._interval = interval
        self._began = monotonic()
        self._next = self._began + interval

    def tick(self, text: str) -> None:
        """Pause briefly; say `text` with the seconds waited when it is time to."""
        self._progress.pause(0.05)
        if monotonic() >= self._next:
            self._next += self._interval
            self._progress.say(f"{text} ({monotonic() - self._began:.0f} s)")
