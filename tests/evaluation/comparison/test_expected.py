"""How long methods are expected to take, from declared times and from earlier runs."""

from dataclasses import replace
from pathlib import Path

import pytest

from evaluation.comparison import earlier_costs, expected
from evaluation.comparison.comparison import Variant
from evaluation.comparison.earlier_costs import EarlierCost, remember
from evaluation.comparison.expected import Forecast, Lot, fold_count, forecast, work_of
from evaluation.comparison.remaining import Expected, Folds
from evaluation.comparison.runner import run
from evaluation.estimate import about, estimate_text, parts_text
from methods.detectors.patch_models.padim import Padim
from methods.detectors.restoration.autoencoder import Autoencoder
from methods.measured import REFERENCE_PIXELS, Measured
from tests.dashboard.small import QUICK, small_set

PIXELS = REFERENCE_PIXELS
LOT = Lot(10, 20, PIXELS, PIXELS / 2, (), 10)
"""Ten normal images of the size on which detectors were measured, and 20 test images of half."""
METHOD = Variant("autoencoder")


@pytest.fixture(autouse=True)
def measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """10 s of training, of which 6 s are fixed and 1 s is features; on two cores, as declared."""
    declared = Measured(None, None, 10.0, 0.5, fixed=0.6, features=0.1)
    monkeypatch.setattr(Autoencoder, "measured", declared)
    monkeypatch.setattr(expected, "cores", lambda: 2)


def cost(
    fit: float, each: float, params: dict[str, object] | None = None, cores: int = 2
) -> EarlierCost:
    """Of the same method on five normal images and as large test images."""
    all_params = Variant("autoencoder", params or {}).checked().model_dump(mode="json")
    return EarlierCost("autoencoder", all_params, cores, 5, PIXELS, PIXELS / 2, fit, fit, each)


def test_declared_times_are_taken_to_the_images() -> None:
    """Twice the images: 6 s + 2 * 4 s = 14 s, 2 s of them features; a map of half the pixels takes
    0.25 s. Calibration scores 10 images and 5 with painted defects, each of two test images."""
    found = forecast(METHOD, LOT, costs=()).expected
    assert (found.fit, found.own, found.map) == pytest.approx((14.0, 12.0, 0.25))
    assert found.folds.fixed == pytest.approx(6 / 12)
    assert found.held_out == 30
    assert found.seconds("held out") == pytest.approx(7.5)
    assert found.seconds("score") == pytest.approx(5.0)
    assert not found.measured


def test_what_is_compiled_once_and_few_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten images are half of the pixels from which the fixed 6 s are needed: 3 + 2 * 4 = 11 s."""
    given = replace(Autoencoder.measured, fixed_from=20 * PIXELS, first_loading=15.0)
    monkeypatch.setattr(Autoencoder, "measured", given)
    first = forecast(METHOD, LOT, costs=()).expected
    assert (first.load, first.fit) == pytest.approx((15.0, 11.0))
    assert forecast(METHOD, LOT, costs=[cost(20.0, 0.5)]).expected.load == 2.0


def test_the_number_of_folds_follows_from_declared_times_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A fit without its features takes 12 s: 5 times within 60 s, 9 times within 119 s. What was
    measured on this machine does not matter."""
    monkeypatch.setattr(expected, "earlier_costs", lambda: (cost(1e-3, 1e-3),))
    budgets = (0.0, 23.9, 60.0, 119.0, 1000.0)
    assert [fold_count(METHOD, LOT, budget) for budget in budgets] == [2, 2, 5, 9, 10]
    monkeypatch.setattr(Autoencoder, "fewest_folds", 6)
    assert [fold_count(METHOD, LOT, budget) for budget in budgets] == [6, 6, 6, 9, 10]
    assert forecast(METHOD, LOT, budget=119.0).expected.folds.count == 9
    few = replace(LOT, independent=3)
    assert fold_count(METHOD, few, 1000.0) == 3
    parts = replace(LOT, independent=2)
    assert fold_count(METHOD, parts, 1000.0) == 10
    assert fold_count(METHOD, replace(LOT, independent=0), 1000.0) == 0
    assert fold_count(Variant("mutual-scoring"), LOT, 1000.0) == 0


def test_the_parts_of_the_time_are_said_in_tens_that_make_a_hundred() -> None:
    """65 %, 16 % and 19 % have 6, 1 and 1 whole tens; the two that lack go to the largest rests."""
    given = Expected(0.0, 65.0, 65.0, 1.0, held_out=16, test=19, folds=Folds(0))
    assert parts_text(Forecast("a", given, "measured")) == (
        "Training 60 %, calibration 20 %, inference 20 % of it."
    )
    quick = replace(given, test=1, held_out=2)
    assert parts_text(Forecast("a", quick, "measured")) == "Training 100 % of it."


def test_declared_times_are_taken_to_the_parameters() -> None:
    """0.1 + 0.9 * 3 = 2.8 times the fixed 6 s, and a quarter of the pixels for each image."""
    found = forecast(Variant("autoencoder", {"steps": 1200, "reduction": 4}), LOT, costs=())
    assert found.expected.fit == pytest.approx(2.8 * 6 + 8 / 4)
    assert found.expected.map == pytest.approx(0.25 / 4)


def test_an_earlier_run_of_the_same_method_says_how_quick_this_machine_is() -> None:
    """Five images took 20 s instead of 10 s and a map 0.5 s instead of 0.25 s."""
    found = forecast(METHOD, LOT, costs=[cost(20.0, 0.5)])
    assert (found.basis, found.expected.measured) == ("measured", True)
    assert (found.expected.fit, found.expected.map) == pytest.approx((28.0, 0.5))
    assert found.range == pytest.approx((found.expected.total, found.expected.total))


def test_the_median_of_the_latest_runs_counts() -> None:
    costs = [cost(seconds, 0.25) for seconds in (90.0, 90.0, 10.0, 20.0, 20.0, 80.0, 10.0)]
    assert forecast(METHOD, LOT, costs=costs).expected.fit == pytest.approx(28.0)


def test_other_parameters_other_methods_and_other_cores_say_less() -> None:
    more = forecast(Variant("autoencoder", {"steps": 1200}), LOT, costs=[cost(20.0, 0.5)])
    assert more.basis == "similar"
    assert more.expected.fit == pytest.approx(2 * (2.8 * 6 + 8))
    other = forecast(Variant("padim"), LOT, costs=[cost(20.0, 0.5)])
    assert other.basis == "machine"
    assert other.expected.map == pytest.approx(
        2 * forecast(Variant("padim"), LOT, costs=()).expected.map
    )
    assert forecast(METHOD, LOT, costs=[cost(20.0, 0.5, cores=8)]).basis == "reference"
    far = Lot(1000, 20, PIXELS, PIXELS / 2, (), 1000)
    assert forecast(METHOD, far, costs=[cost(20.0, 0.5)]).basis == "similar"


def test_a_run_on_much_smaller_images_says_little() -> None:
    """A 64th of the images' pixels and of all pixels a 128th, which is 32 times beyond alike: what
    took 16 times as long as declared counts as 16 ** (1 / (1 + 5 / 2)) = 2.21 times."""
    given = cost(16 * (6 + 4 / 64), 0.25)
    small = replace(given, pixels=PIXELS / 64, test_pixels=PIXELS / 2 / 64)
    found = forecast(METHOD, LOT, costs=[small])
    assert found.basis == "similar"
    assert found.expected.fit == pytest.approx(14 * 16 ** (1 / 3.5))
    near = cost(20.0, 0.5)
    assert forecast(METHOD, LOT, costs=[near, small]).expected.fit == pytest.approx(28.0)


def test_the_strain_of_folds_is_that_of_the_same_method() -> None:
    """Else that of two fits at once which hinder each other halfway: between 1 and 2."""
    other = replace(cost(20.0, 0.5), detector="padim", params={}, fold_strain=3.0)
    own = replace(cost(20.0, 0.5), fold_strain=1.5)
    assert forecast(METHOD, LOT, costs=[other]).expected.strain == pytest.approx(2**0.5)
    assert forecast(METHOD, LOT, costs=[other, own]).expected.strain == 1.5


def test_the_scale_of_the_images_counts_for_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A short side of 350 for 700 is half the scale, and a quarter of the pixels of the images as
    they are; the reference images are enlarged to twice their pixels."""
    details = (expected.Detail(700, 1024, 0.29),)
    lot = Lot(1, 1, PIXELS, PIXELS, details, 1)
    assert work_of(Variant("padim", {"short_side": 350}), lot).pixels == pytest.approx(PIXELS / 8)
    assert work_of(Variant("padim"), lot).pixels == pytest.approx(PIXELS / 2)
    raw = Variant("padim", {"features": "raw patches"})
    monkeypatch.setattr(Padim, "measured", Measured())
    assert work_of(raw, lot).pixels == pytest.approx(PIXELS / 2)


def test_a_run_is_remembered_and_makes_the_next_forecast_a_measured_one(tmp_path: Path) -> None:
    method = Variant("pca-residual", QUICK)
    data = small_set()
    assert forecast(method, Lot.of(data)).basis == "reference"
    result = run(data, [method], tmp_path / "run").results[0]
    (kept,) = earlier_costs.earlier_costs()
    assert (kept.detector, kept.images, kept.map_seconds) == (
        "pca-residual",
        4,
        result.score_seconds_per_image,
    )
    assert not any("png" in str(value) for value in vars(kept).values())
    again = forecast(method, Lot.of(data))
    assert again.basis == "measured"
    assert again.expected.fit == pytest.approx(kept.fit_seconds)
    assert again.expected.map == pytest.approx(kept.map_seconds)


def test_damaged_lines_are_passed_over_and_old_ones_go(monkeypatch: pytest.MonkeyPatch) -> None:
    remember(cost(1.0, 0.1))
    path = earlier_costs.cache_folder() / earlier_costs.FILE
    path.write_text("{}\nno\n" + path.read_text())
    assert [each.fit_seconds for each in earlier_costs.earlier_costs()] == [1.0]
    monkeypatch.setattr(earlier_costs, "KEPT", 2)
    for seconds in (2.0, 3.0, 4.0):
        remember(cost(seconds, 0.1))
    assert [each.fit_seconds for each in earlier_costs.earlier_costs()] == [3.0, 4.0]


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (0.1, 2, "less than 5 s"),
        (118, 118, "about 2 min"),
        (44, 46, "about 40 to 50 s"),
        (70, 170, "about 1 to 3 min"),
        (35, 130, "about 40 s to 2 min"),
        (5400, 5400, "about 1.5 h"),
    ],
)
def test_times_are_said_no_finer_than_they_are_known(low: float, high: float, words: str) -> None:
    assert about(low, high) == words


def test_an_estimate_says_what_it_rests_on() -> None:
    known = forecast(METHOD, LOT, costs=[cost(20.0, 0.5)])
    assert estimate_text([known]).endswith("min, measured on this machine.")
    unknown = forecast(Variant("autoencoder", {"width": 32}, label="Wide"), LOT, costs=())
    assert estimate_text([unknown]).endswith(", not yet measured on this machine.")
    assert estimate_text([known, unknown]).endswith(". Wide: not yet measured on this machine.")
    features = Variant("padim", {"features": "raw patches"}, label="PaDiM")
    assert estimate_text([forecast(features, LOT, costs=())]).endswith(
        "Estimated with the default of Features of PaDiM."
    )
    assert estimate_text([]) == ""
