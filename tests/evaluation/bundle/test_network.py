"""Bundles whose network is in a file, on a machine where it lies elsewhere."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from onnxruntime import InferenceSession

from dashboard.command import main
from evaluation.bundle.bundle import Bundle, open_bundle
from evaluation.bundle.ending import DONE, WRONG
from methods import registry
from methods.detector import read_saved
from methods.errors import UnavailableError
from methods.features.backbones import registry as backbones
from methods.features.backbones import runtime
from methods.features.backbones.onnx_files import graph
from tests.dashboard.small import normal_image
from tests.evaluation.bundle.small import bundle, write_images
from tests.methods.features.backbones.onnx_files.made import of_maps, of_tokens

PARAMS = {"stages": (1,), "average": False, "lighting": "kept", "smoothing": 0}


@pytest.fixture(autouse=True)
def _packaged_networks_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backbones, "_allowed", backbones.names())


@pytest.fixture
def moved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Bundle, Path]:
    """A bundle of a method with a network in a file, and where the file has gone."""
    return moved_network(tmp_path, monkeypatch)


def moved_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Bundle, Path]:
    """A bundle whose network was `old.onnx`, which is now `new.onnx`."""
    old, new = tmp_path / "old.onnx", tmp_path / "new.onnx"
    name = of_maps(old)
    with monkeypatch.context() as anywhere:
        anywhere.setattr(backbones, "_allowed", None)
        detector = registry.create("pca-residual", {**PARAMS, "backbone": name})
        detector.fit([normal_image(at) for at in range(3)])
        detector.save(tmp_path / "model")
    old.rename(new)
    backbones.forget()
    header, arrays = read_saved(tmp_path / "model")
    path = tmp_path / "moved.safetensors"
    replace(bundle(), model_header=header, model_arrays=arrays).save(path)
    return open_bundle(path), new


def test_the_file_is_named(moved: tuple[Bundle, Path]) -> None:
    opened, file = moved
    expected = opened.model_arrays["network.weights"].tobytes().hex()
    with pytest.raises(UnavailableError, match=rf"old\.onnx' with the digest {expected}, which"):
        _ = opened.detector
    found = replace(opened, network_file=str(file)).detector
    assert json.loads(found.params.model_dump_json())["backbone"] == f"onnx:{file}"
    assert np.isfinite(found.score_map(normal_image(5))).all()


def test_a_listed_file_of_equal_weights_is_found(
    moved: tuple[Bundle, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, file = moved
    monkeypatch.setattr(backbones, "_allowed", (*backbones.names(), f"onnx:{file}"))
    assert opened.detector.params.model_dump()["backbone"] == f"onnx:{file}"


def test_other_weights_and_other_settings_are_refused(
    moved: tuple[Bundle, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, file = moved
    of_tokens(tmp_path / "other.onnx")
    with pytest.raises(UnavailableError, match=r"other\.onnx is not the network of .*; expected"):
        _ = replace(opened, network_file=str(tmp_path / "other.onnx")).detector
    (tmp_path / "text.onnx").write_text("About networks.")
    with pytest.raises(UnavailableError, match=r"text\.onnx is not an ONNX file\."):
        _ = replace(opened, network_file=str(tmp_path / "text.onnx")).detector
    assert backbones.offered() == backbones.names()
    with pytest.raises(UnavailableError, match="needs no file of a network, so x is not used"):
        _ = replace(bundle(), network_file="x").detector
    monkeypatch.setattr(backbones, "_allowed", (f"onnx:{file}?mean=0;0;0",))
    with pytest.raises(UnavailableError, match="which is not available here"):
        _ = opened.detector


def test_a_file_of_another_digest_is_never_run(
    moved: tuple[Bundle, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither one that is named nor a listed one; the right one is."""
    opened, file = moved
    other = of_tokens(tmp_path / "other.onnx")
    run: list[Path | None] = []

    def session(model: bytes, folder: Path | None = None) -> InferenceSession:
        run.append(folder)
        return runtime.session(model, folder)

    monkeypatch.setattr(graph, "session", session)
    with pytest.raises(UnavailableError, match=r"other\.onnx is not the network of"):
        _ = replace(opened, network_file=str(tmp_path / "other.onnx")).detector
    monkeypatch.setattr(backbones, "_allowed", (*backbones.names(), other))
    with pytest.raises(UnavailableError, match="which is not available here"):
        _ = opened.detector
    assert not run
    _ = replace(opened, network_file=str(file)).detector
    assert run


def test_predict_takes_the_file(
    moved: tuple[Bundle, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    opened, file = moved
    write_images(tmp_path / "new", 1)
    given = ["predict", opened.name, str(tmp_path / "new"), "--out", str(tmp_path / "out")]
    assert main(given) == WRONG
    assert "Give the file of the network with --network, or list it" in capsys.readouterr().err
    assert main([*given, "--network", str(file)]) == DONE
    assert "1 image, " in capsys.readouterr().out
    with (tmp_path / "out" / "predictions.csv").open(newline="") as rows:
        assert [row["image"] for row in csv.DictReader(rows)] == ["000.png"]
