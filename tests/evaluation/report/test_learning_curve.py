"""What a learning curve says."""

import pytest

from evaluation.comparison.learning_curve import LearningCurve, Measured
from evaluation.report.learning_curve import (
    answers,
    curve_text,
    learning_figure,
    reached,
    reasons,
    rise,
)


def curve(*values: tuple[int, int, float], images: int = 8) -> LearningCurve:
    drawn = tuple(Measured("M", number, draw, pixel_auroc=area) for number, draw, area in values)
    return LearningCurve(images, "the same 6 labelled test images", drawn)


FLAT = curve(
    (4, 0, 0.90), (4, 1, 0.91), (4, 2, 0.92), (2, 0, 0.1), (8, 0, 0.914)
)  # fmt: skip


def test_means_and_deviations() -> None:
    """0.90, 0.91 and 0.92 have the standard deviation 0.01."""
    numbers = reached(FLAT, "M", "pixel_auroc")
    assert [each.images for each in numbers] == [2, 4, 8]
    assert numbers[1].mean == pytest.approx(0.91)
    assert numbers[1].deviation == pytest.approx(0.01)
    assert numbers[2].deviation == 0.0
    assert reached(FLAT, "M", "image_auroc") == []


def test_the_rise_is_that_within_draws() -> None:
    """Differences 0.014, 0.004 and -0.006: mean 0.004, standard deviation 0.01.

    The interval is 4.303 x 0.01 / sqrt(3) = 0.0248 wide to either side.
    """
    found = rise(FLAT, "M", "pixel_auroc")
    assert found is not None
    assert (found.fewer, found.more) == (4, 8)
    assert found.mean == pytest.approx(0.004)
    assert found.half_width == pytest.approx(4.3027 * 0.01 / 3**0.5, rel=1e-4)
    assert answers(FLAT, "M") == [
        "From 4 to 8 images the pixel AUROC rose by 0.004 ± 0.025: more normal images would "
        "probably not help."
    ]


@pytest.mark.parametrize(
    ("fewer", "more", "said"),
    [
        ((0.7, 0.71), (0.80, 0.81), "rose by 0.100 ± 0.000: more normal images would probably h"),
        ((0.7, 0.9), (0.95, 0.95), "0.150 ± 1.271: the draws differ too much to tell"),
        ((0.9, 0.9), (0.89, 0.89), "fell by 0.010 ± 0.000: more normal images would probably not"),
        ((0.9, 0.9), (0.9, 0.9), "changed by 0.000 ± 0.000: more normal images would probably not"),
        ((0.9,), (0.95,), "rose by 0.050 in a single draw: more draws would tell"),
    ],
)
def test_what_follows_from_it(fewer, more, said) -> None:
    """Draws of two numbers below that of all images are compared in pairs."""
    pairs = [*((1, at, area) for at, area in enumerate(fewer)),
             *((2, at, area) for at, area in enumerate(more))]  # fmt: skip
    (text,) = answers(curve(*pairs), "M")
    assert text.startswith("From 1 to 2 images the pixel AUROC ")
    assert said in text


def test_one_number_of_images_has_no_rise() -> None:
    assert rise(curve((1, 0, 0.9)), "M", "pixel_auroc") is None


def test_the_table_and_what_failed() -> None:
    failed = Measured("M", 1, 0, reason="It is too small.")
    table = curve_text(LearningCurve(8, FLAT.tested, (*FLAT.measured, failed)), ["M"])
    assert "M, Pixel AUROC  2: 0.1000   4: 0.9100 ± 0.0100   8: 0.9140" in table
    assert "M, images: 1: It is too small." in table
    assert reasons(FLAT, "M") == []


def test_what_was_passed_over_is_said() -> None:
    text = curve_text(FLAT, ["M", "open-set"], [2, 8, 9])
    assert text.endswith(
        "\nopen-set has no curve, since it is not trained on normal images alone, without their "
        "classes.\nPassed over: 9 images; there are 8 to draw from."
    )
    assert "M has no curve" not in text
    assert "no curve" not in curve_text(FLAT, ["other"], [9])


def test_the_plot_has_means_and_draws() -> None:
    figure = learning_figure(FLAT, "pixel_auroc", {"M": "#0072b2", "other": "#e69f00"})
    assert figure is not None
    line, dots = figure.data
    assert list(line.x) == [2, 4, 8]
    assert list(line.y) == pytest.approx([0.1, 0.91, 0.914])
    assert list(dots.x) == [2, 4, 4, 4, 8]
    assert learning_figure(FLAT, "image_auroc", {"M": "#0072b2"}) is None
