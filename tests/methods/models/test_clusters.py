"""The mean distance to the nearest clusters (Napoletano et al. 2018) on numbers worked by hand."""

import numpy as np
import pytest

from images.colour import Image
from methods import registry
from methods.detectors.patch_models.clusters import Clusters
from methods.features.patch_features import Band
from methods.models.clusters import ClusterModel
from methods.models.thumbnails import SIDE
from methods.patches.grid import PatchGrid
from methods.patches.reduction import Reduction

DICTIONARY = np.array([[0, 0], [3, 4], [0, 10]], dtype=np.float32)


def model_of(neighbours: int) -> ClusterModel:
    model = ClusterModel(Reduction("principal", 2), 3, "centres", neighbours, 10)
    model.restore(
        {
            "reduction.mean": np.zeros(2, dtype=np.float32),
            "reduction.basis": np.eye(2, dtype=np.float32),
            "dictionary": DICTIONARY,
            "pictures": np.zeros((3, SIDE, SIDE), dtype=np.uint8),
        }
    )
    return model


@pytest.mark.parametrize(
    ("neighbours", "expected"),
    [
        # From (0, 0) the entries are 0, 5 and 10 away; from (0, 4) they are 4, 3 and 6 away.
        (1, [0, 3]),
        (2, [2.5, 3.5]),
        (3, [5, 13 / 3]),
        (9, [5, 13 / 3]),  # no more than there are
    ],
)
def test_the_mean_distance_to_the_nearest(neighbours: int, expected: list[float]) -> None:
    patches = np.array([[0, 0], [0, 4]], dtype=np.float32)
    band = Band(patches, 0, PatchGrid.regular(1, 2, 1, 1))
    assert model_of(neighbours).score(band) == pytest.approx(expected)


def stripes() -> Image:
    """Columns of three brightnesses, eight pixels each."""
    return np.repeat(np.tile([0.1, 0.4, 0.9], 3), 8)[None].repeat(48, axis=0).astype(np.float32)


RAW = {"features": "raw patches", "window": 8, "stride": 8, "smoothing": 0}


def test_as_many_clusters_as_kinds_of_patches_leave_no_distance() -> None:
    detector = Clusters(RAW | {"clusters": 12, "sample": 54}).fit([stripes()])
    assert detector.score_map(stripes()) == pytest.approx(0, abs=1e-3)
    other = np.full((48, 72), 0.6, dtype=np.float32)
    assert detector.score_map(other).min() > 0.1


@pytest.mark.parametrize("entries", ["centres", "patches"])
def test_entries_are_centres_or_normal_patches(entries: str) -> None:
    rng = np.random.default_rng(0)
    image = rng.random((64, 64)).astype(np.float32)
    detector = Clusters(RAW | {"clusters": 5, "entries": entries, "variance": 1}).fit([image])
    state = detector._state()
    patches = np.concatenate([band.patches for band in detector.features_.bands(image)])
    reduced = (patches - state["reduction.mean"]) @ state["reduction.basis"]
    gaps = np.linalg.norm(state["dictionary"][:, None] - reduced[None], axis=2).min(axis=1)
    assert (gaps < 1e-4).all() == (entries == "patches")


def test_the_published_preset_finds_a_defect() -> None:
    normal = [
        np.random.default_rng(seed).normal(0.5, 0.05, (64, 64)).astype(np.float32)
        for seed in range(5)
    ]
    normal[4][24:40, 24:40] = 1
    params = {**Clusters.presets["published"], "clusters": 8}
    scores = registry.create("clusters", params).fit(normal[:4]).score_map(normal[4])
    assert scores[28:36, 28:36].mean() > 1.5 * scores[:10].mean()
