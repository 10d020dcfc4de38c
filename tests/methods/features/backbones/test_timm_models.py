"""The way to timm, with a stand-in: timm itself is optional."""

import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from methods.detector import DetectorError
from methods.features.backbones import registry as backbones
from methods.features.backbones import timm_models


class Features(torch.nn.Module):
    """Two convolutions with stride 2: padded on both sides, so a cell looks at its first pixel."""

    def __init__(self, chosen: tuple[int, ...] = (0, 1)) -> None:
        super().__init__()
        self.first = torch.nn.Conv2d(3, 4, 3, 2, padding=1)
        self.second = torch.nn.Conv2d(4, 6, 3, 2, padding=1)
        for layer in (self.first, self.second):
            torch.nn.init.ones_(layer.weight)
        self.chosen = chosen
        self.pretrained_cfg = {
            "mean": (0.5, 0.4, 0.3),
            "std": (0.2, 0.2, 0.1),
            "input_size": (3, 64, 64),
            "license": "mit",
        }
        self.feature_info = types.SimpleNamespace(channels=lambda: [4, 6], reduction=lambda: [2, 4])

    def forward(self, images: torch.Tensor) -> list[torch.Tensor]:
        first = self.first(images)
        return [(first, self.second(first))[index] for index in self.chosen]


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """A module `timm` that notes what was asked of it."""
    asked: list[dict[str, Any]] = []

    def create_model(name: str, **options: Any) -> Features:
        if name != "tiny":
            raise RuntimeError(f"Unknown model ({name})\nand more")
        asked.append(options)
        return Features(options.get("out_indices", (0, 1)))

    stand_in = types.ModuleType("timm")
    stand_in.create_model = create_model  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "timm", stand_in)
    monkeypatch.setattr(backbones, "_allowed", None)
    backbones.forget()
    return asked


def test_timm_tells_what_a_network_needs(requests: list[dict[str, Any]], tmp_path: Path) -> None:
    """The kernels are symmetric, so a cell looks at the pixel in their middle."""
    file = tmp_path / "weights.safetensors"
    file.write_bytes(b"")
    backbone = backbones.get(f"timm:tiny@{file}")
    assert backbone.licence == "mit"
    assert backbone.input_size == 64
    np.testing.assert_allclose(backbone.mean, (127.5, 102, 76.5))
    np.testing.assert_allclose(backbone.std, (51, 51, 25.5))
    assert [(s.number, s.channels, s.stride) for s in backbone.stages] == [(1, 4, 2), (2, 6, 4)]
    np.testing.assert_allclose([stage.centre for stage in backbone.stages], 0, atol=0.1)


def test_weights_come_from_a_local_file(requests: list[dict[str, Any]], tmp_path: Path) -> None:
    file = tmp_path / "weights.safetensors"
    file.write_bytes(b"")
    network = backbones.network(f"timm:tiny@{file}", (2,))
    (activations,) = network(np.zeros((1, 3, 32, 48), dtype=np.float32))
    assert activations.shape == (1, 6, 8, 12)
    assert requests[-1]["pretrained_cfg_overlay"] == {"file": str(file)}
    assert requests[-1]["out_indices"] == (1,)


def test_a_missing_file_is_named(requests: list[dict[str, Any]]) -> None:
    with pytest.raises(DetectorError, match=r"There is no file nowhere\.pth with weights for tiny"):
        backbones.network("timm:tiny@nowhere.pth", (1,))


def test_an_unknown_model_gets_one_sentence(requests: list[dict[str, Any]]) -> None:
    with pytest.raises(DetectorError, match=r"^timm cannot provide huge: Unknown model \(huge\)$"):
        backbones.get(f"timm:huge@{__file__}")


def test_without_timm_the_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "timm", None)
    monkeypatch.setattr(backbones, "_allowed", None)
    backbones.forget()
    with pytest.raises(DetectorError, match=r"needs the package timm \(pip install timm\)"):
        backbones.get(f"timm:resnet18@{__file__}")


def test_without_a_network_nobody_waits(
    requests: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*address: Any, timeout: float) -> None:
        raise OSError

    monkeypatch.setattr(timm_models.socket, "create_connection", refuse)
    monkeypatch.setattr(timm_models, "PATIENCE", 0.1)
    with pytest.raises(DetectorError, match=r"does not answer.*timm:NAME@FILE"):
        backbones.network("timm:tiny", (1,))


def test_a_network_that_is_not_allowed_is_refused_before_anything_is_looked_for(
    requests: list[dict[str, Any]], tmp_path: Path
) -> None:
    file = tmp_path / "weights.safetensors"
    file.write_bytes(b"")
    backbones.allow_only([f"timm:tiny@{file}"])
    assert backbones.offered() == (*backbones.names(), f"timm:tiny@{file}")
    for name in ("timm:tiny", f"timm:tiny@{tmp_path}", "timm:tiny@/etc/passwd", "timm:tiny@/none"):
        for ask in (lambda: backbones.get(name), lambda: backbones.network(name, (1,))):  # noqa: B023
            with pytest.raises(DetectorError) as caught:
                ask()
            assert str(caught.value) == (
                f"The network {name!r} is not available here; choose from "
                f"{', '.join(backbones.offered())}."
            )
    assert requests == []
    assert backbones.get(f"timm:tiny@{file}").title == "tiny of timm"


def test_a_network_that_was_loaded_before_is_refused_all_the_same(
    requests: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timm_models, "_check_reachable", lambda: None)
    backbones.network("timm:tiny", (1,))
    backbones.allow_only([])
    with pytest.raises(DetectorError, match="is not available here"):
        backbones.network("timm:tiny", (1,))
