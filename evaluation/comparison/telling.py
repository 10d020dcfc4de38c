"""What a method that runs tells of itself: how far it is and, at its end, what it cost."""

from collections.abc import Callable

from evaluation.comparison.comparison import Event, Found, Phase, Variant
from evaluation.comparison.earlier_costs import EarlierCost, remember
from evaluation.comparison.expected import Lot, forecast, work_of
from evaluation.comparison.remaining import Part, Remaining
from evaluation.workers.threads import cores
from methods.progress import Progress


class Telling:
    """Makes events of the progress of the parts of a method."""

    def __init__(
        self,
        variant: Variant,
        lot: Lot,
        budget: float,
        on_event: Callable[[Event], None],
    ) -> None:
        """`budget` is that of `fold_count`."""
        self._variant = variant
        self._on_event = on_event
        self._lot = lot
        self._remaining = Remaining(forecast(variant, lot, budget=budget).expected)
        self._fit_seconds = self._own_seconds = 0.0

    def of(self, phase: Phase, part: Part) -> Progress:
        """The progress of a part."""

        def tell(fraction: float, note: str = "") -> None:
            remaining = self._remaining
            remaining.tell(part, fraction)
            self._on_event(
                Event(
                    self._variant.label,
                    phase,
                    remaining.fraction,
                    remaining.spent,
                    note,
                    remaining.left,
                )
            )

        return tell

    def fitted(self, seconds: float, own_seconds: float) -> None:
        """The fit has ended; `own_seconds` are without computing features."""
        self._fit_seconds, self._own_seconds = seconds, own_seconds
        self._remaining.fitted(own_seconds)

    def keep_cost(self, found: Found) -> None:
        """Keep what it cost for the next forecast, unless something else ran meanwhile."""
        if found.disturbed:
            return
        work = work_of(self._variant, self._lot)
        remember(
            EarlierCost(
                found.variant.detector,
                found.params,
                cores(),
                work.images,
                work.pixels,
                work.test_pixels,
                self._fit_seconds,
                self._own_seconds,
                found.score_seconds_per_image,
                self._remaining.strain,
            )
        )
