"""How long a whole comparison still takes: the methods that run, and those that wait."""

from collections.abc import Sequence

from evaluation.comparison.comparison import Event
from evaluation.comparison.expected import Forecast

MOST = 2.0
"""How many times as long or short as forecast methods that wait are taken to be, at most."""
TELLING = 0.1
"""Share of a method from which its pace counts for those that wait."""


class Outlook:
    """The time that is left, from forecasts and from the events of the methods.

    A method that waits takes what was forecast; where it was not measured on this machine, the root
    of how many times as long the methods so far have taken as forecast, since these say as much of
    the machine as of their own forecasts.
    """

    def __init__(self, forecasts: Sequence[Forecast], at_once: int = 1) -> None:
        """`at_once` methods run at the same time."""
        self._waiting = {each.label: each for each in forecasts}
        self._forecasts = dict(self._waiting)
        self._at_once = at_once
        self._heard: dict[str, Event] = {}

    def hear(self, event: Event) -> None:
        """Take note of how far a method is; what says nothing of its time is passed over."""
        if event.seconds_left is None and event.phase != "done":
            return
        self._waiting.pop(event.label, None)
        if event.phase == "done" and event.label in self._heard:
            event = Event(event.label, "done", 1.0, self._heard[event.label].seconds)
        self._heard[event.label] = event

    def end(self, label: str) -> None:
        """A method has ended, perhaps without a result or taken over from an earlier run."""
        self.hear(Event(label, "done", 1.0))

    @property
    def left(self) -> float:
        """Seconds until the last method is done."""
        running = [event.seconds_left or 0.0 for event in self._heard.values()]
        pace = self._pace()
        waiting = [
            each.expected.total * (1.0 if each.expected.measured else pace)
            for each in self._waiting.values()
        ]
        if self._at_once == 1:
            return sum(running + waiting)
        return max(sum(running + waiting) / self._at_once, *running, *waiting, 0.0)

    @property
    def several(self) -> bool:
        """Whether there is more than one method."""
        return len(self._forecasts) > 1

    def _pace(self) -> float:
        """How many times as long as forecast methods have taken here; 1 while nothing is known."""
        taken = expected = 0.0
        for label, event in self._heard.items():
            forecast = self._forecasts.get(label)
            if forecast is None or event.fraction < TELLING or not event.seconds:
                continue
            taken += event.seconds + (event.seconds_left or 0.0)
            expected += forecast.expected.total
        ratio = taken / expected if expected > 0 else 1.0
        return min(MOST, max(1 / MOST, ratio**0.5))
