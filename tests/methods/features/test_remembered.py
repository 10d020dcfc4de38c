"""What is kept of features changes no score and stays within its room."""

from pathlib import Path

import numpy as np
import pytest
from skimage import data

from images.colour import Image
from methods import registry
from methods.features.filter_bank import FilterBank
from methods.features.network import NetworkFeatures
from methods.features.remembered import FeatureStore, RememberedFeatures

LITE = "efficientnet-lite0"


def brick(top: int) -> Image:
    return np.ascontiguousarray(data.brick()[top : top + 96, :128].astype(np.float32) / 255)


def patches(features: RememberedFeatures, image: Image) -> np.ndarray:
    return np.concatenate([band.patches for band in features.bands(image)])


def test_features_are_computed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    computed: list[int] = []
    bands = NetworkFeatures.bands

    def counted(self: NetworkFeatures, image: Image):
        computed.append(1)
        yield from bands(self, image)

    monkeypatch.setattr(NetworkFeatures, "bands", counted)
    features = RememberedFeatures(NetworkFeatures(LITE, [3, 4]), FeatureStore(tmp_path))
    first = patches(features, brick(0))
    np.testing.assert_array_equal(patches(features, brick(0)), first)
    assert len(computed) == 1
    assert not np.array_equal(patches(features, brick(100)), first)
    assert len(computed) == 2


def test_beyond_its_room_features_are_computed_anew(tmp_path: Path) -> None:
    plain = NetworkFeatures(LITE, [4])
    expected = np.concatenate([band.patches for band in plain.bands(brick(0))])
    store = FeatureStore(tmp_path, limit=expected.nbytes + 10)
    features = RememberedFeatures(plain, store)
    for _ in (0, 1):
        np.testing.assert_array_equal(patches(features, brick(0)), expected)
        patches(features, brick(100))
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 2 * expected.nbytes


def test_a_full_disk_does_no_harm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "save", fail)
    features = RememberedFeatures(NetworkFeatures(LITE, [4]), FeatureStore(tmp_path))
    np.testing.assert_array_equal(patches(features, brick(0)), patches(features, brick(0)))
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize("name", ["padim", "nearest-neighbour", "mean-feature"])
def test_scores_are_the_same_with_a_store(name: str, tmp_path: Path) -> None:
    normal = [brick(top) for top in (0, 100, 200)]
    plain = registry.create(name).fit(normal)
    detector = registry.create(name)
    detector.remember(FeatureStore(tmp_path))
    detector.fit(normal)
    np.testing.assert_array_equal(detector.score_map(brick(300)), plain.score_map(brick(300)))
    kept = len([*tmp_path.iterdir()])
    detector.remember(None)
    np.testing.assert_array_equal(detector.score_map(brick(350)), plain.score_map(brick(350)))
    assert len([*tmp_path.iterdir()]) == kept == 4


def test_windows_of_different_sizes_are_kept_apart(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path)
    for window, stride in ((12, 4), (16, 4), (16, 8)):
        plain = FilterBank(window, stride)
        expected = np.concatenate([band.patches for band in plain.bands(brick(0))])
        kept = RememberedFeatures(plain, store)
        for _ in (0, 1):
            np.testing.assert_array_equal(patches(kept, brick(0)), expected)
