"""What every registered detector holds to, whatever it computes.

A detector runs here with its defaults. When these take long on small images, the tests of its
family may hold a module `contract.py` with ``PARAMS = {name: parameters}`` that are quicker; see
`quick_parameters`.
"""

import importlib.util
import time
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from images.colour import Image
from methods import registry
from methods.detector import Detector, DetectorError
from methods.progress import Cancelled, Progress, no_progress
from tests.progress import Heard

SIZE = 96


def texture(seed: int, height: int = SIZE, width: int = SIZE) -> Image:
    """A woven texture: two waves and noise, with a phase of its own for every seed."""
    rng = np.random.default_rng(seed)
    rows, cols = np.mgrid[:height, :width]
    phase = rng.uniform(0, 2 * np.pi, 2)
    waves = np.sin(rows * 0.9 + phase[0]) + np.sin(cols * 0.7 + phase[1])
    noise = rng.normal(0, 0.03, (height, width))
    return np.clip(0.5 + 0.12 * waves + noise, 0, 1).astype(np.float32)


def with_defect(image: Image) -> Image:
    """The texture with a square of noise in its middle."""
    damaged = image.copy()
    top, left = image.shape[0] // 2 - 12, image.shape[1] // 2 - 12
    rng = np.random.default_rng(99)
    damaged[top : top + 24, left : left + 24] = rng.random((24, 24)).astype(np.float32)
    return damaged


def in_colour(image: Image) -> Image:
    return np.stack([image, image * 0.8, 1 - image], axis=2).astype(np.float32)


NORMAL = [texture(seed) for seed in range(4)]
TEST = texture(10)


def quick_parameters(name: str) -> dict[str, Any]:
    """Parameters that make a detector quick on small images, from its own tests, else none."""
    place = f"tests.{registry.get(name).__module__.rpartition('.')[0]}"
    if importlib.util.find_spec(place) is None:
        return {}
    if importlib.util.find_spec(f"{place}.contract") is None:
        return {}
    return dict(importlib.import_module(f"{place}.contract").PARAMS.get(name, {}))


def new(name: str, seed: int = 0) -> Detector:
    return registry.create(name, quick_parameters(name), seed=seed)


def fit(detector: Detector, images: Sequence[Image], progress: Progress = no_progress) -> Detector:
    """Fit a detector; one that needs classes learns these images and coarser ones of another."""
    if not detector.needs_classes():
        return detector.fit(images, progress=progress)
    coarse = [image.repeat(2, 0).repeat(2, 1)[: len(image), : image.shape[1]] for image in images]
    classes = ["fine"] * len(images) + ["coarse"] * len(coarse)
    return detector.fit([*images, *coarse], classes=classes, progress=progress)


@cache
def fitted(name: str) -> Detector:
    return fit(new(name), NORMAL)


@pytest.fixture(params=registry.names())
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_describes_itself(name: str) -> None:
    detector = registry.get(name)
    for text in (detector.title, detector.summary, detector.reference):
        assert text.strip() == text != ""
    for field in detector.Params.model_fields.values():
        assert field.title
        assert field.description
        assert not field.is_required()
    for preset in detector.presets.values():
        registry.create(name, preset)


def test_warming_up_changes_no_score(name: str) -> None:
    warm = new(name)
    warm.warm_up()
    assert not warm.fitted
    scores = fit(warm, NORMAL).score_map(TEST)
    np.testing.assert_array_equal(scores, fitted(name).score_map(TEST))


def test_declares_what_it_needs_and_gives(name: str) -> None:
    detector = registry.get(name)
    assert detector.needs_normal() == ("normal images" in detector.needs)
    if detector.needs_normal():
        with pytest.raises(DetectorError, match="at least one normal image"):
            new(name).fit([])
        with pytest.raises(DetectorError, match="is not fitted yet"):
            new(name).score_map(TEST)
    if detector.needs_classes():
        with pytest.raises(DetectorError, match="at least 2 known classes"):
            new(name).fit(NORMAL, classes=["one"] * len(NORMAL))
    judged = fitted(name).judge(TEST)
    assert (judged is not None) == ("image score" in detector.gives)
    assert judged is None or np.isfinite(judged.score)
    assert "map" in detector.gives
    if "explanation" in detector.gives:
        assert fitted(name).explain(TEST, 40, 50).text


def test_map_is_float32_finite_and_of_the_size_of_the_image(name: str) -> None:
    for shape in ((SIZE, SIZE), (SIZE + 1, 131)):
        scores = fitted(name).score_map(texture(3, *shape))
        assert scores.shape == shape
        assert scores.dtype == np.float32
        assert np.isfinite(scores).all()


@pytest.mark.slow
def test_same_seed_same_scores_whatever_the_order_of_the_images(name: str) -> None:
    again = fit(new(name), NORMAL[::-1])
    np.testing.assert_array_equal(again.score_map(TEST), fitted(name).score_map(TEST))


def test_a_map_does_not_depend_on_what_was_scored_before(name: str) -> None:
    first = fitted(name).score_map(TEST)
    fitted(name).score_map(with_defect(TEST))
    np.testing.assert_array_equal(fitted(name).score_map(TEST), first)


@pytest.mark.slow
def test_learns_from_colour_and_scores_grey_and_the_other_way_round(name: str) -> None:
    coloured = fit(new(name), [in_colour(image) for image in NORMAL])
    for image in (in_colour(TEST), TEST):
        assert coloured.score_map(image).shape == TEST.shape
    assert fitted(name).score_map(in_colour(TEST)).shape == TEST.shape


def refusal(call: Callable[[], object]) -> str | None:
    """The sentence with which a call is refused, or None when it works."""
    try:
        call()
    except DetectorError as error:
        return str(error)
    return None


@pytest.mark.parametrize("shape", [(1, 1), (1, 200), (200, 1), (3, 200), (17, 5)])
def test_tiny_images_work_or_are_refused_with_a_sentence(name: str, shape: tuple[int, int]) -> None:
    tiny = np.full(shape, 0.5, dtype=np.float32)
    darker = np.full(shape, 0.25, dtype=np.float32)
    fewest = [tiny] if registry.get(name).needs_normal() else [tiny, darker]
    for call in (
        lambda: fitted(name).score_map(tiny),
        lambda: fitted(name).explain(tiny, shape[0] // 2, shape[1] // 2),
        lambda: fit(new(name), fewest),
    ):
        sentence = refusal(call)
        if sentence is not None:
            assert f"{shape[1]} x {shape[0]}" in sentence
            assert sentence.endswith(".")


@pytest.mark.slow
def test_constant_images_give_no_nan(name: str) -> None:
    flat = np.full((SIZE, SIZE), 0.5, dtype=np.float32)
    assert np.isfinite(fitted(name).score_map(flat)).all()
    detector = new(name)
    sentence = refusal(lambda: fit(detector, [flat, flat]))
    if sentence is None:
        assert np.isfinite(detector.score_map(TEST)).all()
    else:
        assert sentence.endswith(".")


def test_scores_survive_saving_and_loading(name: str, tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    fitted(name).save(path)
    loaded = registry.load(path)
    assert loaded.params == fitted(name).params
    np.testing.assert_array_equal(loaded.score_map(TEST), fitted(name).score_map(TEST))
    for key, array in fitted(name)._state().items():
        # A file holds rows; from columns the same product comes out with another last digit.
        assert np.asarray(array).flags.c_contiguous, key


@pytest.mark.slow
def test_fit_and_score_leave_their_input_as_it_was(name: str) -> None:
    images = [image.copy() for image in NORMAL]
    detector = fit(new(name), images)
    image = TEST.copy()
    detector.score_map(image)
    for before, after in zip([*NORMAL, TEST], [*images, image], strict=True):
        np.testing.assert_array_equal(before, after)


@pytest.mark.slow
def test_progress_rises_from_0_to_1(name: str) -> None:
    for run in (
        lambda report: fit(new(name), NORMAL, report),
        lambda report: fitted(name).score_map(TEST, progress=report),
    ):
        heard = Heard()
        run(heard)
        seen = heard.fractions
        assert seen[0] == 0.0
        assert seen[-1] == 1.0
        assert all(0 <= fraction <= 1 for fraction in seen)
        assert seen == sorted(seen)


def cancel_after(calls: int) -> Progress:
    left = iter(range(calls))

    def progress(fraction: float, note: str = "") -> None:
        if next(left, None) is None:
            raise Cancelled

    return progress


@pytest.mark.slow
@pytest.mark.parametrize("calls", [0, 3, 8])
def test_cancelling_leaves_nothing_half_made(name: str, calls: int) -> None:
    detector = new(name)
    with pytest.raises(Cancelled):
        fit(detector, NORMAL, cancel_after(calls))
    with pytest.raises(DetectorError, match="is not fitted yet"):
        detector.score_map(TEST)


@pytest.mark.slow
def test_progress_is_reported_at_least_every_second(name: str) -> None:
    fitted(name)  # so that what is compiled or loaded once does not count
    moments = [time.process_time()]
    fit(new(name), NORMAL, lambda *_: moments.append(time.process_time()))
    # Processor time, so that a busy neighbour does not count; two cores may work at once.
    assert max(np.diff(moments)) < 2.0


def test_a_planted_defect_scores_above_its_surroundings(name: str) -> None:
    scores = fitted(name).score_map(with_defect(TEST))
    middle = SIZE // 2
    inside = scores[middle - 8 : middle + 8, middle - 8 : middle + 8].mean()
    edge = 16
    outside = scores.copy()
    outside[middle - 28 : middle + 28, middle - 28 : middle + 28] = np.nan
    outside = outside[edge:-edge, edge:-edge]
    assert inside > np.nanquantile(outside, 0.95)


def test_explains_the_score_of_a_pixel(name: str) -> None:
    image = with_defect(TEST)
    explanation = fitted(name).explain(image, SIZE // 2, SIZE // 2)
    assert np.isfinite(explanation.score)
    assert explanation.text.endswith(".")
    assert explanation.panels
    for panel in explanation.panels:
        assert panel.title
        assert panel.picture.ndim in (2, 3)
        assert np.isfinite(panel.picture).all()
    with pytest.raises(DetectorError, match="outside an image"):
        fitted(name).explain(image, SIZE, 0)


def test_what_is_shown_of_it_survives_saving_and_loading(name: str, tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    fitted(name).save(path)
    loaded = registry.load(path)
    image, middle = with_defect(TEST), SIZE // 2
    before = fitted(name).explain(image, middle, middle)
    after = loaded.explain(image, middle, middle)
    assert (after.text, after.score, after.quantities) == (
        before.text,
        before.score,
        before.quantities,
    )
    pairs = [*zip(before.panels, after.panels, strict=True)]
    pairs += zip(fitted(name).learned(), loaded.learned(), strict=True)
    for ours, theirs in pairs:
        assert theirs.title == ours.title
        np.testing.assert_array_equal(theirs.picture, ours.picture)


def test_refuses_what_it_cannot_use(name: str) -> None:
    if registry.get(name).needs:
        kind = "normal" if registry.get(name).needs_normal() else "test"
        with pytest.raises(DetectorError, match=f"at least one {kind} image"):
            new(name).fit([])
        with pytest.raises(DetectorError, match="float32"):
            fit(new(name), [np.zeros((SIZE, SIZE), dtype=np.uint8)])
    with pytest.raises(DetectorError, match="float32"):
        fitted(name).score_map(np.zeros((SIZE, SIZE), dtype=np.uint8))
    with pytest.raises(DetectorError, match="NaN"):
        fitted(name).score_map(np.full((SIZE, SIZE), np.nan, dtype=np.float32))
    with pytest.raises(DetectorError, match="is not fitted yet"):
        new(name).score_map(TEST)
    with pytest.raises(DetectorError, match="fit it before saving"):
        new(name).save("never-written.safetensors")


@pytest.fixture(autouse=True, scope="module")
def _forget_fitted_detectors() -> Iterator[None]:
    yield
    fitted.cache_clear()
