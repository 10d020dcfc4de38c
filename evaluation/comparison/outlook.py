"""How long a whole comparison still takes: the methods that run, and those that wait."""

from collections.abc import Sequence

from evaluation.comparison.comparison import Event
from evaluation.comparison.expected import SPREAD, Forecast

MOST = 2.0
"""How many times as long or short as forecast methods that wait are taken to be, at most."""
TELLING = 0.1
"""Share of a method from which its pace counts for those that wait."""
SETTLED = 0.3
"""Share of a method from which its own pace says what is left."""


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
        return self._until_the_last(0.0)

    @property
    def range(self) -> tuple[float, float]:
        """From how many to how many seconds: what was not measured here may take longer or less."""
        return self._until_the_last(-1.0), self._until_the_last(1.0)

    def _until_the_last(self, side: float) -> float:
        """Seconds, with the doubt about each method to the power of `side`."""
        doubt = {label: self._doubt(each) ** side for label, each in self._forecasts.items()}
        each_left = [
            (event.seconds_left or 0.0) * doubt.get(label, 1.0)
            for label, event in self._heard.items()
        ]
        pace = self._pace()
        each_left += [
            each.expected.total * (1.0 if each.expected.measured else pace) * doubt[label]
            for label, each in self._waiting.items()
        ]
        if self._at_once == 1:
            return sum(each_left)
        return max(sum(each_left) / self._at_once, *each_left, 0.0)

    def _doubt(self, forecast: Forecast) -> float:
        """By how many times the time that is left of a method may be wrong, in either direction."""
        heard = self._heard.get(forecast.label)
        if heard is not None and heard.fraction >= SETTLED:
            return 1.0
        spread = SPREAD[forecast.basis]
        here = any(event.fraction >= SETTLED for event in self._heard.values())
        return min(spread, SPREAD["machine"]) if here else spread

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
