"""A whole comparison: run, judged, stored, opened again, and what goes wrong."""

import json
import re
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import tifffile
from sklearn.metrics import roc_auc_score

from evaluation.assessment import assess
from evaluation.comparison.comparison import (
    COMPARISON_FILE,
    RESULT_FILE,
    Comparison,
    Event,
    Failure,
    MethodResult,
    Variant,
)
from evaluation.comparison.region import restrict
from evaluation.comparison.runner import run
from evaluation.comparison.storage import ComparisonError, folder_names
from evaluation.report.verdict import compare, verdicts
from images.dataset import GOOD, DataSet, Picture
from images.errors import ImageError
from methods.detector import DetectorError
from methods.detectors.patch_models.pca_residual import PcaResidual
from methods.parameters import ParameterError
from methods.progress import Cancelled
from tests.evaluation.synthetic import data_set, noise, square_mask

RAW = {"features": "raw patches", "window": 5, "stride": 2}
QUICK = Variant("pca-residual", RAW)
SMOOTH = Variant("pca-residual", {**RAW, "smoothing": 6}, label="smooth")


@pytest.fixture(scope="module")
def comparison(tmp_path_factory):
    return run(data_set(), [QUICK, SMOOTH], tmp_path_factory.mktemp("comparison"))


def test_figures_agree_with_scikit_learn(comparison):
    assessment = assess(comparison, comparison.results[0])
    maps = list(assessment.result.maps)
    masks = [picture.mask() for picture in data_set().test]
    pooled = np.concatenate([one.ravel() for one in maps])
    labels = np.concatenate([mask.ravel() for mask in masks])
    values = assessment.metrics.values
    assert values["pixel_auroc"] == pytest.approx(roc_auc_score(labels, pooled), abs=1e-12)
    assert values["image_auroc"] == roc_auc_score(
        [False] * 2 + [True] * 3, [one.max() for one in maps]
    )
    assert values["pixel_auroc"] > 0.9
    assert not assessment.metrics.undefined


def test_thresholds_come_from_images_that_were_not_learned_from(comparison):
    assessment = assess(comparison, comparison.results[0])
    threshold = assessment.threshold("normal-quantile", "pixel", false_positive_rate=0.01)
    assert threshold.set_on == (
        "all 3 normal images, each scored by a model that was not trained on it (3 folds)"
    )
    scores = np.concatenate([one.ravel() for one in assessment.result.normal_maps])
    assert scores.size == 3 * 40 * 48
    # The lowest threshold that 1 % reach: 57 of 5,760 scores do, and one more is just below it.
    assert (scores >= threshold.value).sum() == 57
    tuned = assessment.threshold("best-f1", "pixel", false_positive_rate=0.01)
    assert tuned.rule.uses_labels
    assert tuned.set_on == "the labelled test images"
    decision = assessment.confusion(tuned.value, "pixel")
    assert decision.f1 == pytest.approx(assessment.metrics.values["pixel_f1_max"])
    assert assessment.regions_found(tuned.value) == 1.0
    assert assessment.confusion(tuned.value, "image").true_positive_rate == 1.0


def test_it_opens_again_whole(comparison):
    opened = Comparison.open(comparison.folder)
    assert [result.variant for result in opened.results] == [QUICK, SMOOTH]
    assert opened.plan.groups == comparison.plan.groups == (0, 1, 2)
    assert opened.test_properties == comparison.test_properties
    assert opened.data.about == "Drawn by a test."
    assert opened.data.synthetic
    for before, after in zip(data_set().test, opened.data.test, strict=True):
        assert (before.name, before.kind) == (after.name, after.kind)
        assert np.array_equal(before.read(), after.read())
        assert np.array_equal(before.mask(), after.mask())
    first, again = comparison.results[0], opened.results[0]
    assert assess(comparison, first).metrics == assess(opened, again).metrics
    assert replace(again, maps=first.maps, normal_maps=first.normal_maps) == first
    scores = again.detector().score_map(opened.data.test[3].read())
    assert np.array_equal(scores, again.maps[3])


def test_score_maps_are_float32_tiff(comparison):
    scores = tifffile.imread(comparison.results[0].folder / "test" / "00004.tiff")
    assert scores.dtype == np.float32
    assert scores.shape == (40, 48)


def test_a_method_that_was_stopped_is_recognised(tmp_path):
    begun = []

    def stop(event: Event) -> None:
        if event.label == "smooth" and event.phase == "score":
            raise Cancelled

    with pytest.raises(Cancelled):
        run(data_set(), [QUICK, SMOOTH], tmp_path, on_event=stop, on_result=begun.append)
    assert [result.variant.label for result in begun] == ["pca-residual"]
    opened = Comparison.open(tmp_path)
    assert [result.variant.label for result in opened.results] == ["pca-residual"]
    assert opened.failures == (Failure(SMOOTH, "It was cancelled before it finished."),)


def test_a_comparison_that_was_only_begun_is_recognised(tmp_path):
    def stop(event: Event) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        run(data_set(), [QUICK], tmp_path, on_event=stop)
    with pytest.raises(ComparisonError, match="does not contain a finished"):
        Comparison.open(tmp_path)


def test_a_failed_method_says_why_and_the_rest_goes_on(tmp_path):
    large = Variant("pca-residual", {**RAW, "window": 64}, label="large")
    outcomes = []
    comparison = run(data_set(), [large, QUICK], tmp_path, on_result=outcomes.append)
    assert isinstance(outcomes[0], Failure)
    assert isinstance(outcomes[1], MethodResult)
    assert "smaller than a patch of 64 x 64" in comparison.failures[0].reason
    assert Comparison.open(tmp_path).failures == comparison.failures


def test_a_fault_in_a_method_does_not_stop_the_others(tmp_path, monkeypatch, caplog):
    fit = PcaResidual._fit

    def faulty(self, images, progress):
        if self.params.smoothing == 6:
            raise RuntimeError("out of cheese")
        fit(self, images, progress)

    monkeypatch.setattr(PcaResidual, "_fit", faulty)
    comparison = run(data_set(), [SMOOTH, QUICK], tmp_path)
    assert [result.variant for result in comparison.results] == [QUICK]
    assert comparison.failures[0].reason == (
        "It stopped because of an internal error (RuntimeError). See the log for details."
    )
    assert "faulty" in caplog.text


def test_known_results_are_taken_over(comparison, tmp_path):
    renamed = Variant("pca-residual", dict(reversed(RAW.items())), label="earlier")
    phases = []
    again = run(
        data_set(),
        [renamed],
        tmp_path,
        known=comparison.results,
        on_event=lambda event: phases.append(event.phase),
    )
    assert "score" not in phases
    assert again.results[0].fit_seconds == comparison.results[0].fit_seconds
    assert np.array_equal(again.results[0].maps[4], comparison.results[0].maps[4])
    assert Comparison.open(tmp_path).results[0].variant == renamed


def test_the_comparison_is_handed_over_before_it_runs(tmp_path):
    begun = []
    run(data_set(), [QUICK], tmp_path, on_begin=begun.append)
    assert [picture.name for picture in begun[0].data.test][:1] == ["good/0.png"]
    assert begun[0].results == ()


def broken() -> np.ndarray:
    raise ImageError("scratch.png", "is cut off")


def test_what_cannot_be_read_is_left_out_with_a_finding(tmp_path):
    data = data_set()
    bad_image = Picture("scratch.png", "scratch", broken)
    bad_mask = Picture("dent.png", "dent", lambda: noise(7, True), broken)
    data = replace(data, test=(bad_image, bad_mask, *data.test))
    comparison = run(data, [QUICK], tmp_path)
    assert [picture.name for picture in comparison.data.test][:2] == ["dent.png", "good/0.png"]
    assert comparison.data.test[0].mask() is None
    assert len(comparison.results[0].maps) == 6
    texts = [finding.text for finding in comparison.data.findings if finding.role == "not used"]
    assert texts == ["scratch.png is cut off.", "scratch.png is cut off."]


def test_no_normal_image_is_refused(tmp_path):
    with pytest.raises(DetectorError, match="squares has no normal image"):
        run(data_set(normal=0), [QUICK], tmp_path)


def test_no_method_at_all_is_refused(tmp_path):
    with pytest.raises(DetectorError, match="No method was given; expected at least one"):
        run(data_set(), [], tmp_path)
    assert not list(tmp_path.iterdir())


def rows_of_pixels(normal):
    """Images that are one row high."""

    def line(seed):
        return np.random.default_rng(seed).random((1, 48), dtype=np.float32)

    return DataSet(
        "lines",
        tuple(Picture(f"{at}.png", GOOD, partial(line, at)) for at in range(normal)),
        (Picture("a.png", GOOD, partial(line, 99)),),
    )


def test_images_one_row_high_work_or_are_refused_with_a_sentence(tmp_path):
    methods = [QUICK, Variant("padim", {"features": "filter bank", "window": 5})]
    few = run(rows_of_pixels(3), methods, tmp_path / "few")
    for failure in few.failures:
        assert failure.reason == "The image is 48 x 1 pixels, smaller than a patch of 5 x 5."
    assert len(few.failures) == 2
    many = run(rows_of_pixels(10), [QUICK, Variant("padim")], tmp_path / "many")
    assert [failure.reason for failure in many.failures] == [
        "The image is 48 x 1 pixels, smaller than a patch of 5 x 5."
    ]
    assert many.results[0].maps[0].shape == (1, 48)


def test_one_name_for_two_methods_is_refused(tmp_path):
    same = Variant("pca-residual", label="a b"), Variant("pca-residual", label="a b")
    with pytest.raises(DetectorError, match="have the same name: a b, a b"):
        run(data_set(), same, tmp_path)


@pytest.mark.parametrize(
    "labels", [("画像", "検査"), ("größe", "grösse", "gr-e"), ("a b", "A-b"), ("...", "???"),
               ("x" * 300, "x" * 301)]
)  # fmt: skip
def test_labels_that_differ_have_folders_that_differ(tmp_path, labels):
    names = folder_names(labels)
    assert len({name.lower() for name in names}) == len(labels)
    for name in names:
        assert re.fullmatch(r"[A-Za-z0-9._-]{1,250}", name)


def test_a_label_keeps_its_name_where_no_other_has_it():
    assert folder_names(["PaDiM", "Sparse coding", "画像"]) == ["PaDiM", "Sparse-coding", "method"]


def test_two_labels_without_a_latin_letter_are_compared(tmp_path):
    variants = [replace(QUICK, label="画像"), replace(QUICK, label="検査")]
    assert run(data_set(), variants, tmp_path).failures == ()
    opened = Comparison.open(tmp_path)
    assert [result.variant.label for result in opened.results] == ["画像", "検査"]
    assert len({result.folder for result in opened.results}) == 2


def test_a_comparison_with_one_such_label_from_before_opens(tmp_path):
    run(data_set(), [replace(QUICK, label="画像")], tmp_path)
    assert [path.name for path in (tmp_path / "methods").iterdir()] == ["method"]
    assert len(Comparison.open(tmp_path).results) == 1


def test_a_wrong_parameter_is_refused_before_anything_runs(tmp_path):
    wrong = Variant("pca-residual", {"window": 1}, label="wrong")
    with pytest.raises(ParameterError, match=r"pca-residual\.window is 1"):
        run(data_set(), [QUICK, wrong], tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("normal", "good", "defective", "undefined"),
    [
        (3, 0, 1, {"image_auroc": "no normal test image"}),
        (3, 1, 0, {"image_auroc": "no defective test image", "aupro": "no defective pixel"}),
    ],
)
def test_one_class_is_undefined_with_a_reason(tmp_path, normal, good, defective, undefined):
    comparison = run(data_set(normal, good, defective), [QUICK], tmp_path)
    found = assess(comparison, comparison.results[0]).metrics
    for name, reason in undefined.items():
        assert found.values[name] is None
        assert found.undefined[name] == reason


def test_a_region_of_interest_is_respected_by_every_figure(tmp_path):
    region = np.zeros((40, 48), dtype=bool)
    region[:20] = True
    comparison = run(restrict(data_set(), region=region), [QUICK], tmp_path)
    for one in (comparison, Comparison.open(tmp_path)):
        assessment = assess(one, one.results[0])
        ranking = assessment.pixel_ranking
        assert ranking.positives == 3 * 80
        assert ranking.positives + ranking.negatives == 5 * 20 * 48
        top = round(region.sum() / 100)
        expected = [np.sort(scores[region])[-top:].mean() for scores in assessment.result.maps]
        assert assessment.image_scores.tolist() == pytest.approx(expected, rel=1e-6)
        decision = assessment.confusion(0.0, "pixel")
        assert decision.true_positives + decision.false_positives == 5 * 20 * 48


def test_what_is_ignored_in_one_image_counts_for_nothing(tmp_path):
    ignored = {"square/1.png": square_mask()}
    comparison = run(restrict(data_set(), ignored=ignored), [QUICK], tmp_path)
    ranking = assess(comparison, comparison.results[0]).pixel_ranking
    assert ranking.positives == 2 * 80
    assert ranking.positives + ranking.negatives == 5 * 40 * 48 - 80


def test_what_a_picture_leaves_out_stays_left_out():
    region, ignored = np.ones((2, 40, 48), dtype=bool)
    region[:20] = False
    ignored[:, 8:] = False
    twice = restrict(restrict(data_set(), region=region), ignored={"good/0.png": ignored})
    counted = twice.test[0].read_counted()
    assert not counted[:20].any()
    assert not counted[:, :8].any()
    assert counted[20:, 8:].all()


def test_a_region_of_another_size_is_never_passed_over_in_silence(tmp_path):
    with pytest.raises(DetectorError, match="48 x 40 pixels, but its region of interest is 9 x 9"):
        run(restrict(data_set(), region=np.ones((9, 9), dtype=bool)), [QUICK], tmp_path)
    ignored = {"square/1.png": np.ones((9, 9), dtype=bool)}
    comparison = run(restrict(data_set(), ignored=ignored), [QUICK], tmp_path)
    assert len(comparison.data.test) == 4
    assert comparison.data.findings[-1].text == (
        "square/1.png is 48 x 40 pixels, but its ignore mask is 9 x 9."
    )


def test_a_picture_that_is_wholly_ignored_is_left_out_with_a_finding(tmp_path):
    whole = np.ones((40, 48), dtype=bool)
    ignored = {"square/1.png": whole, "train/0.png": whole}
    comparison = run(restrict(data_set(), ignored=ignored), [QUICK], tmp_path)
    assert (len(comparison.data.normal), len(comparison.data.test)) == (2, 4)
    assert [finding.text for finding in comparison.data.findings] == [
        f"{name} has no pixels in the region of interest."
        for name in ("train/0.png", "square/1.png")
    ]
    assert assess(comparison, comparison.results[0]).metrics.undefined == {}


def test_the_verdict_in_words(comparison):
    assessments = [assess(comparison, result) for result in comparison.results]
    (sentence,) = verdicts(assessments, "pixel_auroc")
    values = [assessment.metrics.values["pixel_auroc"] for assessment in assessments]
    ahead, behind = (
        ("pca-residual", "smooth") if values[0] > values[1] else ("smooth", "pca-residual")
    )
    lead = abs(values[0] - values[1])
    assert sentence.startswith(f"{ahead} is ahead of {behind} by {lead:.3f} in Pixel AUROC")
    assert sentence.endswith("; 5 images.")


def test_nobody_is_ahead_by_nothing(comparison):
    one = assess(comparison, comparison.results[0])
    value = one.metrics.values["pixel_auroc"]
    assert compare(one, one, "pixel_auroc") == (
        "pca-residual and pca-residual have the same result on these images: Pixel AUROC "
        f"{value:.3f}."
    )


@pytest.mark.parametrize(
    "damage",
    [
        lambda facts: facts.update(format="something else"),
        lambda facts: facts.pop("data"),
        lambda facts: facts["data"].update(test="many"),
        lambda facts: facts.update(variants=[{"detector": 3}]),
    ],
)
def test_a_damaged_description_is_refused(comparison, tmp_path, damage):
    facts = json.loads((comparison.folder / COMPARISON_FILE).read_text())
    damage(facts)
    (tmp_path / COMPARISON_FILE).write_text(json.dumps(facts))
    with pytest.raises(ComparisonError, match=str(tmp_path)):
        Comparison.open(tmp_path)


def test_a_damaged_result_is_refused(tmp_path):
    comparison = run(data_set(), [QUICK], tmp_path)
    (comparison.results[0].folder / RESULT_FILE).write_text('{"variant": 3}')
    with pytest.raises(ComparisonError, match="is damaged"):
        Comparison.open(tmp_path)


def test_a_map_that_claims_to_be_larger_than_its_file_is_refused(tmp_path):
    comparison = run(data_set(), [QUICK], tmp_path)
    path = comparison.results[0].folder / "test" / "00000.tiff"
    whole = path.read_bytes()
    path.write_bytes(whole[:600])
    with pytest.raises(ComparisonError, match=r"00000\.tiff"):
        comparison.results[0].maps[0]
    tifffile.imwrite(path, np.zeros((4, 4), dtype=np.float64))
    with pytest.raises(ComparisonError, match="is not a score map"):
        comparison.results[0].maps[0]
