"""Whether two methods decide differently by more than chance, against sums made by hand."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import binomtest

from evaluation.metrics.paired import lead, p_value


def flags(text: str) -> NDArray[np.bool_]:
    return np.array([letter == "1" for letter in text])


def test_with_defective_images_alone_it_is_the_exact_test_of_mcnemar() -> None:
    """The first alone finds 9 images, the second alone 1: a binomial test of 9 in 10."""
    first = flags("1" * 9 + "0" + "1" * 5)
    second = flags("0" * 9 + "1" + "1" * 5)
    labels = [True] * 15
    assert lead(first, second, labels) == pytest.approx(8 / 15)
    assert p_value(first, second, labels) == pytest.approx(binomtest(9, 10).pvalue)
    assert p_value(second, first, labels) == pytest.approx(binomtest(9, 10).pvalue)


def test_both_classes_have_a_part_in_the_lead() -> None:
    """One of 2 defective images and one of 4 good ones are right by the first alone: 1/2 + 1/4.

    Of the four equally likely assignments, two have a lead as large: both or neither to the first.
    """
    labels = [True, True, False, False, False, False]
    first, second = flags("110000"), flags("101000")
    assert lead(first, second, labels) == pytest.approx(0.75)
    assert p_value(first, second, labels) == pytest.approx(0.5)


def test_unlabelled_images_and_equal_flags_say_nothing() -> None:
    labels = [True, False, None]
    assert lead(flags("101"), flags("100"), labels) == 0
    assert p_value(flags("101"), flags("100"), labels) == 1
