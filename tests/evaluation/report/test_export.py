"""What leaves the house: the report, the archive, tables for spreadsheets."""

import csv
import html
import io
import json
import re
import zipfile
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
import tifffile
from PIL import Image as Pillow

from evaluation.assessment import assess
from evaluation.comparison.comparison import Variant
from evaluation.comparison.region import restrict
from evaluation.comparison.runner import run
from evaluation.comparison.storage import ComparisonError
from evaluation.decisions.masks import PostProcessing, decide
from evaluation.decisions.thresholds import manual
from evaluation.level_threshold import default_thresholds
from evaluation.report.export import write_export
from evaluation.report.html import ReportChoice, html_report
from evaluation.report.tables import inert, scores_csv
from images.version import VERSION
from tests.evaluation.synthetic import data_set
from tests.progress import Heard

EVIL = "<script>alert('name')</script>"
EVIL_LABEL = "<img src=x onerror=alert(1)>"
FORMULA = '=HYPERLINK("http://example.org")'


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    data = data_set()
    names = [EVIL, FORMULA, "+1.png", "plain/scratch 1.png", "@x.png"]
    test = tuple(replace(one, name=name) for one, name in zip(data.test, names, strict=True))
    data = replace(data, name=f"set {EVIL}", about=f"About {EVIL}", test=test)
    variants = [
        Variant("pca-residual", {"window": 5, "stride": 2}),
        Variant("pca-residual", {"window": 5, "stride": 2, "smoothing": 5}, label=EVIL_LABEL),
    ]
    comparison = run(data, variants, tmp_path_factory.mktemp("export"))
    return comparison, [assess(comparison, result) for result in comparison.results]


@pytest.fixture(scope="module")
def report(judged):
    return html_report(*judged, ReportChoice(pictures=range(5)))


class Elements(HTMLParser):
    """The elements of a document with the names of their attributes."""

    def __init__(self, document):
        super().__init__()
        self.found = []
        self.feed(document)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def own_markup(report):
    """The report without plotly's own program."""
    return report[: report.index("<script>")] + report[report.index("</head>") :]


def test_the_report_tells_all(judged, report):
    _, assessments = judged
    shown = own_markup(report)
    for assessment in assessments:
        value = assessment.metrics.values["pixel_auroc"]
        interval = assessment.resampled.interval("pixel_auroc")
        assert f"{value:.3f}<br><small>{interval.low:.3f} to {interval.high:.3f}</small>" in shown
    assert "is ahead of" in shown
    assert "window = 5, stride = 2" in shown
    assert assessments[0].calibration_text in shown
    assert "are synthetic" in shown
    assert f"anomaly-compare {VERSION}" in shown
    assert "numpy " in shown
    assert "AUPRO to FPR 0.3" in shown
    assert shown.count("<img alt=") == 5 * 3
    assert shown.count('class="plot"') == 5 + 2 + 3
    assert "Distance from normal: Raw pixels" in shown


def test_texts_from_outside_are_escaped(report):
    shown = own_markup(report)
    assert EVIL not in report
    assert "<img src=x" not in report
    assert "&lt;script&gt;alert(&#39;name&#39;)&lt;/script&gt;" in shown
    elements = Elements(shown).found
    assert not [name for _, names in elements for name in names if name.startswith("on")]
    assert "a" not in {tag for tag, _ in elements}


def test_the_report_asks_no_network(report):
    shown = own_markup(report)
    addresses = [
        names.get("src") or names.get("href") or ""
        for _, names in Elements(shown).found
        if "src" in names or "href" in names
    ]
    assert len(addresses) == 15
    assert all(address.startswith("data:image/jpeg;base64,") for address in addresses)
    assert "@import" not in shown


def test_a_threshold_by_hand_is_marked(judged):
    comparison, assessments = judged
    thresholds = {
        one.result.variant.label: {"pixel": manual(0.25), "image": manual(0.5)}
        for one in assessments
    }
    shown = own_markup(html_report(comparison, assessments, ReportChoice(thresholds, [0])))
    assert shown.count("Tuned on the test images.") == 4
    assert "0.25" in shown


def test_a_report_of_no_method_is_refused(judged):
    with pytest.raises(ComparisonError, match="there is no report"):
        html_report(judged[0], [])


def test_the_report_shows_the_images_that_tell_most(judged):
    """Of the five images one method finds the first only, at thresholds that a person set."""
    comparison, assessments = judged
    highest = [float(one.image_scores.max()) for one in assessments]
    thresholds = {
        one.result.variant.label: {"pixel": manual(0.25), "image": manual(value)}
        for one, value in zip(assessments, highest, strict=True)
    }
    shown = own_markup(html_report(comparison, assessments, ReportChoice(thresholds)))
    names = re.findall(r'alt="Test image ([^"]+)"', shown)
    assert len(names) == 5
    first = comparison.data.test[int(np.argmax(assessments[0].image_scores))]
    assert first.defective()
    assert html.unescape(names[0]) == first.name
    assert "5 of 5 test images. On top is a defect that is found" in shown


def test_the_archive_holds_maps_masks_and_overlays_at_source_size(judged, tmp_path):
    comparison, assessments = judged
    processing = PostProcessing(smallest_area=4)
    heard = Heard()
    write_export(comparison, assessments, tmp_path / "a.zip", processing=processing, progress=heard)
    assert heard.fractions[-1] == 1.0
    first = assessments[0]
    threshold = default_thresholds(assessments)["pca-residual"]["pixel"].value
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        names = archive.namelist()
        assert {"results.json", "scores.csv", "report.html"} <= set(names)
        assert len(names) == 3 + 2 * 5 * 3
        assert not [name for name in names if re.search(r"[<>:\"|?*]|\.\.", name)]
        scores = tifffile.imread(io.BytesIO(archive.read("maps/pca-residual/0003-scratch-1.tiff")))
        assert scores.dtype == np.float32
        assert np.array_equal(scores, first.result.maps[3])
        mask = Pillow.open(archive.open("masks/pca-residual/0003-scratch-1.png"))
        assert np.array_equal(np.asarray(mask) > 0, decide(scores, threshold, processing))
        overlay = Pillow.open(archive.open("overlays/pca-residual/0003-scratch-1.png"))
        assert overlay.size == (48, 40)
        assert overlay.mode == "RGB"
        results = json.loads(archive.read("results.json"))
        assert results["methods"][1]["name"] == EVIL_LABEL


def test_masks_that_are_handed_over_keep_to_the_region_of_interest(tmp_path):
    region = np.zeros((40, 48), dtype=bool)
    region[:, 24:] = True
    data = restrict(data_set(normal=1, good=0, defective=1), region=region)
    comparison = run(data, [Variant("pca-residual", {"window": 5, "stride": 2})], tmp_path / "run")
    assessments = [assess(comparison, result) for result in comparison.results]
    everything = {"pca-residual": {"pixel": manual(-1.0), "image": manual(-1.0)}}
    write_export(comparison, assessments, tmp_path / "a.zip", thresholds=everything)
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        mask = Pillow.open(archive.open("masks/pca-residual/0000-0.png"))
        assert np.array_equal(np.asarray(mask) > 0, region)


def test_no_cell_is_a_formula(judged):
    rows = list(csv.DictReader(io.StringIO(scores_csv(*judged))))
    assert [row["image"] for row in rows[:5]] == [
        EVIL,
        "'" + FORMULA,
        "'+1.png",
        "plain/scratch 1.png",
        "'@x.png",
    ]
    assert all(float(row["score"]) >= 0 for row in rows)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_formulas_are_made_inert(start):
    assert inert(f"{start}1") == f"'{start}1"
    assert inert(f"a{start}") == f"a{start}"
