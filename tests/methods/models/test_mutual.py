"""Mutual scores (Li et al. 2024) on numbers worked by hand."""

import numpy as np
import pytest

from methods.features.patch_features import Band
from methods.models.mutual import MutualScores
from methods.models.thumbnails import SIDE
from methods.patches.grid import PatchGrid
from methods.patches.reduction import Reduction

# Image 2 keeps 0 and 1, image 5 keeps 4, image 6 keeps 10 and 20, image 9 keeps 30.
BANK = np.array([[0], [1], [4], [10], [20], [30]], dtype=np.float32)
OWNERS = np.array([0, 0, 1, 2, 2, 3])


def model(share: float) -> MutualScores:
    made = MutualScores([Reduction("none", 1)], images=4, budget=6, share=share)
    made.restore(
        {
            "reduction.mean": np.zeros(1, dtype=np.float32),
            "reduction.basis": np.eye(1, dtype=np.float32),
            "bank": BANK,
            "owners": OWNERS,
            "compared": np.array([2, 5, 6, 9]),
            "pictures": np.stack(
                [np.full((SIDE, SIDE), at, dtype=np.uint8) for at in range(len(BANK))]
            ),
        }
    )
    return made


def band(*values: float) -> Band:
    patches = np.array(values, dtype=np.float32)[:, None]
    return Band(patches, 0, PatchGrid.regular(1, len(values), 1, 1))


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        # From 2 to the images: 1, 2, 8, 28. From 12: 11, 8, 2, 18.
        (0.25, [1, 2]),
        (0.5, [1.5, 5]),
        (1.0, [39 / 4, 39 / 4]),
        (0.01, [1, 2]),  # never fewer than one image
    ],
)
def test_mean_of_the_lowest_distances(share: float, expected: list[float]) -> None:
    assert model(share).score(band(2, 12)).tolist() == pytest.approx(expected)


def test_an_image_is_not_compared_with_itself() -> None:
    # Without image 2 the distances of 1 are 3, 9 and 29; half of three images is two of them.
    assert model(0.5).without(2).score(band(1)).tolist() == pytest.approx([(3 + 9) / 2])
    # An image that is not among those compared leaves out none: 0 and 3.
    assert model(0.5).without(3).score(band(1)).tolist() == pytest.approx([1.5])


def test_the_reason_shows_the_most_similar_patch_of_another_image() -> None:
    # 1 is in image 2 itself, so that the 4 of image 5 is shown, the third of the patches.
    reason = model(1.0).without(2).reason(band(1))
    assert reason.text.startswith("In 3 of 3 other images")
    assert reason.panels[0].picture == pytest.approx(np.full((SIDE, SIDE), 2 / 255))


def test_several_descriptions_are_compared_apart() -> None:
    """The same numbers twice give the same score; with a bank of zeros the mean halves.

    2 lies 1 from image 2 in the first description and 2 from all zeros in the second.
    """
    first = model(0.25)
    both = MutualScores(
        [Reduction("none", 1), Reduction("none", 1)], images=4, budget=6, share=0.25
    )
    state = first.state()
    again = {f"1.{key}": state[key] for key in ("reduction.mean", "reduction.basis", "bank")}
    both.restore({**state, **again})
    patches = np.repeat(band(2, 12).patches, 2, axis=1)
    pairs = Band(patches, 0, PatchGrid.regular(1, 2, 1, 1))
    assert both.score(pairs).tolist() == pytest.approx([1, 2])
    both.restore({**state, **again, "1.bank": np.zeros_like(BANK)})
    assert both.score(pairs).tolist() == pytest.approx([(1 + 2) / 2, (2 + 12) / 2])
    restored = MutualScores(both.reductions, images=4, budget=6, share=0.25)
    restored.restore(both.state())
    assert restored.score(pairs).tolist() == both.score(pairs).tolist()
