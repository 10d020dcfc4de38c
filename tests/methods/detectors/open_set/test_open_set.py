"""Open set recognition on shapes that anybody tells apart."""

from pathlib import Path

import numpy as np
import pytest

from images.colour import Image
from methods import registry
from methods.detector import Detector, DetectorError, read_saved
from methods.detectors.open_set.open_set import divided

QUICK = {"side": 16, "width": 8, "steps": 60, "batch": 16}
SIDE = 24


def bars(upright: bool, rng: np.random.Generator) -> Image:
    """Stripes, upright or level, at a random place, with noise."""
    line = (np.arange(SIDE) + rng.integers(8)) // 4 % 2
    image = np.tile(line, (SIDE, 1)) * 0.8 + rng.uniform(0, 0.1, (SIDE, SIDE))
    return (image if upright else image.T).astype(np.float32)


def squares(rng: np.random.Generator) -> Image:
    """A chessboard, of no known class."""
    return np.abs(bars(True, rng) - bars(False, rng)).astype(np.float32)


def known(count: int, seed: int) -> tuple[list[Image], list[str]]:
    rng = np.random.default_rng(seed)
    images = [bars(upright, rng) for upright in (True, False) for _ in range(count)]
    return images, ["upright"] * count + ["level"] * count


@pytest.fixture(scope="module")
def fitted() -> Detector:
    images, classes = known(20, 0)
    return registry.create("open-set", QUICK).fit(images, classes=classes)


def test_known_classes_are_recognised_and_others_score_higher(fitted: Detector) -> None:
    images, classes = known(10, 1)
    judged = [fitted.judge(image) for image in images]
    assert [max(each.logits, key=each.logits.__getitem__) for each in judged if each] == classes
    rng = np.random.default_rng(2)
    others = [fitted.judge(squares(rng)) for _ in range(10)]
    worst = np.quantile([each.score for each in judged if each], 0.8)
    assert np.median([each.score for each in others if each]) > worst


def test_the_image_score_is_minus_the_highest_logit_and_the_mean_of_cells(fitted: Detector) -> None:
    """Logits of an image are means over its cells, so no cell of one class lies above them all."""
    judged = fitted.judge(known(1, 3)[0][0])
    assert judged is not None
    assert judged.score == pytest.approx(-max(judged.logits.values()), rel=1e-5)
    assert list(judged.logits) == ["level", "upright"]


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("channels", np.array([10**9]), "its network takes 1000000000 channels; expected 1 or 3"),
        ("classes", np.full(9, ord("\n"), np.uint8), "its last layer is not that of 10 classes"),
    ],
)
def test_a_file_does_not_have_a_network_made_that_it_does_not_hold(
    name: str, value: np.ndarray, reason: str, fitted: Detector, tmp_path: Path
) -> None:
    fitted.save(tmp_path / "model.safetensors")
    header, arrays = read_saved(tmp_path / "model.safetensors")
    with pytest.raises(DetectorError) as caught:
        type(fitted).restored(header, {**arrays, name: value}, "a")
    assert str(caught.value) == f"a is damaged: {reason}."


def test_the_judgement_survives_saving(fitted: Detector, tmp_path: Path) -> None:
    fitted.save(tmp_path / "model.safetensors")
    image = known(1, 4)[0][0]
    assert registry.load(tmp_path / "model.safetensors").judge(image) == fitted.judge(image)


def test_classes_go_with_their_images_whatever_the_order() -> None:
    images, classes = known(8, 5)
    quick = {**QUICK, "steps": 5}
    one = registry.create("open-set", quick).fit(images, classes=classes)
    other = registry.create("open-set", quick).fit(images[::-1], classes=classes[::-1])
    assert one.judge(images[0]) == other.judge(images[0])


def test_one_class_is_refused() -> None:
    images, _ = known(2, 6)
    with pytest.raises(
        DetectorError, match=r"at least 2 known classes .* found 1 class and 1 image"
    ):
        registry.create("open-set").fit(images, classes=["a", "a", "a", None])


def test_a_classifier_that_recognises_little_warns() -> None:
    """The classes are those of the image before, so nothing can be recognised but by chance."""
    rng = np.random.default_rng(7)
    images = [bars(True, rng) for _ in range(80)]
    detector = registry.create("open-set", {**QUICK, "steps": 1})
    detector.fit(images, classes=["a", "b"] * 40)
    (text,) = detector.warnings()
    assert text.startswith("The classifier recognises only")


def test_one_of_eight_of_each_class_is_held_out() -> None:
    labels = np.repeat([0, 1, 2], [16, 9, 3])
    training, held_out = divided(labels, np.random.default_rng(0))
    assert np.bincount(labels[held_out], minlength=3).tolist() == [2, 1, 0]
    assert sorted([*training, *held_out]) == list(range(28))
    few = np.array([0, 0, 1])
    assert [part.tolist() for part in divided(few, np.random.default_rng(0))] == [[0, 1, 2]] * 2
