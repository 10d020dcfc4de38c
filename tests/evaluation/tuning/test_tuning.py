"""A whole search on tiny images: what is judged, what is written, and the command line."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evaluation.assessment import assess
from evaluation.command import main
from evaluation.comparison.comparison import Comparison, Variant
from evaluation.comparison.tuned import Estimate, Tuned
from evaluation.metrics.uncertainty import Interval
from evaluation.report.html import html_report
from evaluation.report.tables import results_json
from evaluation.report.tuned import tuned_sentences
from evaluation.tuning import command
from evaluation.tuning.result import Budget, MethodTuning, OnTest, open_tuning, sentence
from evaluation.tuning.tuning import TuningPlan, tune
from images.dataset import DataSet
from tests.evaluation.synthetic import data_set
from tests.evaluation.tuning.test_validation import untouchable

QUICK = {"features": "raw patches", "window": 5, "stride": 2}
TUNED = Tuned(
    "pixel_auroc",
    "63 painted defects",
    20,
    300.0,
    Estimate(0.934, Interval(0.92, 0.95, 27)),
    Estimate(0.951, Interval(0.94, 0.96, 27)),
    Interval(0.01, 0.03, 27),
    True,
)


def test_methods_are_tuned_in_turn_and_written_down(tmp_path: Path) -> None:
    plan = TuningPlan(Budget(2, 5), kinds=("stain", "hole"), per_kind=2)
    variants = [Variant("pca-residual", QUICK), Variant("mutual-scoring")]
    data = untouchable(data_set(normal=6))
    told: list[float] = []
    heard: list[MethodTuning] = []
    tuning = tune(
        data,
        variants,
        tmp_path,
        plan,
        on_event=lambda event: told.append(event.fraction),
        on_result=heard.append,
    )
    assert list(tuning.methods) == heard
    assert [len(method.trials) for method in heard] == [2, 0]
    assert heard[0].tuned is not None
    assert heard[0].tuned.judged_on == "12 painted defects (stain, hole)"
    assert heard[0].tuned.default.interval is not None
    assert heard[0].tuned.default.interval.images == 12 + 2
    assert "is not trained on normal images, so it is not tuned" in heard[1].failure
    assert told == sorted(told)
    assert open_tuning(tmp_path) == tuning
    again = tune(data, variants[:1], tmp_path, plan)
    assert again.methods[0].trials == heard[0].trials


def test_a_sentence_for_each_outcome() -> None:
    own, test = TUNED, OnTest(Estimate(0.930), Estimate(0.941, Interval(0.9, 0.97, 9)))
    assert sentence(own, "Pixel AUROC", test) == (
        "Pixel AUROC: default 0.934 (0.920 to 0.950), tuned 0.951 (0.940 to 0.960) on 63 painted "
        "defects; on your test images default 0.930, tuned 0.941 (0.900 to 0.970)."
    )
    assert own.words() == "tuned in 20 trials, 5 min, on 63 painted defects"
    kept = Tuned(*(*list(vars(TUNED).values())[:6], Interval(-0.01, 0.04, 27), False))
    assert sentence(kept, "Pixel AUROC").endswith(
        "the difference, -0.010 to +0.040, is within its noise, so the default stays."
    )
    assert kept.words().endswith("on 63 painted defects; the default stayed")


@pytest.fixture
def squares(monkeypatch: pytest.MonkeyPatch) -> DataSet:
    data = data_set(normal=6, good=3, defective=3)
    monkeypatch.setattr("evaluation.command.given_data", lambda options: data)
    return data


METHOD = ["--methods", "pca-residual", *(
    part for name, value in QUICK.items() for part in ("--set", f"pca-residual.{name}={value}")
)]  # fmt: skip
TINY = ["--samples", "brick", *METHOD, "--trials", "3", "--paint", "stain,hole", "--defects", "2"]


def always_better(tuning: Any) -> Any:
    """As if the search had found something."""

    def tuned(*given: Any, **more: Any) -> Any:
        found = tuning(*given, **more)
        method = MethodTuning(found.methods[0].variant, chosen={"smoothing": 2.0}, tuned=TUNED)
        return type(found)(**{**vars(found), "methods": (method,)})

    return tuned


def test_the_command_searches_compares_and_marks(
    squares: DataSet, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(command, "tune", always_better(tune))
    assert main([*TINY, "--out", str(tmp_path)], tune=True) == 0
    shown = capsys.readouterr()
    assert "pca-residual: trial 0, 0." in shown.err
    assert "pca-residual: trial 2, " in shown.err
    assert "pca-residual@tuned: Pixel AUROC: default 0.934 (0.920 to 0.950), tuned" in shown.out
    facts = json.loads((tmp_path / "results.json").read_text())
    assert [method["name"] for method in facts["methods"]] == ["pca-residual", "pca-residual@tuned"]
    assert facts["methods"][0]["tuned"] is None
    assert facts["methods"][1]["tuned"]["trials"] == 20
    assert facts["methods"][1]["params"]["smoothing"] == 2.0
    comparison = Comparison.open(tmp_path)
    assert comparison.results[1].variant.tuned == TUNED
    assessments = [assess(comparison, result) for result in comparison.results]
    text = tuned_sentences(assessments)[0]
    values = [one.metrics.values["pixel_auroc"] for one in assessments]
    assert f"on your test images default {values[0]:.3f} (" in text
    assert f", tuned {values[1]:.3f} (" in text
    assert "tuned in 20 trials, 5 min, on 63 painted defects" in html_report(
        comparison, assessments
    )
    assert json.loads(results_json(comparison, assessments))["methods"][1]["tuned"]["changed"]


def test_set_aside_images_are_not_tested_on_and_the_default_is_marked(
    squares: DataSet, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    aside = ["--set-aside", "square/0.png", "--set-aside", "good/0.png"]
    assert main([*TINY, "--trials", "1", *aside, "--out", str(tmp_path)], tune=True) == 0
    comparison = Comparison.open(tmp_path)
    assert len(comparison.data.test) == len(squares.test) - 2
    tuned = comparison.results[0].variant.tuned
    assert tuned is not None
    assert (tuned.judged_on, tuned.changed, tuned.trials) == ("2 labelled images", False, 1)
    assert "no other setting was better, so the default stays" in capsys.readouterr().out
    assert main(["--samples", "brick", "--tuned", str(tmp_path)]) == 0
    assert "pca-residual@tuned" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["--trials", "0"], "'0'; expected a whole number from 1"),
        (["--minutes", "x"], "'x'; expected a number above 0"),
        (["--paint", "dent"], "'dent'; expected some of scratch,blob"),
        (["--methods", "mutual-scoring"], "None of the methods can be tuned."),
        (["--set-aside", "nowhere"], "'nowhere' is not a folder or the name of test images."),
    ],
)
def test_wrong_arguments_are_named(
    squares: DataSet, given: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--samples", "brick", *given], tune=True) == 2
    assert told in capsys.readouterr().err


def test_tuned_variants_are_not_left_out_where_there_are_no_normal_images(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = [Variant("pca-residual", QUICK, label="pca-residual@tuned", tuned=TUNED)]
    monkeypatch.setattr("evaluation.command.with_tuned", lambda variants, folder: found)
    data = replace(data_set(), name="brick", normal=())
    monkeypatch.setattr("evaluation.given_data.load_sample", lambda name: data)
    assert main(["--samples", "brick", "--tuned", "found"]) == 2
    assert capsys.readouterr().err == (
        "brick has no normal images for training; expected some in a folder train/good or with "
        "the role normal.\n"
    )
