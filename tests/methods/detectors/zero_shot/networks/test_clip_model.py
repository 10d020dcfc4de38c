"""CLIP through OpenCLIP, on a tiny one with random weights that is made here."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

open_clip = pytest.importorskip("open_clip", reason="needs the extra clip")

from methods.detector import DetectorError  # noqa: E402
from methods.detectors.zero_shot import clip as module  # noqa: E402
from methods.detectors.zero_shot.clip import Clip  # noqa: E402
from methods.detectors.zero_shot.clip_source import Source  # noqa: E402
from methods.detectors.zero_shot.networks.clip_model import Clip as Model  # noqa: E402
from methods.detectors.zero_shot.networks.clip_model import clip  # noqa: E402
from methods.detectors.zero_shot.windows import windows  # noqa: E402

NAME = "tiny-clip-of-a-test"
CONFIG = {
    "embed_dim": 16,
    "vision_cfg": {"image_size": 32, "layers": 2, "width": 32, "head_width": 16, "patch_size": 8},
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 16, "heads": 2, "layers": 1},
}


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Source:
    folder = tmp_path_factory.mktemp("clip")
    (folder / f"{NAME}.json").write_text(json.dumps(CONFIG), encoding="utf-8")
    open_clip.add_model_config(folder / f"{NAME}.json")
    torch.manual_seed(0)
    torch.save(open_clip.create_model(NAME).state_dict(), folder / "weights.pt")
    return Source(NAME, folder / "weights.pt")


@pytest.fixture(scope="module")
def model(source: Source) -> Model:
    return clip(source)


def image() -> np.ndarray:
    return np.random.default_rng(0).random((32, 32, 3), dtype=np.float32)


def pixels(model: Model) -> torch.Tensor:
    about = model._vision.preprocess_cfg
    mean, std = (np.array(about[name], dtype=np.float32) for name in ("mean", "std"))
    return torch.from_numpy((image() - mean) / std).permute(2, 0, 1)[None]


def unit(vectors: torch.Tensor) -> np.ndarray:
    return torch.nn.functional.normalize(vectors, dim=-1).numpy()


def test_a_whole_image_and_texts_are_those_of_openclip(model: Model) -> None:
    texts = ["a photo of a cat.", "a damaged nut"]
    with torch.no_grad():
        seen = unit(model._model.encode_image(pixels(model)))
        read = unit(model._model.encode_text(open_clip.tokenize(texts)))
    assert model.side == 4
    assert model.whole(image()) == pytest.approx(seen, abs=1e-5)
    assert model.texts(texts) == pytest.approx(read, abs=1e-5)
    assert model.temperature() == pytest.approx(0.07, rel=1e-4)


def test_a_window_sees_its_own_patches_alone(model: Model) -> None:
    """As if attention to all other patches were masked in the whole image."""
    members = windows(4, 2)
    found = model.windows(image(), members, lambda done: None)
    assert len(found) == 9
    for own, embedding in zip(members, found, strict=True):
        hidden = torch.ones(17, dtype=torch.bool)
        hidden[[0, *(own + 1)]] = False
        mask = torch.zeros(17, 17).masked_fill(hidden[None], float("-inf"))
        with torch.no_grad():
            tokens = model._vision.transformer(model._vision._embeds(pixels(model)), attn_mask=mask)
            pooled = model._vision.ln_post(tokens)[:, 0] @ model._vision.proj
        assert embedding == pytest.approx(unit(pooled)[0], abs=1e-4)
    (whole,) = model.windows(image(), windows(4, 4), lambda done: None)
    assert whole == pytest.approx(model.whole(image())[0], abs=1e-5)


def test_any_image_is_resized(model: Model) -> None:
    grey = np.linspace(0, 1, 50 * 90, dtype=np.float32).reshape(50, 90)
    assert model.seen(grey).shape == (32, 32, 3)
    assert model.seen(grey).mean() == pytest.approx(0.5, abs=1e-3)


def test_a_map_through_the_detector(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "source", lambda: source)
    scores = Clip({"subject": "leather"}).fit([]).score_map(image())
    assert scores.shape == (32, 32)
    assert ((scores > 0) & (scores < 1)).all()
    assert scores.std() > 0


def test_weights_of_another_model_are_refused(tmp_path: Path) -> None:
    (tmp_path / "broken.pt").write_bytes(b"nothing")
    with pytest.raises(DetectorError, match=r"OpenCLIP cannot make ViT-B-32 of .*broken.pt"):
        clip(Source("ViT-B-32", tmp_path / "broken.pt"))
