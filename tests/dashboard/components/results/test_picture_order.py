"""The order in which test images are shown."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from dashboard.components.results.picture_order import DEFECTIVE, in_order
from dashboard.session.address import WIDGETS
from dashboard.session.widgets import ORDER
from images.dataset import DataSet, Picture

LABELS = (False, None, True, True, False, True)
NAN = float("nan")


def in_default_order(*scores: list[float]) -> list[int]:
    """The default order of six images by the scores of some methods."""
    pictures = tuple(Picture(f"{at}.png", None, lambda: np.zeros((1, 1))) for at in range(6))
    methods: list[Any] = [
        SimpleNamespace(
            label=f"method {at}",
            assessment=SimpleNamespace(labels=LABELS, image_scores=np.array(one)),
        )
        for at, one in enumerate(scores)
    ]
    return in_order(DEFECTIVE, DataSet("six", (), pictures), methods)


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        # Defective ones are 2, 3 and 5; nobody has labelled 1; good ones are 0 and 4.
        ([[9, 8, 1, 2, 10, 3]], [5, 3, 2, 1, 4, 0]),
        # Ranks of 2, 3 and 5 are 4, 5, 6 and 6, 5, 2: sums of 10, 10 and 8, whatever the scale.
        ([[1, 2, 4, 5, 3, 6], [300, 400, 600, 500, 100, 200]], [2, 3, 5, 1, 0, 4]),
        # Equal scores stay as they were given.
        ([[7, 7, 7, 7, 7, 7]], [2, 3, 5, 1, 0, 4]),
        # A score that is undefined counts as the lowest.
        ([[1, 2, NAN, 3, 4, 5]], [5, 3, 2, 1, 4, 0]),
    ],
    ids=["one method", "two scales", "ties", "undefined"],
)
def test_defective_images_come_first(scores: list[list[float]], expected: list[int]) -> None:
    assert in_default_order(*scores) == expected


def test_the_address_leaves_out_the_default_order() -> None:
    assert WIDGETS[ORDER][0] == DEFECTIVE
