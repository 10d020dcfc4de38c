"""Training that goes on from the weights of an earlier detector."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from methods import registry
from methods.detector import Detector, DetectorError
from methods.progress import Cancelled
from methods.training import loop
from tests.methods.test_contract import quick_parameters, texture
from tests.progress import Heard, cancel_from

IMAGES = [texture(seed, 48, 48) for seed in range(3)]
TEST = texture(9, 48, 48)
TRAINED = [name for name in registry.names() if registry.get(name).lengths]


def new(name: str, steps: int, **others: Any) -> Detector:
    """With so many steps of each length."""
    lengths = dict.fromkeys(registry.get(name).lengths, steps)
    quick = {**quick_parameters(name), "batch": 2}
    return registry.create(name, {**quick, **lengths, **others})


def state(detector: Detector) -> dict[str, np.ndarray]:
    return {key: np.array(value) for key, value in detector._state().items()}


def assert_same(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> None:
    assert one.keys() == other.keys()
    for key, values in one.items():
        np.testing.assert_array_equal(values, other[key], err_msg=key)


@pytest.fixture(params=TRAINED)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_the_way_to_the_earlier_detector_does_not_matter(name: str, tmp_path: Path) -> None:
    """In memory, from its file, or still to be fitted: the same weights to the last bit."""
    earlier = new(name, 4).fit(IMAGES)
    before = state(earlier)
    earlier.save(tmp_path / "earlier.safetensors")
    continued = new(name, 10).continuing(earlier).fit(IMAGES)
    assert_same(state(earlier), before)
    for other in (registry.load(tmp_path / "earlier.safetensors"), new(name, 4)):
        assert_same(state(new(name, 10).continuing(other).fit(IMAGES)), state(continued))
    assert np.isfinite(continued.score_map(TEST)).all()


def test_steps_are_added_and_the_held_out_loss_never_rises(name: str) -> None:
    earlier = new(name, 4).fit(IMAGES)
    heard = Heard()
    continued = new(name, 10).continuing(earlier).fit(IMAGES, progress=heard)
    assert heard.fractions == sorted(heard.fractions)
    assert len(continued.training_) == len(earlier.training_) > 0
    for before, after in zip(earlier.training_, continued.training_, strict=True):
        assert (before.step, before.steps, before.continued_at) == (4, 4, ())
        assert after.steps == 10
        assert 4 < after.step <= 10
        assert after.continued_at == (4,)
        assert after.losses[:4] == before.losses
        assert before.best is not None
        assert after.best is not None
        assert after.best[1] <= before.best[1]


def test_it_starts_from_the_weights_that_were_learned(monkeypatch: pytest.MonkeyPatch) -> None:
    earlier = new("autoencoder", 4).fit(IMAGES)
    first: list[dict[str, np.ndarray]] = []
    train = loop._train

    def look(network: Any, *given: Any) -> None:
        first.append({key: value.numpy().copy() for key, value in network.state_dict().items()})
        train(network, *given)

    monkeypatch.setattr(loop, "_train", look)
    new("autoencoder", 5).continuing(earlier).fit(IMAGES)
    learned = state(earlier)
    assert_same(first[0], {key: learned[key] for key in first[0]})


def test_a_chain_of_stages_is_fitted_from_its_beginning() -> None:
    stages = new("autoencoder", 9).continuing(
        new("autoencoder", 6).continuing(new("autoencoder", 3))
    )
    heard = Heard()
    stages.fit(IMAGES, progress=heard)
    (curve,) = stages.training_
    assert (curve.step, curve.continued_at) == (9, (3, 6))
    assert heard.fractions == sorted(heard.fractions)
    assert heard.fractions[-1] == 1.0


def test_only_the_network_with_more_steps_is_trained() -> None:
    earlier = new("denoising-autoencoder", 4).fit(IMAGES)
    longer = new("denoising-autoencoder", 4, denoiser_steps=8).continuing(earlier).fit(IMAGES)
    autoencoder, denoiser = longer.training_
    assert (autoencoder.step, autoencoder.continued_at) == (4, ())
    assert (denoiser.step, denoiser.continued_at) == (8, (4,))
    before, after = state(earlier), state(longer)
    same = [key for key in before if key.startswith("autoencoder.")]
    assert_same({key: before[key] for key in same}, {key: after[key] for key in same})


def test_what_cannot_be_continued_is_told_in_a_sentence(name: str) -> None:
    short = new(name, 4)
    for other, sentence in (
        (new(name, 4), "has no step to add"),
        (new(name, 3), "expected at least the 4"),
        (registry.create(name, short.params.model_copy(update={"width": 5}), seed=0), "width is 5"),
        (registry.create(name, new(name, 5).params, seed=1), "seed is 1 and was 0"),
        (registry.create("pca-residual"), "trains no network"),
    ):
        with pytest.raises(DetectorError, match=sentence) as refused:
            other.continuing(short)
        assert str(refused.value).endswith(".")
    different = next(each for each in TRAINED if each != name)
    with pytest.raises(DetectorError, match=f"{name} cannot continue the training of {different}"):
        new(name, 5).continuing(new(different, 4))


def test_other_images_are_refused(name: str) -> None:
    earlier = new(name, 2).fit(IMAGES)
    assert new(name, 3).continuing(earlier).fit(IMAGES[::-1]).fitted
    longer = new(name, 3).continuing(earlier)
    with pytest.raises(DetectorError, match="only continue a training on the same normal images"):
        longer.fit(IMAGES[:2])
    assert not longer.fitted
    earlier.images_ = ""  # as in a file of a version that did not note them
    with pytest.raises(DetectorError, match="saved by an earlier version"):
        longer.fit(IMAGES)


def test_a_cancelled_continuation_leaves_the_earlier_detector_as_it_was() -> None:
    earlier = new("autoencoder", 4).fit(IMAGES)
    before = state(earlier)
    longer = new("autoencoder", 10).continuing(earlier)
    with pytest.raises(Cancelled):
        longer.fit(IMAGES, progress=cancel_from(0.4))
    assert not longer.fitted
    assert_same(state(earlier), before)


def test_curves_and_images_survive_saving(name: str, tmp_path: Path) -> None:
    detector = new(name, 3).fit(IMAGES)
    detector.save(tmp_path / "model.safetensors")
    loaded = registry.load(tmp_path / "model.safetensors")
    assert loaded.training_ == detector.training_
    assert loaded.images_ == detector.images_ != ""
