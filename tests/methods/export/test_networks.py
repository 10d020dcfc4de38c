"""Networks that were trained here, by ONNX Runtime alone, give the scores that they give here."""

from pathlib import Path
from typing import Any

import pytest

from methods.detectors.distillation import triplet_teacher
from tests.methods.export.parity import check, fitted, texture

QUICK = {"steps": 3, "width": 4, "crop": 32, "depth": 2, "code": 4, "smoothing": 4.0}
DENOISING = {**QUICK, "denoiser_steps": 2, "layers": 3, "filters": 4}


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("autoencoder", {**QUICK, "depth": 3}),
        ("autoencoder", {**QUICK, "loss": "ms-ssim", "score": "loss", "reduction": 1}),
        ("autoencoder", {**QUICK, "loss": "l2+ssim", "reduction": 3}),
        ("autoencoder", {**QUICK, "score": "l2", "smoothing": 0}),
        ("denoising-autoencoder", DENOISING),
        ("denoising-autoencoder", {**DENOISING, "score": "mask"}),
        ("denoising-autoencoder", {**DENOISING, "score": "smoothed"}),
        ("denoising-autoencoder", {**DENOISING, "score": "restored", "loss": "l2"}),
        ("inpainting", QUICK),
        ("inpainting", {**QUICK, "score": "loss", "squares": "4", "skips": False}),
        ("latent-mixture", QUICK),
        ("latent-mixture", {**QUICK, "score": "energy"}),
        ("latent-mixture", {**QUICK, "score": "energy", "training": "joint"}),
    ],
)
def test_restoration_networks(name: str, params: dict[str, Any], tmp_path: Path) -> None:
    images = [texture(40, 56, 11), texture(37, 70, 12)]
    check(fitted(name, params), tmp_path / "model.onnx", images)


def test_a_grey_network_turns_colour_into_grey(tmp_path: Path) -> None:
    detector = fitted("autoencoder", QUICK, colours=1)
    check(detector, tmp_path / "model.onnx", [texture(50, 61, 3, colours=1), texture(50, 61, 3)])


@pytest.mark.parametrize(
    "params",
    [
        {"students": 2, "uncertainty": True},
        {"students": 2, "error": "whitened", "receptive_fields": "17,65"},
        {"students": 2, "teacher": "self-supervised"},
    ],
)
def test_students_and_their_teacher(
    params: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(triplet_teacher, "STEPS", 2)
    monkeypatch.setattr(triplet_teacher, "BATCH", 2)
    quick = {"steps": 2, "width": 4, "batch": 2, "stages": "4", **params}
    detector = fitted("student-teacher", quick, size=(128, 136), count=2, colours=1)
    check(detector, tmp_path / "model.onnx", [texture(72, 95, 5, colours=1)])
