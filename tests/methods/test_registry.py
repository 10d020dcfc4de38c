"""Names, plugins and saved files."""

from importlib.metadata import EntryPoint
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from methods import registry
from methods.detector import DetectorError
from methods.pca_residual import PcaResidual


def test_lists_detectors_by_name() -> None:
    assert "pca-residual" in registry.names()
    assert list(registry.names()) == sorted(registry.names())
    assert registry.get("pca-residual") is PcaResidual


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(DetectorError, match=r"no method 'pca'; choose from .*pca-residual"):
        registry.get("pca")


def test_two_detectors_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="two detectors are called 'pca-residual'"):
        registry.register(type("Other", (PcaResidual,), {}))


@pytest.fixture
def fresh_discovery(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setattr(registry, "_registered", dict(registry._registered))
    registry._discover.cache_clear()
    yield monkeypatch
    registry._discover.cache_clear()


class Plugin(PcaResidual):
    name = "from-elsewhere"


def test_plugins_appear_and_a_broken_one_is_left_out(
    fresh_discovery: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    plugins = [
        EntryPoint("good", f"{__name__}:Plugin", registry.PLUGIN_GROUP),
        EntryPoint("bad", "no_such_module:Thing", registry.PLUGIN_GROUP),
    ]
    fresh_discovery.setattr(registry, "entry_points", lambda group: plugins)
    assert "from-elsewhere" in registry.names()
    assert "'bad' was left out" in caplog.text


def test_files_that_are_no_saved_detector_are_refused(tmp_path: Path) -> None:
    text = tmp_path / "text.safetensors"
    text.write_text("hello")
    with pytest.raises(DetectorError, match="cannot be read as a saved detector"):
        registry.load(text)
    other = tmp_path / "other.safetensors"
    save_file({"weights": np.zeros(3, dtype=np.float32)}, str(other))
    with pytest.raises(DetectorError, match="not a detector saved by Anomaly Compare"):
        registry.load(other)
    damaged = tmp_path / "damaged.safetensors"
    header = {
        "format": "anomaly-compare detector 1",
        "detector": "pca-residual",
        "params": "{}",
        "seed": "0",
    }
    save_file({"weights": np.zeros(3, dtype=np.float32)}, str(damaged), metadata=header)
    with pytest.raises(DetectorError, match=r"damaged\.safetensors is damaged"):
        registry.load(damaged)
