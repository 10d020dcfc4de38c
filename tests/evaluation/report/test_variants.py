"""Variants: in what they differ, and which are best for their cost."""

from evaluation.report.variants import differing, pareto


def test_only_parameters_that_differ_within_a_detector_are_columns() -> None:
    variants = [
        ("pca-residual", {"variance": 0.5, "smoothing": 1.0}),
        ("pca-residual", {"variance": 0.9, "smoothing": 1.0}),
        ("padim", {"smoothing": 4.0}),
    ]
    first, second, alone = differing(variants)
    assert list(first.values()) == ["0.5"]
    assert list(second.values()) == ["0.9"]
    assert first.keys() == second.keys()
    assert alone == {}


def test_the_front_holds_what_no_other_beats() -> None:
    """1 is dearer and worse than 0; 3 costs as much as 2 and is worse; 4 is dear and best."""
    assert pareto([1, 2, 3, 3, 9], [0.8, 0.7, 0.9, 0.85, 0.95]) == [0, 2, 4]
    assert pareto([], []) == []
