"""Forecasts on the present images, kept until something that they rest on changes."""

import pytest

from dashboard.session import estimates as module
from dashboard.session.estimates import Estimates
from evaluation.comparison.comparison import Variant
from evaluation.comparison.earlier_costs import EarlierCost, remember
from evaluation.comparison.expected import forecast
from tests.dashboard.small import QUICK, small_set


def test_a_forecast_is_made_once_until_images_or_costs_change(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[str] = []

    def make(variant: Variant, *given: object, **more: object) -> object:
        made.append(variant.label)
        return forecast(variant, *given, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "forecast", make)
    mine, data = Estimates(), small_set()
    one, two = Variant("pca-residual", QUICK, label="a"), Variant("pca-residual", label="b")
    for _ in range(2):
        assert [each.label for each in mine.of(data, [one, two], None)] == ["a", "b"]
    assert made == ["a", "b"]
    mine.of(small_set(), [one], None)
    assert made == ["a", "b", "a"]
    remember(EarlierCost("pca-residual", {}, 2, 4, 4096.0, 4096.0, 1.0, 1.0, 0.1))
    mine.of(data, [one], None)
    assert made == ["a", "b", "a", "a"]
