"""How long the chosen methods take on the chosen images, before they run."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from dashboard.session.job import ComparisonJob
from evaluation.comparison.comparison import Variant
from evaluation.comparison.earlier_costs import EarlierCost, earlier_costs
from evaluation.comparison.expected import Forecast, Lot, forecast
from evaluation.comparison.method import identity
from images.dataset import DataSet
from images.errors import AnomalyError


@dataclass(eq=False)
class Estimates:
    """Remembers what was looked at of the latest images, and the forecasts on them."""

    _data: DataSet | None = None
    _lot: Lot | None = None
    _costs: tuple[EarlierCost, ...] = ()
    _forecasts: dict[str, Forecast] = field(default_factory=dict)

    def of(
        self, data: DataSet, variants: Sequence[Variant], job: ComparisonJob | None
    ) -> list[Forecast]:
        """A forecast of each method that can run and was not run on these images by `job`."""
        known: set[tuple[str, int, tuple[str, ...]]] = set()
        found: list[Forecast] = []
        if job is not None and job.data is data:
            for one in job.assessments():
                with suppress(AnomalyError):  # of a method that is gone
                    known.add(identity(one.result.variant))
        for variant in variants:
            with suppress(AnomalyError):  # Run says what is wrong
                if identity(variant) not in known:
                    found.append(self._forecast(variant, data))
        return found

    def _forecast(self, variant: Variant, data: DataSet) -> Forecast:
        """A page asks for those of all methods whenever it is drawn, so they are kept."""
        lot, costs = self._lot_of(data), earlier_costs()
        if costs is not self._costs:
            self._costs = costs
            self._forecasts.clear()
        key = repr(variant)
        if key not in self._forecasts:
            self._forecasts[key] = forecast(variant, lot, costs=costs)
        return self._forecasts[key]

    def _lot_of(self, data: DataSet) -> Lot:
        if self._lot is None or self._data is not data:
            self._data, self._lot = data, Lot.of(data)
            self._forecasts.clear()
        return self._lot
