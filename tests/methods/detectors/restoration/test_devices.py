"""Every tensor of a network is where the network is, and weights are saved as plain arrays.

torch's device `meta`, which holds shapes and no numbers, stands in for a GPU: it refuses tensors of
the processor as a GPU does.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from methods import registry
from methods.detector import Detector
from methods.detectors.restoration.networks import parts
from methods.detectors.restoration.restoration import RestorationDetector
from methods.progress import no_progress
from methods.training.crops import Crops
from tests.methods.detectors.restoration.contract import PARAMS
from tests.methods.test_contract import texture

META = torch.device("meta")
FORMS: list[tuple[str, dict[str, Any]]] = [
    *((name, {}) for name in sorted(PARAMS)),
    *(("autoencoder", {"loss": loss}) for loss in ("l2", "l2+ssim", "ms-ssim")),
    ("denoising-autoencoder", {"score": "mask"}),
    ("inpainting", {"score": "l2"}),
    ("latent-mixture", {"training": "joint", "score": "energy"}),
]


def new(name: str, others: dict[str, Any]) -> Any:
    return registry.create(name, {**PARAMS[name], **others})


def test_two_devices_are_refused() -> None:
    with pytest.raises(RuntimeError):
        torch.ones(2) + torch.ones(2, device=META)


@pytest.mark.parametrize(("name", "others"), FORMS)
def test_a_pass_stays_on_the_device_of_the_network(
    name: str, others: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    detector = new(name, others)
    assert isinstance(detector, RestorationDetector)
    found: list[str] = []

    def one_pass(network: Any, objective: Any, crops: Crops, *given: Any, **more: Any) -> None:
        batch = torch.from_numpy(crops.training).to(META)
        loss = objective(batch, torch.Generator().manual_seed(0))
        loss.backward()
        found.extend(weights.grad.device.type for weights in network.parameters())

    monkeypatch.setattr(parts, "train", one_pass)
    network = detector._network(1, torch.Generator().manual_seed(0)).to(META)
    pool = np.random.default_rng(0).random((6, 1, 32, 32), dtype=np.float32)
    detector._train(network, Crops(pool, pool), no_progress)
    assert set(found) == {"meta"}
    detector.network_, detector.channels_ = network.eval(), 1
    with torch.inference_mode():
        assert detector._describe(torch.rand(1, 1, 64, 64).to(META)).device == META


@pytest.fixture(scope="module", params=sorted(PARAMS))
def fitted(request: pytest.FixtureRequest) -> Detector:
    return new(request.param, {"steps": 2}).fit([texture(1, 48, 48)])


def test_what_is_learned_is_saved_as_arrays(fitted: Detector) -> None:
    assert all(isinstance(values, np.ndarray) for values in fitted._state().values())


def test_a_file_loads_onto_the_device_there_is(
    fitted: Detector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fitted.save(tmp_path / "model.safetensors")
    monkeypatch.setattr(parts, "device", lambda: META)
    loaded: Any = registry.load(tmp_path / "model.safetensors")
    network = loaded.network_
    tensors = [*network.parameters(), *network.buffers()]
    mixture = loaded.normal_._mixture
    tensors += [mixture.weights, mixture.means, mixture.covariances]
    tensors += [loaded.normal_._centre, loaded.normal_._spread, loaded.normal_._unit]
    assert {tensor.device.type for tensor in tensors} == {"meta"}
