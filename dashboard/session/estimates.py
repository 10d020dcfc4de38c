"""How long the chosen methods take on the chosen images, before they run."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from dashboard.session.job import ComparisonJob
from evaluation.comparison.comparison import Variant
from evaluation.comparison.expected import Forecast, Lot, forecast
from evaluation.comparison.method import identity
from images.dataset import DataSet
from images.errors import AnomalyError


@dataclass(eq=False)
class Estimates:
    """Remembers what was looked at of the latest images."""

    _data: DataSet | None = None
    _lot: Lot | None = None

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
                    found.append(forecast(variant, self._lot_of(data)))
        return found

    def _lot_of(self, data: DataSet) -> Lot:
        if self._lot is None or self._data is not data:
            self._data, self._lot = data, Lot.of(data)
        return self._lot
