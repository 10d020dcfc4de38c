"""The clip detector, with a model that stands for CLIP where only its arithmetic matters."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from methods.detector import DetectorError
from methods.detectors.zero_shot import clip as module
from methods.detectors.zero_shot.clip import TEMPLATES, Clip
from methods.detectors.zero_shot.clip_source import VARIABLE, missing
from methods.parameters import ParameterError

SIDE = 2
TEMPERATURE = 0.5


class Brightness:
    """Embeds brightness b as (cos b, sin b) and a text as (1, 0), or (0, 1) if it says damaged."""

    side = SIDE

    def __init__(self) -> None:
        self.read: list[str] = []

    def temperature(self) -> float:
        return TEMPERATURE

    def texts(self, texts):
        self.read += texts
        return np.array([[0, 1] if "damage" in text else [1, 0] for text in texts], np.float32)

    def whole(self, image):
        return self._embedding(image.mean())[None]

    def windows(self, image, members, tell):
        half = image.shape[0] // 2
        patches = [image[row : row + half, column : column + half].mean()
                   for row in (0, half) for column in (0, half)]  # fmt: skip
        tell(1.0)
        return np.array([self._embedding(np.mean([patches[at] for at in own])) for own in members])

    def _embedding(self, brightness):
        return np.array([np.cos(brightness), np.sin(brightness)], dtype=np.float32)


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Brightness:
    made = Brightness()
    known = SimpleNamespace(digest=bytes(range(32)), file=Path("weights"))
    monkeypatch.setattr(module, "clip_model", SimpleNamespace(clip=lambda source: made))
    monkeypatch.setattr(module, "source", lambda: known)
    return made


def fitted(**params) -> Clip:
    words = {"normal": "good {}", "damaged": "damaged {}"}
    return Clip({**words, **params}).fit([])


def share(brightness: float) -> float:
    return 1 / (1 + np.exp((np.cos(brightness) - np.sin(brightness)) / TEMPERATURE))


def test_every_state_is_put_into_every_template(model: Brightness) -> None:
    assert len(TEMPLATES) == 22
    fitted(subject="metal nut", normal="{},perfect {}", damaged="{} with damage")
    assert len(model.read) == 22 * 3
    assert "a cropped photo of a perfect metal nut." in model.read
    assert "a photo of the metal nut with damage for visual inspection." in model.read


def test_the_score_is_the_harmonic_mean_over_windows(model: Brightness) -> None:
    """One bright patch of four, windows of one patch: they and the whole image are joined."""
    image = np.zeros((4, 4), dtype=np.float32)
    image[2:, 2:] = 1.0
    scores = fitted(windows=(1,)).score_map(image)
    dark, bright, whole = share(0.0), share(1.0), share(0.25)
    assert scores[0, 0] == pytest.approx(2 / (1 / whole + 1 / dark), rel=1e-5)
    assert scores[3, 3] == pytest.approx(2 / (1 / whole + 1 / bright), rel=1e-5)
    explained = fitted(windows=(1,)).explain(image, 3, 3)
    assert explained.score == pytest.approx(scores[3, 3])
    assert explained.quantities == pytest.approx(
        {"whole image": whole, "windows of 1 x 1 patches": bright}
    )
    assert explained.panels[0].picture.tolist() == [[1.0, 1.0], [1.0, 1.0]]


def test_no_image_is_looked_at_when_it_is_fitted(model: Brightness) -> None:
    class Unread:
        def __len__(self) -> int:
            return 3

        def __getitem__(self, at):
            raise AssertionError

    assert Clip().fit(Unread()).fitted
    assert not Clip.needs_normal()


def test_it_is_saved_and_refuses_other_weights(
    model: Brightness, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = np.full((4, 4), 0.3, dtype=np.float32)
    detector = fitted(windows=(1, 2))
    detector.save(tmp_path / "clip.safetensors")
    loaded = Clip.load(tmp_path / "clip.safetensors")
    np.testing.assert_array_equal(loaded.score_map(image), detector.score_map(image))
    other = SimpleNamespace(digest=bytes(32), file=Path("others"))
    monkeypatch.setattr(module, "source", lambda: other)
    with pytest.raises(DetectorError, match="fitted with other weights than others"):
        loaded.score_map(image)
    with pytest.raises(DetectorError, match="belongs to other weights of CLIP than are there now"):
        Clip.load(tmp_path / "clip.safetensors")


def test_wrong_parameters_are_named(model: Brightness) -> None:
    with pytest.raises(ParameterError, match=r"clip\.normal"):
        Clip({"normal": ()})
    with pytest.raises(DetectorError, match=r"clip.windows has 3; expected .* from 1 to 2"):
        fitted(windows=(3,)).score_map(np.zeros((4, 4), dtype=np.float32))


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("", f"{VARIABLE} is not set"),
        ("ViT-B-32", f"{VARIABLE} is 'ViT-B-32'; expected MODEL@FILE"),
        ("ViT-B-32@/nowhere", f"{VARIABLE} names /nowhere, which is not a file"),
    ],
)
def test_what_is_missing_is_said(value: str, reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, value)
    place = "methods.detectors.zero_shot.clip_source.find_spec"
    monkeypatch.setattr(place, lambda name: object())
    assert missing() == reason
    monkeypatch.setattr(place, lambda name: None)
    assert missing() == "the package open-clip-torch is not installed"
