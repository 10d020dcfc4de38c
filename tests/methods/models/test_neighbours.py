"""The distance to remembered patches (Roth et al. 2022, Eq. 5 to 7) on numbers worked by hand."""

from math import exp

import numpy as np
import pytest

from images.colour import Image
from methods import registry
from methods.detectors.patch_models.nearest_neighbour import NearestNeighbour
from methods.features.patch_features import Band
from methods.models import neighbours as model
from methods.models.neighbours import MemoryBank
from methods.models.thumbnails import SIDE
from methods.parameters import ParameterError
from methods.patches.grid import PatchGrid
from methods.patches.reduction import Reduction


def bank_of(values: list[list[float]], neighbours: int) -> MemoryBank:
    bank = MemoryBank(Reduction("none", 1), "coreset", 1.0, neighbours)
    vectors = np.array(values, dtype=np.float32)
    length = vectors.shape[1]
    bank.restore(
        {
            "reduction.mean": np.zeros(length, dtype=np.float32),
            "reduction.basis": np.eye(length, dtype=np.float32),
            "bank": vectors,
            "pictures": np.zeros((len(vectors), SIDE, SIDE), dtype=np.uint8),
        }
    )
    return bank


def scores(bank: MemoryBank, *patches: list[float]) -> list[float]:
    grid = PatchGrid.regular(1, len(patches), 1, 1)
    band = Band(np.array(patches, dtype=np.float32), 0, grid)
    return [float(score) for score in bank.score(band)]


def test_distance_to_the_nearest() -> None:
    bank = bank_of([[0, 0], [3, 4], [10, 0]], neighbours=1)
    assert scores(bank, [0, 1], [3, 4], [10, 2]) == pytest.approx([1, 0, 2])


def test_weighted_by_how_rare_the_nearest_is() -> None:
    """Eq. 7: two patches are nearest to m* = 0 and to m* = 5; b = 2."""
    bank = bank_of([[0.0], [1.0], [5.0]], neighbours=2)
    # -1 is 1 from 0 and 2 from its neighbour 1; 7 is 2 from 5 and 6 from its neighbour 1.
    expected = [
        (1 - exp(1) / (exp(1) + exp(2))) * 1,
        (1 - exp(2) / (exp(2) + exp(6))) * 2,
    ]
    assert scores(bank, [-1.0], [7.0]) == pytest.approx(expected, rel=1e-6)


def test_large_distances_do_not_overflow() -> None:
    bank = bank_of([[0.0], [1.0], [5000.0]], neighbours=2)
    assert scores(bank, [-1000.0], [6000.0]) == pytest.approx(
        [(1 - 1 / (1 + exp(1))) * 1000, 1000], rel=1e-5
    )


def noise(seed: int, side: int = 64) -> Image:
    return np.random.default_rng(seed).normal(0.5, 0.05, (side, side)).astype(np.float32)


def test_the_budget_decides_how_many_are_remembered() -> None:
    # Raw patches of 5 x 5 take 100 bytes, their pictures 576: 0.05 MB hold 77.
    detector = registry.create(
        "nearest-neighbour", {"features": "raw patches", "window": 5, "budget": 0.05}
    ).fit([noise(0)])
    state = detector._state()
    assert state["bank"].shape == (77, 25)
    assert state["bank"].nbytes + state["pictures"].nbytes <= 0.05 * 2**20


def test_never_more_than_a_share_of_the_normal_patches() -> None:
    detector = NearestNeighbour({"short_side": 64}).fit([noise(0)])
    assert len(detector._state()["bank"]) == 64 * model.LARGEST_SHARE


def test_shows_where_the_nearest_came_from() -> None:
    stripes = np.zeros((48, 48), dtype=np.float32)
    stripes[:, 24:] = np.tile([0.2, 0.8], 12)
    detector = NearestNeighbour(
        {"features": "raw patches", "window": 8, "stride": 2, "smoothing": 0}
    ).fit([stripes])
    for column, low, high in ((4, 0.0, 0.001), (40, 0.15, 0.3)):
        explanation = detector.explain(stripes, 20, column)
        (picture,) = (
            panel.picture for panel in explanation.panels if panel.title == "Nearest normal"
        )
        assert picture.shape == (SIDE, SIDE)
        assert low <= picture.std() <= high


def test_the_published_preset_finds_a_defect() -> None:
    seen = noise(9)
    seen[24:40, 24:40] = 1
    params = NearestNeighbour.presets["published"]
    scores = NearestNeighbour(params).fit([noise(seed) for seed in range(4)]).score_map(seen)
    assert scores[28:36, 28:36].mean() > 1.5 * scores[:10].mean()


@pytest.mark.parametrize("memory", ["sample", "coreset"])
def test_what_is_remembered_are_normal_patches_each_once(memory: str) -> None:
    image = noise(3)
    params = {"features": "raw patches", "window": 5, "reduction": "none", "memory": memory}
    detector = NearestNeighbour(params | {"budget": 0.05}).fit([image])
    state = detector._state()
    patches = np.concatenate([band.patches for band in detector.features_.bands(image)])
    normal = (patches - state["reduction.mean"]) @ state["reduction.basis"]
    gaps = np.abs(state["bank"][:, None] - normal[None]).max(axis=2)
    assert gaps.min(axis=1).max() < 1e-4
    assert len(set(gaps.argmin(axis=1))) == 77


def test_parameters_from_when_clusters_were_a_kind_of_memory() -> None:
    assert NearestNeighbour({"clusters": 100}).params == NearestNeighbour().params
    with pytest.raises(ParameterError, match="choose the method clusters instead"):
        NearestNeighbour({"memory": "clusters"})
