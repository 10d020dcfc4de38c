"""Detectors of network features by ONNX Runtime alone give the scores that they give here."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnxruntime.capi.onnxruntime_pybind11_state import Fail

from methods import registry
from methods.detector import DetectorError
from methods.detectors.patch_models.mean_feature import MeanFeature
from methods.export import network_features
from methods.export.onnx_file import export_onnx, has_positions, why_not
from methods.features.backbones.backbone import Window
from methods.features.network import NetworkFeatures
from tests.methods.export.parity import check, fitted, scored, texture

QUICK = {"stages": "3,5", "smoothing": 2.0}
SIZES = ((40, 56), (35, 71))


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("mean-feature", {"stages": "4,6"}),
        ("mean-feature", {"stages": "3,7", "short_side": 100, "lighting": "kept"}),
        ("mean-feature", {"stages": "4", "average": False, "standardise": False, "smoothing": 0}),
        ("padim", {**QUICK, "alignment": "on"}),
        ("padim", {**QUICK, "reduction": "random", "dimensions": 20}),
        ("gaussian-mixture", {**QUICK, "sample": 500}),
        ("pca-residual", QUICK),
        ("pca-residual", {**QUICK, "normalise": True, "standardise": False}),
        ("kernel-density", {**QUICK, "sample": 300, "dimensions": 30}),
        ("one-class-svm", {**QUICK, "sample": 300, "dimensions": 30}),
        ("nearest-neighbour", {**QUICK, "budget": 0.05}),
        ("nearest-neighbour", {**QUICK, "budget": 0.05, "neighbours": 4}),
        ("clusters", {**QUICK, "clusters": 20}),
        ("clusters", {**QUICK, "clusters": 20, "neighbours": 3}),
        ("normalising-flow", {**QUICK, "steps": 4, "sample": 300, "hidden": 8, "layers": 3}),
        ("normalising-flow", {**QUICK, "steps": 4, "sample": 300, "hidden": 8, "frequencies": 0}),
    ],
)
def test_maps_of_any_size_are_those_of_the_detector(
    name: str, params: dict[str, Any], tmp_path: Path
) -> None:
    images = [texture(*size, 11) for size in SIZES]
    check(fitted(name, params), tmp_path / "model.onnx", images)


@pytest.mark.parametrize("scale", [0.5, 2**-0.5, 2**0.5, 2.0])
def test_images_are_resized_as_by_pillow(scale: float, tmp_path: Path) -> None:
    """By each of the scales that `best_scale` can choose; odd sides round to even and up."""
    detector = fitted("mean-feature", {"stages": "3"}, size=(61, 75))
    detector.plain_.scale_ = scale
    images = [texture(61, 75, 5), texture(40, 51, 6)]
    check(detector, tmp_path / "model.onnx", images)


def test_a_grey_image_enters_with_three_equal_channels(tmp_path: Path) -> None:
    detector = fitted("padim", {**QUICK, "reduction": "random", "dimensions": 8}, colours=1)
    check(detector, tmp_path / "model.onnx", [texture(50, 70, 7, colours=1)])


def test_a_small_image_is_mirrored_more_than_once(tmp_path: Path) -> None:
    detector = fitted("mean-feature", {"stages": "4", "smoothing": 6.0})
    check(detector, tmp_path / "model.onnx", [texture(17, 23, 8), texture(9, 40, 9)])


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("mean-feature", {"positions": "each"}),
        ("padim", {"positions": "each", "reduction": "random", "dimensions": 6}),
    ],
)
def test_a_model_for_each_position_refuses_another_size(
    name: str, params: dict[str, Any], tmp_path: Path
) -> None:
    detector = fitted(name, {"stages": "4", "smoothing": 2.0, **params})
    check(detector, tmp_path / "model.onnx", [texture(40, 56, 4)])
    assert has_positions(detector)
    with pytest.raises(Fail, match="broadcast"):
        scored(tmp_path / "model.onnx", texture(56, 40, 4))


def test_the_graph_needs_no_package_of_its_own(tmp_path: Path) -> None:
    """Every node is of the standard operators, in the version that is declared."""
    import onnx

    export_onnx(fitted("clusters", {**QUICK, "clusters": 5}), tmp_path / "model.onnx")
    model = onnx.load(tmp_path / "model.onnx")
    onnx.checker.check_model(model, full_check=True)
    assert [(each.domain, each.version) for each in model.opset_import] == [("", 17)]


@pytest.mark.parametrize(
    ("name", "params", "reason"),
    [
        ("sparse-coding", {}, "it solves an optimisation problem for every patch"),
        ("multiscale-sparse-coding", {}, "it solves an optimisation problem for every patch"),
        ("pca-residual", {"features": "raw patches"}, "its patches are not described by a network"),
        ("handcrafted", {}, "its features are filters"),
        ("mutual-scoring", {}, "it compares test images with each other"),
        ("gan", {}, "the critic's score has not been written as a graph"),
        ("variational-autoencoder", {}, "its score draws codes at random"),
    ],
)
def test_what_cannot_be_exported_says_why(name: str, params: dict[str, Any], reason: str) -> None:
    found = why_not(registry.create(name, params))
    assert found.startswith(f"{name} cannot be exported as ONNX: {reason}")
    assert found.endswith(".")


def test_a_score_of_the_detectors_own_is_not_replaced_by_that_of_the_map() -> None:
    class Whole(MeanFeature):
        gives = ("map", "image score", "explanation")

    assert why_not(Whole()) == (
        "mean-feature cannot be exported as ONNX: its own score of an image has not been written "
        "as a graph."
    )


@pytest.mark.parametrize("own", [{"window": Window(64, 64, fixed=True)}, {"padded": False}])
def test_a_network_that_is_given_windows_is_refused(own: dict[str, Any]) -> None:
    """The graph gives a network the whole image with mirrored margins."""
    features = NetworkFeatures("efficientnet-lite0", (4,))
    assert network_features.why_not(features) == ""
    features.backbone = replace(features.backbone, **own)
    assert "in windows or without margins" in network_features.why_not(features)


def test_every_detector_is_exported_or_says_why() -> None:
    texts = {name: why_not(registry.create(name)) for name in registry.names()}
    assert not any("for this method" in text for text in texts.values())


def test_an_unfitted_detector_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DetectorError, match="padim is not fitted yet; fit it before exporting it"):
        export_onnx(registry.create("padim"), tmp_path / "model.onnx")


def test_the_score_is_that_of_a_planted_defect(tmp_path: Path) -> None:
    detector = fitted("padim", {**QUICK, "reduction": "random", "dimensions": 8})
    export_onnx(detector, tmp_path / "model.onnx")
    image = texture(72, 88, 21)
    _, before = scored(tmp_path / "model.onnx", image)
    image[30:42, 40:52] = 0.95
    scores, after = scored(tmp_path / "model.onnx", image)
    row, column = np.unravel_index(scores.argmax(), scores.shape)
    assert after > before
    assert 24 <= row < 48
    assert 34 <= column < 58
