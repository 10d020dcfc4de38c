"""A method of a stored comparison as a folder that works without this program."""

import json
import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from dashboard.command import main
from evaluation.assessment import assess
from evaluation.comparison.comparison import Comparison, Variant
from evaluation.comparison.runner import run
from evaluation.decisions.image_scores import ImageScore
from evaluation.decisions.thresholds import LEVELS, manual
from evaluation.level_threshold import level_threshold
from evaluation.metrics.metrics import Protocol
from evaluation.onnx_export.folder import about, white_of, why_not
from images.dataset import GOOD, Picture
from methods.features.backbones import registry as backbones
from tests.evaluation.synthetic import data_set, noise

QUICK = {"stages": (4,), "smoothing": 2.0}


@pytest.fixture(scope="module")
def comparison(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    variants = [
        Variant("mean-feature", QUICK),
        Variant("mean-feature", {**QUICK, "positions": "each"}, label="each"),
        Variant("pca-residual", {"features": "raw patches", "window": 8, "stride": 4}),
    ]
    return run(data_set(), variants, tmp_path_factory.mktemp("comparison"), calibration_seconds=0)


def exported(comparison: Comparison, method: str, out: Path) -> Path:
    assert main(["export-onnx", str(comparison.folder), method, "--out", str(out)]) == 0
    return out


def example(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run the example in another folder, where nothing of ours can be imported."""
    return subprocess.run(
        [sys.executable, "-I", "example.py", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_example_gives_map_score_and_decision(comparison: Comparison, tmp_path: Path) -> None:
    """The square of the defective image is the brightest part of the map."""
    folder = exported(comparison, "mean-feature", tmp_path / "out")
    source = (folder / "example.py").read_text(encoding="utf-8")
    assert len(source.splitlines()) <= 40
    imported = [line.split()[1] for line in source.splitlines() if line.startswith(("imp", "from"))]
    assert set(imported) == {"json", "sys", "pathlib", "numpy", "onnxruntime", "PIL"}
    about = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    for name, square in (("good", False), ("square", True)):
        image = noise(300, square)
        Pillow.fromarray(np.rint(image * 255).astype(np.uint8)).save(folder / f"{name}.png")
        done = example(folder, f"{name}.png")
        assert not done.stderr
        detector = comparison.results[0].detector()
        scores = detector.score_map(image)
        highest = np.sort(scores, axis=None)[-round(0.01 * scores.size) :].mean()
        assert done.stdout.startswith(f"{name}.png: score ")
        printed = float(done.stdout.split()[2].rstrip(","))
        assert printed == pytest.approx(highest, rel=1e-4)
        verdict = "anomalous" if highest >= about["image_threshold"] else "normal"
        assert done.stdout.strip().endswith(f": {verdict}")
        drawn = np.asarray(Pillow.open(folder / f"{name}.png.map.png"))
        assert drawn.shape == image.shape
    assert verdict == "anomalous"
    assert drawn[10:18, 20:30].min() > drawn[32:, :10].max()


def test_the_example_takes_several_images_and_changes_none(
    comparison: Comparison, tmp_path: Path
) -> None:
    folder = exported(comparison, "mean-feature", tmp_path / "out")
    names = ("a.png", "b.png")
    for seed, name in enumerate(names):
        grey = np.random.default_rng(seed).integers(0, 255, (40, 48), dtype=np.uint8)
        Pillow.fromarray(grey).save(folder / name)
    before = [(folder / name).read_bytes() for name in names]
    done = example(folder, *names)
    assert [line.split(":")[0] for line in done.stdout.splitlines()] == list(names)
    assert [(folder / name).read_bytes() for name in names] == before
    assert all(Pillow.open(folder / f"{name}.map.png").size == (48, 40) for name in names)


def test_what_must_be_known_stands_beside_the_graph(comparison: Comparison, tmp_path: Path) -> None:
    folder = exported(comparison, "mean-feature", tmp_path / "out")
    about = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    assessment = assess(comparison, comparison.results[0])
    pixel = assessment.threshold("normal-quantile", "pixel").value
    assert about["pixel_threshold"] == pytest.approx(pixel)
    assert about["image_threshold"] == pytest.approx(
        assessment.threshold("normal-quantile", "image").value
    )
    scale = assessment.display_range(pixel)
    assert about["display"] == pytest.approx([scale.low, scale.high])
    assert about["metrics"]["image_auroc"] == assessment.metrics.values["image_auroc"]
    assert about["white"] == 255
    assert about["size"] is None
    assert about["trained_on"] == "3 normal images of squares"


def test_the_thresholds_are_those_that_a_person_chose(comparison: Comparison) -> None:
    """Of images 1 % of normal ones by default, here the one that was chosen for them."""
    result = comparison.results[0]
    chosen = partial(level_threshold, chosen={"image": manual(2.5)})
    stated = about(comparison, assess(comparison, result), result.detector(), chosen)
    assert stated["image_threshold"] == 2.5
    assert stated["image_threshold_set_on"] == "Manual: the test images (manual choice)"
    pixel = assess(comparison, result).threshold("normal-quantile", "pixel").value
    assert stated["pixel_threshold"] == pixel


def test_a_threshold_of_other_scores_than_those_of_the_graph_is_none(
    comparison: Comparison, tmp_path: Path
) -> None:
    """A graph gives the mean of the highest 1 % of all pixels."""
    by_highest = replace(comparison, protocol=Protocol(ImageScore("max")))
    normal = [
        replace(each, read_counted=lambda: np.eye(40, 48, dtype=bool))
        for each in comparison.data.normal
    ]
    of_parts = replace(comparison, data=replace(comparison.data, normal=tuple(normal)))
    for other in (by_highest, of_parts):
        result = other.results[0]
        stated = about(other, assess(other, result), result.detector())
        assert stated["image_threshold"] is None
        assert stated["pixel_threshold"] is not None
    folder = exported(comparison, "mean-feature", tmp_path / "out")
    (folder / "model.json").write_text(json.dumps({**stated, "size": None}))
    Pillow.fromarray(np.zeros((40, 48), dtype=np.uint8)).save(folder / "a.png")
    assert example(folder, "a.png").stdout.endswith("threshold None: not judged\n")


def test_a_model_for_each_position_names_the_size(comparison: Comparison, tmp_path: Path) -> None:
    folder = exported(comparison, "each", tmp_path / "out")
    Pillow.fromarray(np.zeros((48, 40), dtype=np.uint8)).save(folder / "turned.png")
    done = example(folder, "turned.png")
    assert done.returncode == 1
    assert done.stderr == "turned.png is (48, 40) pixels; expected [40, 48] (height, width).\n"


def test_rule_and_rate_are_those_of_export(comparison: Comparison, tmp_path: Path) -> None:
    command = ["export-onnx", str(comparison.folder), "mean-feature", "--out", str(tmp_path / "a")]
    assert main([*command, "--rate", "0.2"]) == 0
    stated = json.loads((tmp_path / "a" / "model.json").read_text(encoding="utf-8"))
    assessment = assess(comparison, comparison.results[0])
    for level in LEVELS:
        expected = assessment.threshold("normal-quantile", level, false_positive_rate=0.2).value
        assert stated[f"{level}_threshold"] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("method", "message"),
    [
        (
            "pca-residual",
            "pca-residual cannot be exported as ONNX: its patches are not described by a network.",
        ),
        ("padim", "has no finished method 'padim'; it has mean-feature, each, pca-residual."),
    ],
)
def test_what_cannot_be_exported_is_refused(
    comparison: Comparison,
    method: str,
    message: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "out"
    assert main(["export-onnx", str(comparison.folder), method, "--out", str(out)]) == 2
    assert message in capsys.readouterr().err
    assert not out.exists()


def test_a_network_that_is_gone_is_a_reason(
    comparison: Comparison, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backbones, "_allowed", ("another",))
    reason = why_not(comparison.results[0])
    assert reason.startswith("mean-feature cannot be exported as ONNX: ")
    assert "'efficientnet-lite0' is not available here" in reason


@pytest.mark.parametrize(
    ("values", "white"),
    [
        (np.arange(16) / 255, 255),
        (7 * np.arange(16) / 4095, 4095),
        (13 * np.arange(16) / 65535, 65535),
        (np.linspace(0.1, 0.2, 16) ** 0.5, None),
    ],
)
def test_white_is_the_value_that_makes_all_values_whole(
    values: np.ndarray, white: int | None
) -> None:
    image = values.astype(np.float32).reshape(4, 4)
    assert white_of([Picture("a.png", GOOD, lambda: image)]) == white
