"""A package that somebody installs brings one of everything, and each appears where one chooses."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

ROOT = Path(__file__).parents[1]

ENTRY_POINTS = """
[anomaly_detectors]
brightness = tests.plugin.detector:Brightness
broken = tests.plugin.broken:Detector
[anomaly_features]
negative = tests.plugin.features:NegativeKind
[anomaly_backbones]
means = tests.plugin.network:BACKBONE
[anomaly_layouts]
fine-and-faulty = tests.plugin.layout:FineAndFaulty
[anomaly_annotations]
boxes = tests.plugin.annotations:Boxes
[anomaly_threshold_rules]
twice = tests.plugin.rule:TwiceTheMaximum
gone = tests.plugin.rule:NoSuchRule
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a Python that finds the plug-in among its packages."""
    site = tmp_path_factory.mktemp("site")
    facts = site / "plugin-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: plugin\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text(ENTRY_POINTS)
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(site), str(ROOT)])}


def python(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], env=environment, cwd=ROOT, capture_output=True, text=True
    )


def test_the_command_line_lists_one_of_each_and_tells_of_the_broken(
    installed: dict[str, str],
) -> None:
    done = python(installed, "-m", "evaluation", "--list")
    assert done.returncode == 0
    for name, title in {
        "plugin-brightness": "Brightness of the plug-in",
        "negative": "its pixels in negative",
        "plugin-means": "Means of the plug-in",
        "plugin-layout": "Fine and faulty of the plug-in",
        "plugin-boxes": "Boxes of the plug-in",
        "plugin-twice": "Twice the highest, of the plug-in",
    }.items():
        assert re.search(f"^  {name} +{title}$", done.stdout, re.MULTILINE)
    assert sorted(done.stderr.splitlines()) == [
        "The detector 'broken' was ignored: loading it ended with OSError: libmissing.so cannot "
        "be opened.",
        "The threshold rule 'gone' was ignored: loading it ended with AttributeError: module "
        "'tests.plugin.rule' has no attribute 'NoSuchRule'.",
    ]


def images_in_its_layout(folder: Path) -> Path:
    """Noise around grey, and one image with a white square that a file of boxes marks."""
    rng = np.random.default_rng(0)
    names = [*(f"fine/learn/{at}.png" for at in range(3)), "fine/check/good.png", "faulty/a.png"]
    for name in names:
        pixels = rng.integers(100, 120, (48, 48), dtype=np.uint8)
        if name == "faulty/a.png":
            pixels[10:20, 8:24] = 255
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Pillow.fromarray(pixels).save(folder / name)
    (folder / "faulty" / "a.box").write_text("8 10 24 20")
    return folder


def test_a_comparison_takes_all_of_them(installed: dict[str, str], tmp_path: Path) -> None:
    data, out, report = (
        images_in_its_layout(tmp_path / "set"),
        tmp_path / "out",
        tmp_path / "r.html",
    )
    done = python(
        installed,
        *["-m", "evaluation", str(data), "--out", str(out), "--report", str(report)],
        *["--methods", "plugin-brightness,pca-residual@negative,pca-residual@means"],
        *["--set", "plugin-brightness.gain=3", "--set", "pca-residual@negative.features=negative"],
        *["--set", "pca-residual@negative.negative_share=0.5"],
        *["--set", "pca-residual@means.backbone=plugin-means"],
        *["--set", "pca-residual@means.stages=1"],
    )
    assert done.returncode == 0, done.stderr
    found = json.loads((out / "results.json").read_text())
    methods = {method["name"]: method for method in found["methods"]}
    assert set(methods) == {"plugin-brightness", "pca-residual@negative", "pca-residual@means"}
    assert methods["plugin-brightness"]["params"] == {"gain": 3.0}
    assert methods["pca-residual@negative"]["params"]["negative_share"] == 0.5
    # The square is far outside of the noise, and its mask is what the box marks.
    assert methods["plugin-brightness"]["metrics"]["pixel_auroc"] == 1.0
    rules = methods["plugin-brightness"]["thresholds"]["pixel"]
    assert rules["plugin-twice"]["threshold"] == pytest.approx(
        2 * rules["normal-maximum"]["threshold"], rel=1e-6
    )
    assert "Twice the highest, of the plug-in" in report.read_text()


PAGES = """
from dashboard.components.results import shown_methods
from dashboard.session.methods import Chosen
from dashboard.session.state import Session
from evaluation.decisions.thresholds import RULES
from tests.dashboard.pages.test_methods import cards, methods
from tests.dashboard.small import OPEN, page, texts
from images.layouts import registry as layouts
from dashboard import networks

networks.offer()
session = Session()
session.methods.chosen = [Chosen(1, "padim", "PaDiM", {"features": "negative"})]
test = page(methods, session, OPEN)
assert not test.exception
assert test.selectbox(key="method.1.features").options[-1] == "negative"
assert test.number_input(key="method.1.negative_share").value == 1.0
assert test.number_input(key="method.1.window").value == 15
assert "backbone" not in str([widget.key for widget in test.selectbox])
test.selectbox(key="method.1.features").set_value("network").run()
assert "plugin-means" in test.selectbox(key="method.1.backbone").options
assert "method.1.negative_share" not in [widget.key for widget in test.number_input]
assert not cards(test)["plugin-brightness"]["chosen"]
assert RULES.names()[-1] == "plugin-twice"
assert "plugin-layout" in layouts.names()
"""


def test_the_pages_offer_all_of_them(installed: dict[str, str]) -> None:
    done = python(installed, "-c", PAGES)
    assert done.returncode == 0, done.stderr
