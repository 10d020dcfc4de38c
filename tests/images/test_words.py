"""Numbers in sentences."""

import pytest

from images.words import count, percent, unbroken


@pytest.mark.parametrize(
    ("number", "text"), [(1, "1 image"), (0, "0 images"), (1000, "1,000 images")]
)
def test_a_number_of_things(number: int, text: str) -> None:
    assert count(number, "image") == text


@pytest.mark.parametrize(
    ("share", "decimals", "text"),
    [
        (0.07, 0, "7 %"),
        (0.0751, 1, "7.5 %"),
        (1.0, 0, "100 %"),
        (0.001, 2, "0.10 %"),
        (0.07, None, "7 %"),
        (0.005, None, "0.5 %"),
    ],
)
def test_a_share_in_percent(share: float, decimals: int | None, text: str) -> None:
    assert percent(share, decimals) == text


def test_a_number_stays_with_its_sign() -> None:
    assert unbroken("About 60 % of 5 images, 0.5 %.") == "About 60\u00a0% of 5 images, 0.5\u00a0%."
