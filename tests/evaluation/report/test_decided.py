"""The sentence that says what the methods find and miss."""

import numpy as np
import pytest

from evaluation.report.decided import Decided, p_values_text, ranked, verdict

LABELS = [True] * 30 + [False] * 13


def method(label: str, found: int, alarms: int) -> Decided:
    """Flags the first defective and the first good images."""
    flags = np.zeros(43, dtype=bool)
    flags[:found] = True
    flags[30 : 30 + alarms] = True
    return Decided(label, flags)


PADIM, CODING, MEAN = method("PaDiM", 28, 1), method("Sparse coding", 19, 1), method("Mean", 27, 1)


@pytest.mark.parametrize(
    ("methods", "expected"),
    [
        ([PADIM], "PaDiM finds 28 of 30 defective images with 1 false alarm in 13 good images."),
        (
            # PaDiM alone is right about 9 images, Sparse coding about none: p = 2 / 512.
            [CODING, PADIM],
            "PaDiM finds 28 of 30 defective images with 1 false alarm in 13 good images; Sparse "
            "coding 19 with 1. The difference is more than chance.",
        ),
        (
            [PADIM, MEAN],
            "PaDiM finds 28 of 30 defective images with 1 false alarm in 13 good images; Mean 27 "
            "with 1. The difference may be chance.",
        ),
        (
            [CODING, MEAN, PADIM],
            "PaDiM finds 28 of 30 defective images with 1 false alarm in 13 good images; Mean 27 "
            "with 1, Sparse coding 19 with 1. The lead over Sparse coding is more than chance, "
            "over Mean it may be chance.",
        ),
        (
            [PADIM, method("Other", 28, 1)],
            "PaDiM and Other each find 28 of 30 defective images with 1 false alarm in 13 good "
            "images.",
        ),
    ],
    ids=["one", "more than chance", "chance", "both", "equal"],
)
def test_the_best_and_the_others(methods: list[Decided], expected: str) -> None:
    assert verdict(methods, LABELS) == expected


def test_many_methods_are_told_as_a_range() -> None:
    weak = [method(f"weak {at}", at, 2 + at) for at in range(5)]
    assert verdict([PADIM, *weak], LABELS) == (
        "PaDiM finds 28 of 30 defective images with 1 false alarm in 13 good images; weak 0 0 with "
        "2, weak 1 1 with 3, weak 2 2 with 4, 2 more methods 3 to 4 with 5 to 6. The differences "
        "are more than chance."
    )


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (
            [True] * 43,
            "A finds 30 of 43 defective images. No test image is known to be good, so false "
            "alarms are unknown.",
        ),
        (
            [False] * 43,
            "A raises 30 false alarms in 43 good images. No test image is known to be defective.",
        ),
        (
            [None] * 43,
            "A flags 30 of 43 test images; none of them is labelled, so nobody knows what is "
            "right.",
        ),
    ],
    ids=["no good image", "no defective image", "no label"],
)
def test_what_is_unknown_is_said(labels: list[bool | None], expected: str) -> None:
    assert verdict([method("A", 30, 0)], labels) == expected


def test_the_level_is_divided_by_the_number_of_comparisons() -> None:
    """6 discordant pairs, all for the first: p = 2 / 64 = 0.031, enough for one comparison."""
    first, second = method("first", 30, 0), method("second", 24, 0)
    assert ranked([first, second], LABELS).behind(0)
    assert not ranked([first, second, method("third", 24, 0)], LABELS).behind(0)
    assert "second p = 0.031" in p_values_text(ranked([first, second], LABELS))
