"""The plots of a search hold its numbers."""

from evaluation.comparison.comparison import Variant
from evaluation.report.tuning_plots import (
    history_figure,
    importance_figure,
    slice_figure,
    sliced,
)
from evaluation.tuning.result import MethodTuning, TrialFound

FOUND = MethodTuning(
    Variant("padim"),
    (
        TrialFound(0, {"smoothing": 4.0, "reduction": "none"}, "complete", 0.80, 1.0),
        TrialFound(1, {"smoothing": 2.0, "reduction": "none"}, "complete", 0.70, 1.0),
        TrialFound(2, {"smoothing": 8.0, "reduction": "whitened"}, "failed", None, 1.0, "No."),
        TrialFound(3, {"smoothing": 6.0, "reduction": "whitened"}, "complete", 0.90, 1.0),
        TrialFound(4, {"smoothing": 1.5, "reduction": "none"}, "pruned", 0.60, 1.0),
    ),
    {"smoothing": 0.25, "reduction": 0.75},
)


def points(figure: object) -> dict[str, list[tuple[object, float]]]:
    return {
        trace.name: list(zip(trace.x, trace.y, strict=True))
        for trace in figure.data  # type: ignore[attr-defined]
    }


def test_the_best_so_far_never_falls_and_every_trial_has_its_group() -> None:
    assert points(history_figure(FOUND, "Pixel AUROC", "#0072b2")) == {
        "best so far": [(0, 0.80), (1, 0.80), (3, 0.90)],
        "default": [(0, 0.80)],
        "trial": [(1, 0.70)],
        "stopped early": [(4, 0.60)],
        "best": [(3, 0.90)],
    }


def test_importances_rise_to_the_top_with_their_titles() -> None:
    bars = importance_figure(FOUND, "#0072b2").data[0]
    assert list(zip(bars.y, bars.x, strict=True)) == [("Smoothing", 25.0), ("Reduction", 75.0)]
    assert list(bars.text) == ["25 %", "75 %"]


def test_slices_stand_in_order_of_importance_with_the_axis_of_the_search() -> None:
    assert sliced(FOUND) == ["reduction", "smoothing"]
    smoothing = slice_figure(FOUND, "smoothing", "Pixel AUROC", "#0072b2")
    assert points(smoothing)["best"] == [(6.0, 0.90)]
    assert smoothing.layout.xaxis.type == "log"
    reduction = slice_figure(FOUND, "reduction", "Pixel AUROC", "#0072b2")
    assert reduction.layout.xaxis.type == "category"
    assert tuple(reduction.layout.xaxis.categoryarray) == ("none", "principal", "whitened")
