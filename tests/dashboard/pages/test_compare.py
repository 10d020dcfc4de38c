"""The results as a person sees them."""

import io
import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow
from streamlit.testing.v1 import AppTest

from dashboard.components.gallery import Gallery
from dashboard.components.results import curves_view
from dashboard.components.results.result_rows import decided_masks
from dashboard.components.results.shown_methods import ThresholdChoice, shown_methods
from dashboard.session.methods import Chosen
from dashboard.session.state import Session
from evaluation.decisions.masks import PostProcessing
from evaluation.decisions.thresholds import manual
from evaluation.metrics.curves import Undefined
from evaluation.report.html import ReportChoice, html_report
from images.dataset import GOOD, DataSet, Picture
from tests.dashboard.small import (
    QUICK,
    compared,
    components,
    normal_image,
    page,
    quick_session,
    small_set,
    texts,
)


def compare() -> None:
    from dashboard.pages import compare as compare_page

    compare_page.show()


@pytest.fixture(scope="module")
def session() -> Session:
    return compared(small_set())


def test_nothing_has_run() -> None:
    test = page(compare, quick_session(small_set()))
    assert "Nothing has been compared yet" in texts(test)
    assert [button.label for button in test.button] == ["Run comparison"]
    assert not test.button[0].disabled


def test_before_the_first_result_the_page_says_what_will_come(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = session.job
    assert job is not None
    finished = job.comparison()
    assert finished is not None
    begun = replace(finished, results=(), failures=())
    monkeypatch.setattr(type(job), "comparison", lambda self: begun)
    monkeypatch.setattr(type(job), "ended", False)
    assert "The first results appear here" in texts(page(compare, session))


def test_the_table_holds_the_figures_of_the_evaluation(session: Session) -> None:
    test = page(compare, session)
    assert not test.exception
    table = test.dataframe[0].value
    assert session.job is not None
    for row, assessment in enumerate(session.job.assessments()):
        values = assessment.metrics.values
        assert table["Method"][row] == assessment.result.variant.label
        assert table["Pixel AUROC"][row] == values["pixel_auroc"]
        assert table["Image AUROC"][row] == values["image_auroc"]
        assert table["Training, s"][row] == assessment.result.fit_seconds
    assert "waves" in texts(test)
    assert "synthetic" in texts(test)


def test_a_heatmap_for_every_image_and_method_on_one_scale_a_method(session: Session) -> None:
    (view,) = components(page(compare, session))
    assert {row["name"] for row in view["rows"][:2]} == {"test/c.png", "test/<d>.png"}
    assert {row["name"] for row in view["rows"][2:]} == {"test/a.png", "test/b.png"}
    assert [len(row["scores"]) for row in view["rows"]] == [2, 2, 2, 2]
    assert all(row["mask"] for row in view["rows"])
    assert session.job is not None
    for method, assessment in zip(view["methods"], session.job.assessments(), strict=True):
        expected = assessment.threshold("normal-quantile", "pixel", false_positive_rate=0.01)
        assert method["threshold"] == expected.value
        assert method["low"] == assessment.display_range(expected.value).low
        highest = max(float(scores.max()) for scores in assessment.result.maps)
        assert method["levels"][-1] >= highest
        assert np.all(np.diff(method["levels"]) >= 0)
        assert len(method["levels"]) == 256


def test_a_threshold_by_another_rule(session: Session) -> None:
    test = page(compare, session)
    test.selectbox(key="threshold.rule").select("normal-maximum").run()
    (view,) = components(test)
    assert session.job is not None
    for method, assessment in zip(view["methods"], session.job.assessments(), strict=True):
        rule = assessment.threshold("normal-maximum", "pixel", false_positive_rate=0.01)
        assert method["threshold"] == rule.value
    test.selectbox(key="threshold.rule").select("best-f1").run()
    assert "Set on the test images themselves" in texts(test)


def test_a_threshold_by_hand_stays_until_a_rule_is_chosen(session: Session) -> None:
    session.view.choose("PCA", "pixel", manual(0.125))
    test = page(compare, session)
    assert "Set on the test images themselves" in texts(test)
    (view,) = components(test)
    assert view["methods"][0]["threshold"] == 0.125
    assert view["methods"][1]["threshold"] != 0.125
    test.number_input(key="threshold.rate").set_value(5.0).run()
    (view,) = components(test)
    assert view["methods"][0]["threshold"] != 0.125
    assert not session.view.thresholds


def test_a_threshold_from_a_curve_is_marked_as_tuned_on_the_test_images(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert session.job is not None
    test = page(compare, session, {"compare.view": "Curves"})
    drawn = [json.loads(chart.proto.spec) for chart in test.get("plotly_chart")]
    (roc,) = (one for one in drawn if one["layout"]["title"]["text"] == "ROC, images")
    assert [one["meta"] for one in roc["data"]] == 4 * ["image"]
    monkeypatch.setattr(curves_view, "curve_presses", lambda _, pick: pick(1, "pixel", 0.25))
    page(compare, session, {"compare.view": "Curves"})
    monkeypatch.undo()
    assert list(session.view.thresholds) == ["PCA coarse"]
    plain, coarse = shown_methods(session, session.job, ThresholdChoice())
    assert (coarse.threshold, coarse.thresholds["pixel"].set_on) == (
        0.25,
        "the labelled test images",
    )
    assert coarse.image_threshold == coarse.by_rule["image"].value
    assert coarse.uses_labels
    assert "Set on the test images themselves" in texts(page(compare, session))
    comparison = session.job.comparison()
    assert comparison is not None
    chosen = {method.label: method.thresholds for method in (plain, coarse)}
    report = html_report(comparison, session.job.assessments(), ReportChoice(chosen, [0]))
    assert report.count("Tuned on the test images.") == 1
    assert " of 2 defective images with " in report
    assert "Set on the labelled test images." in report
    session.view.thresholds.clear()


def test_images_are_filtered_with_counts(session: Session) -> None:
    test = page(compare, session)
    pills = test.get("button_group")
    assert session.job is not None
    chosen = test.button_group(key="compare.filter")
    assert pills
    assert chosen.options[0] == "All 4"
    assert "Defective 2" in chosen.options
    chosen.set_value("Defective").run()
    (view,) = components(test)
    assert {row["index"] for row in view["rows"]} == {2, 3}
    assert [row["defective"] for row in view["rows"]] == [True, True]


def test_the_first_sentence_counts_what_is_found_at_the_threshold_of_images(
    session: Session,
) -> None:
    test = page(compare, session)
    assert session.job is not None
    first = session.job.assessments()[0]
    threshold = first.threshold("normal-quantile", "image", false_positive_rate=0.01).value
    decided = first.confusion(threshold, "image")
    table = test.dataframe[0].value
    assert table["Found"][0] == decided.true_positives
    assert table["Missed"][0] == decided.false_negatives
    assert table["False alarms"][0] == decided.false_positives
    assert "defective images" in texts(test)
    session.view.choose("PCA", "pixel", manual(float(first.image_scores.min())))
    before = (table["Found"][0], table["False alarms"][0])
    table = test.run().dataframe[0].value
    assert (table["Found"][0], table["False alarms"][0]) == before
    session.view.choose("PCA", "image", manual(float(first.image_scores.min())))
    test.run()
    table = test.dataframe[0].value
    assert (table["Found"][0], table["False alarms"][0]) == (2, 2)
    session.view.thresholds.clear()


def test_decided_masks_are_drawn_after_post_processing(session: Session) -> None:
    test = page(compare, session)
    (view,) = components(test)
    assert [row["decisions"] for row in view["rows"]] == [[], [], [], []]
    assert session.job is not None
    scores = session.job.assessments()[0].result.maps[2]
    inside = scores[30:34, 30:34].min()
    session.view.choose("PCA", "pixel", manual(float(inside)))
    test.number_input(key="processing.border").set_value(30).run()
    (view,) = components(test)
    assert [len(row["decisions"]) for row in view["rows"]] == [2, 2, 2, 2]
    (picture,) = decided_masks(
        Gallery(session.job.data),
        tuple(shown_methods(session, session.job, ThresholdChoice()))[:1],
        2,
        64,
        PostProcessing(border=30),
    )
    decided = np.asarray(Pillow.open(io.BytesIO(picture))) > 0
    expected = np.zeros((64, 64), dtype=bool)
    expected[30:34, 30:34] = True
    assert (decided == expected).all()
    session.view.thresholds.clear()


def test_curves_of_all_methods(session: Session) -> None:
    test = page(compare, session)
    test.segmented_control(key="compare.view").select("Curves").run()
    assert not test.exception
    specs = [chart.proto.spec for chart in test.get("plotly_chart")]
    assert len(specs) == 5
    assert "PCA coarse (" in specs[0]
    kinds = test.table[0].value
    assert list(kinds["Kind"]) == ["good", "square"]
    assert session.job is not None
    flags = shown_methods(session, session.job, ThresholdChoice())[0].flags
    assert kinds["PCA"].iloc[1].startswith(f"{flags[2:].sum()} of 2 (")


def test_methods_and_axis_are_chosen_for_all_curves_at_once(session: Session) -> None:
    test = page(compare, session, {"compare.view": "Curves", "compare.axis": "logarithmic"})
    test.button_group(key="compare.plotted").set_value(["PCA"]).run()
    assert not test.exception
    drawn = [json.loads(chart.proto.spec) for chart in test.get("plotly_chart")]
    logarithmic = {
        figure["layout"]["title"]["text"]
        for figure in drawn
        if figure["layout"]["xaxis"].get("type") == "log"
    }
    assert logarithmic == {"ROC, pixels", "ROC, images", "PRO"}
    for figure in drawn:
        assert hidden_in(figure) == {"1"}


def hidden_in(figure: dict[str, Any]) -> set[str]:
    """The methods whose curves are hidden, by their groups; their names stay in the legend."""
    return {one["legendgroup"] for one in figure["data"] if one.get("visible") == "legendonly"}


def test_a_name_in_a_legend_hides_a_method_in_all_plots_until_it_is_pressed_again(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stays hidden when a threshold is changed."""
    test = page(compare, session, {"compare.view": "Curves"})
    for expected in ({"0"}, set()):
        pressed = {"compare.plotted": test.session_state["compare.plotted"]}
        with monkeypatch.context() as patched:
            patched.setattr("streamlit.session_state", pressed)
            curves_view._toggle("PCA")
        test.session_state["compare.plotted"] = pressed["compare.plotted"]
        test.number_input(key="threshold.rate").set_value(5.0 + len(expected)).run()
        drawn = [json.loads(chart.proto.spec) for chart in test.get("plotly_chart")]
        assert [hidden_in(figure) for figure in drawn] == 5 * [expected]
    assert not test.exception


def test_variants_differ_in_one_parameter_beside_their_cost(session: Session) -> None:
    test = page(compare, session, {"compare.view": "Cost"})
    assert not test.exception
    table = test.dataframe[1].value
    assert list(table["Method"]) == ["PCA", "PCA coarse"]
    params = [name for name in table.columns if name not in ("Method", "Image AUROC")]
    assert len(params) == 1 + 3
    assert table[params[0]][1] == "0.5"


def test_image_scores(session: Session) -> None:
    test = page(compare, session)
    test.segmented_control(key="compare.view").select("Image scores").run()
    assert not test.exception
    assert len(test.get("plotly_chart")) == 2
    decisions = test.table[0].value
    assert session.job is not None
    for row, assessment in enumerate(session.job.assessments()):
        chosen = assessment.threshold("normal-quantile", "image", false_positive_rate=0.01).value
        confusion = assessment.confusion(chosen, "image")
        assert decisions["Defective images found"].iloc[row] == f"{confusion.true_positives} of 2"
        assert decisions["Normal images flagged"].iloc[row] == f"{confusion.false_positives} of 2"
        assert decisions["Defect regions found"].iloc[row] == "100 %"


def test_working_points_of_a_method_beside_raw_pixels(session: Session) -> None:
    test = page(compare, session)
    test.segmented_control(key="compare.view").select("Working points").run()
    test.selectbox(key="points.method").select("PCA coarse").run()
    assert not test.exception
    specs = [chart.proto.spec for chart in test.get("plotly_chart")]
    assert "Distance from normal: PCA coarse" in specs[0]
    assert "Distance from normal: Raw pixels" in specs[1]
    table = test.table[0].value
    assert session.job is not None
    points = session.job.assessments()[1].working_points
    assert [text[:2] for text in table["Threshold"]] == ["T1", "T2", "T3", "T4", "T5", "T6"]
    assert list(table["Value"]) == [f"{point.threshold:.4g}" for point in points]
    assert list(table["AUC"]) == [f"{point.decision.area:.3f}" for point in points]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (small_set(masks=False), "No Pixel AUROC, AUPRO to FPR 0.3: no defective pixel."),
        (small_set(masks=False, kinds=False), "no pixel with known ground truth"),
    ],
    ids=["no masks", "no labels"],
)
def test_without_truth_there_are_heatmaps_and_a_reason(data: DataSet, sentence: str) -> None:
    session = compared(data)
    test = page(compare, session)
    assert not test.exception
    assert sentence in texts(test)
    assert "Pixel AUROC" not in test.dataframe[0].value.columns
    (view,) = components(test)
    assert len(view["rows"]) == 4
    test.segmented_control(key="compare.view").select("Curves").run()
    assert not test.exception
    assert "No ROC curve of pixels" in texts(test)


def test_a_single_test_image() -> None:
    whole = small_set()
    session = compared(DataSet("one", whole.normal, whole.test[2:3]))
    test = page(compare, session)
    assert not test.exception
    assert "No Image AUROC: no normal test image." in texts(test)
    (view,) = components(test)
    assert len(view["rows"]) == 1


def test_a_method_that_fails_says_why_and_the_rest_goes_on() -> None:
    whole = small_set()
    small = Picture("train/small.png", GOOD, lambda: normal_image(9)[:20, :20])
    session = quick_session(replace(whole, normal=(*whole.normal, small)))
    session.methods.chosen[0].params = {**session.methods.chosen[0].params, "window": 32}
    session.start()
    assert session.job is not None
    assert session.job.wait(60)
    test = page(compare, session)
    assert "PCA failed:" in texts(test).replace("**", "")
    assert list(test.dataframe[0].value["Method"]) == ["PCA coarse"]


def test_no_rule_without_labels_falls_back_with_a_sentence() -> None:
    session = compared(small_set(masks=False, kinds=False))
    test = page(compare, session)
    test.selectbox(key="threshold.rule").select("best-f1").run()
    assert not test.exception
    assert "PCA, PCA coarse: this rule sets no threshold of pixels (" in texts(test)
    assert session.job is not None
    with pytest.raises(Undefined):
        session.job.assessments()[0].threshold("best-f1", "pixel", false_positive_rate=0.01)


def test_what_broke_inside_is_told_without_a_traceback(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("dashboard.pages.compare.results_table", fail)
    test: AppTest = page(compare, session)
    assert not test.exception
    assert "could not be shown because of an internal error" in texts(test)
    assert "secret detail" not in texts(test)


def test_the_next_comparison_begins_on_its_first_page() -> None:
    whole = small_set()
    session = compared(DataSet("many", whole.normal, whole.test * 4))
    test = page(compare, session)
    test.pagination(key="compare.page").set_value(3).run()
    (view,) = components(test)
    assert len(view["rows"]) == 4
    session.images.use(DataSet("fewer", whole.normal, whole.test * 2))
    session.start()
    assert session.job is not None
    assert session.job.wait(60)
    test.run()
    assert not test.exception
    (view,) = components(test)
    assert len(view["rows"]) == 6
    assert all(row["defective"] for row in view["rows"][:4])


def test_without_normal_images_thresholds_come_from_the_test_scores() -> None:
    data = replace(small_set(), normal=())
    waiting = quick_session(data)
    params = {**QUICK, "dimensions": 12, "budget": 500}
    waiting.methods.chosen = [
        Chosen(1, "mutual-scoring", "Mutual", params),
        Chosen(2, "pca-residual", "PCA", dict(QUICK)),
    ]
    session = compared(data, waiting)
    test = page(compare, session)
    assert not test.exception
    assert "pca-residual needs at least one normal image to train on." in texts(test)
    rule = test.selectbox(key="threshold.rule")
    assert rule.value == "test-spread"
    assert rule.options[1] == "Share of the test scores"
    assert "Set on the test scores without labels" in texts(test)
    (view,) = components(test)
    assert session.job is not None
    (assessment,) = session.job.assessments()
    assert view["methods"][0]["threshold"] == assessment.threshold("test-spread", "pixel").value
    for view_name, said in (
        ("Calibration", "no false positive rate can be set or checked"),
        ("Working points", "no normal images, on which the working points are set"),
        ("Image scores", ""),
    ):
        shown = page(compare, session, {"compare.view": view_name})
        assert not shown.exception
        assert said in texts(shown)
