"""Transformers of timm, with random weights, against what timm itself computes.

timm is optional; without it, or beside a torchvision that does not go with torch, these skip.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from methods import registry
from methods.detector import DetectorError
from methods.features.backbones import registry as backbones

try:
    import timm
except Exception as error:  # torchvision raises errors of several kinds
    pytest.skip(f"timm cannot be imported: {error}", allow_module_level=True)

MODELS = {
    "vit_tiny_patch16_224": 1,  # a class token
    "vit_small_patch14_reg4_dinov2": 5,  # and four registers
    "vit_tiny_patch16_dinov3_qkvb": 5,  # positions by rotation
}
"""Names, and how many tokens stand before those of the cells."""


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backbones, "_allowed", None)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Files with random weights, by the names of the models."""
    folder = tmp_path_factory.mktemp("weights")
    files = {}
    for name in MODELS:
        torch.manual_seed(0)
        files[name] = folder / f"{name}.safetensors"
        save_file(timm.create_model(name, num_classes=0).state_dict(), files[name])
    return files


def own_tokens(name: str, file: Path, images: np.ndarray, blocks: tuple[int, ...]) -> list[Any]:
    """The tokens (T, C) behind blocks, counted from 1, caught as timm passes them on."""
    model = timm.create_model(
        name,
        pretrained=True,
        num_classes=0,
        dynamic_img_size=True,
        pretrained_cfg_overlay={"file": str(file)},
    ).eval()
    caught: dict[int, np.ndarray] = {}
    for block in blocks:
        model.blocks[block - 1].register_forward_hook(
            lambda module, given, tokens, block=block: caught.update({block: tokens[0].numpy()})
        )
    with torch.inference_mode():
        model.forward_features(torch.from_numpy(images))
    return [caught[block] for block in blocks]


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("cells", [(16, 16), (12, 20)])
def test_cells_are_the_tokens_of_timm(
    name: str, cells: tuple[int, int], weights: dict[str, Path]
) -> None:
    """Row by row, without the class token and the registers, of a square and a wide image."""
    backbone = backbones.get(f"timm:{name}@{weights[name]}")
    stride = backbone.stages[0].stride
    assert len(backbone.stages) == 12
    size = (cells[0] * stride, cells[1] * stride)
    images = np.random.default_rng(0).standard_normal((1, 3, *size), dtype=np.float32)
    found = backbones.network(backbone.name, (3, 12))(images)
    for activations, tokens in zip(
        found, own_tokens(name, weights[name], images, (3, 12)), strict=True
    ):
        assert len(tokens) == MODELS[name] + cells[0] * cells[1]
        for row in range(cells[0]):
            for column in range(cells[1]):
                np.testing.assert_allclose(
                    activations[0, :, row, column],
                    tokens[MODELS[name] + row * cells[1] + column],
                    atol=1e-4,
                )


@pytest.mark.parametrize("name", MODELS)
def test_each_of_16_x_16_cells_looks_at_its_own_pixels(name: str, weights: dict[str, Path]) -> None:
    """What is changed in one patch of pixels changes the activations of its cell most."""
    backbone = backbones.get(f"timm:{name}@{weights[name]}")
    stride = backbone.stages[0].stride
    network = backbones.network(backbone.name, (1,))
    images = np.random.default_rng(1).standard_normal((1, 3, 16 * stride, 16 * stride), np.float32)
    (before,) = network(images)
    for row in range(16):
        column = (5 * row + 3) % 16
        changed = images.copy()
        changed[
            :, :, row * stride : (row + 1) * stride, column * stride : (column + 1) * stride
        ] *= -1
        (after,) = network(changed)
        energy = np.square(after - before)[0].sum(axis=0)
        assert np.unravel_index(energy.argmax(), energy.shape) == (row, column)


@pytest.mark.parametrize("name", MODELS)
def test_what_a_transformer_needs(name: str, weights: dict[str, Path]) -> None:
    """Cells look at the middle of their patch; images go through in windows of whole cells."""
    backbone = backbones.get(f"timm:{name}@{weights[name]}")
    stride = 14 if "patch14" in name else 16
    assert {stage.stride for stage in backbone.stages} == {stride}
    assert {stage.centre for stage in backbone.stages} == {(stride - 1) / 2}
    assert backbone.window is not None
    assert backbone.window.sides == (672, 672)
    assert not backbone.window.fixed
    assert not backbone.padded
    assert len(backbone.digest) == 32


def test_a_detector_works_on_several_blocks_and_knows_its_weights(
    weights: dict[str, Path], tmp_path: Path
) -> None:
    name, saved = "vit_tiny_patch16_224", tmp_path / "model.safetensors"
    file = tmp_path / "weights.safetensors"
    file.write_bytes(weights[name].read_bytes())
    params = {"backbone": f"timm:{name}@{file}", "stages": "2,5", "short_side": 100}
    rng = np.random.default_rng(0)
    normal = [rng.normal(0.5, 0.1, (100, 131)).astype(np.float32) for _ in range(2)]
    detector = registry.create("nearest-neighbour", params).fit(normal)
    scores = detector.score_map(normal[0])
    detector.save(saved)
    np.testing.assert_array_equal(registry.load(saved).score_map(normal[0]), scores)
    torch.manual_seed(1)
    save_file(timm.create_model(name, num_classes=0).state_dict(), file)
    with pytest.raises(DetectorError, match=r"weights\.safetensors has changed since it was first"):
        backbones.get(params["backbone"]).build((2,))
    backbones.forget()
    with pytest.raises(DetectorError, match=f"belongs to other weights of {name} of timm than"):
        registry.load(saved)


def test_a_network_whose_activations_are_laid_out_otherwise_is_refused(tmp_path: Path) -> None:
    """Swin transformers of timm give channels last."""
    name, file = "swin_tiny_patch4_window7_224", tmp_path / "weights.safetensors"
    save_file(timm.create_model(name, num_classes=0).state_dict(), file)
    with pytest.raises(DetectorError, match=f"^{name} of timm "):
        backbones.get(f"timm:{name}@{file}")
