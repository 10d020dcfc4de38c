"""What the benchmarks print can be read by a program."""

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks import (
    accuracy,
    calibration,
    contamination,
    digits,
    mutual_scoring,
    open_set,
    small_sets,
    suites,
    tuning,
)
from evaluation.suites.suite import read_suite
from tests.evaluation.synthetic import data_set, noise


def test_the_worst_ratio_is_the_farthest_from_one_either_way() -> None:
    rows = [
        {"wanted": 0.01, "found_pixels": 0.03},
        {"wanted": 0.1, "found_pixels": 0.02},
        {"wanted": 0.1, "found_pixels": None},
    ]
    assert calibration.worst_ratio(rows) == pytest.approx(0.2)
    assert calibration.worst_ratio(rows[:1]) == pytest.approx(3)
    assert calibration.worst_ratio([{"wanted": 0.01, "found_pixels": 0.0}]) == pytest.approx(0.01)
    assert calibration.worst_ratio([]) is None


def test_calibration_ends_with_a_line_of_json(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(calibration, "data_sets", lambda folder: [data_set(normal=6, good=4)])
    calibration.main(["--methods", "pca-residual"])
    facts = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert [row["wanted"] for row in facts["rows"]] == [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2]
    assert {row["set"] for row in facts["rows"]} == {"squares"}
    found = [row["found_pixels"] for row in facts["rows"]]
    assert found == sorted(found)
    assert facts["worst_ratio"] > 0


def test_rows_of_earlier_versions_are_shown_beside_what_was_not_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    earlier = {
        "method": "padim",
        "metrics": {"image_auroc": "0.9974", "aupro": "-", "found_pixels": "1.20%"},
        "costs": ["10.1", "0.099", "243", "0.4"],
        "failure": "",
    }
    (tmp_path / "brick padim 0.json").write_text(json.dumps(earlier))
    monkeypatch.setattr(accuracy, "RESULTS", tmp_path / "RESULTS.md")
    given = ["--rows", str(tmp_path), "--sets", "brick", "--methods", "padim,sparse-coding"]
    accuracy.main([*given, "--kept", "--write"])
    lines = (tmp_path / "RESULTS.md").read_text().splitlines()
    assert "| padim | 0.9974 / - |" in lines
    assert "| sparse-coding | not measured |" in lines
    row = "| padim | 0.9974 | - | - | 1.20% | - | 10.1 | 0.099 | 243 | 0.4 |"
    assert row in lines
    assert row in capsys.readouterr().out


def test_half_of_the_images_of_a_digit_are_learned_from() -> None:
    normal, test, anomalous = digits.divided(3)
    assert len(normal) == 92
    assert len(test) == 1797 - 92
    assert anomalous.sum() == 1797 - 183
    assert normal[0].shape == (8, 8)
    assert max(image.max() for image in normal) == 1


def test_the_table_of_digits_has_means_of_those_that_look_alike() -> None:
    figures = [
        digits.Figure("a", digit, auroc, 1.0) for digit, auroc in ((0, 0.5), (1, 0.7), (2, 0.9))
    ]
    assert digits.table(figures).splitlines()[-3:] == [
        "| mean | 0.7000 |",
        "| mean of 0, 1, 8 | 0.6000 |",
        "| mean of the others | 0.9000 |",
    ]


def test_two_digits_beside_the_peer(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given = {digit: digits.divided(digit) for digit in (0, 6)}
    fewer = {
        digit: (normal, test[::12], anomalous[::12])
        for digit, (normal, test, anomalous) in given.items()
    }
    monkeypatch.setattr(digits, "divided", fewer.__getitem__)
    quick = {"steps": 60, "pretraining": 0, "whole_side": 8, "width": 8}
    digits.main(["--digits", "0,6", "--methods", "deep-svdd", "--params", json.dumps(quick)])
    figures = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert [(row["method"], row["digit"]) for row in figures] == [
        (digits.PEER, 0),
        ("deep-svdd", 0),
        (digits.PEER, 6),
        ("deep-svdd", 6),
    ]
    assert min(row["auroc"] for row in figures) > 0.9


def test_four_digits_are_held_back_and_the_others_are_divided() -> None:
    """60 % of the images of the six known digits are for training."""
    images, classes = open_set.digits()
    split, held_back = open_set.divided(images, classes, 3)
    known = len(classes) - sum(each in held_back for each in classes)
    assert len(held_back) == len(set(held_back)) == 4
    assert len(split.training) == round(0.6 * known)
    assert not set(split.classes) & set(held_back)
    assert {each for each, unknown in zip(split.truth, split.unknown, strict=True) if unknown} == {
        *held_back
    }
    assert len(split.training) + len(split.test) == len(images)


def test_the_means_of_open_set_recognition() -> None:
    rows = [
        open_set.Row("digits", number, ("1",), accuracy, {"energy": area}, 1.0)
        for number, (accuracy, area) in enumerate([(0.9, 0.8), (1.0, 0.6)])
    ]
    assert open_set.means(rows) == {
        "digits": {"accuracy": pytest.approx(0.95), "energy": pytest.approx(0.7)}
    }
    assert open_set.table(rows).splitlines()[-1] == "| digits | 0.9500 | 0.7000 |"


def tuning_row(taken: bool) -> dict[str, object]:
    """Painted and real areas of three settings; the second is best on painted defects."""
    return {
        "set": "squares",
        "method": "padim",
        "best": 1,
        "taken": taken,
        "settings": [
            {
                "painted": painted,
                "pooled": 0.5,
                "kinds": dict.fromkeys(tuning.KINDS, 0.5),
                "real": {"pixel": real, "image": None},
            }
            for painted, real in ((0.6, 0.90), (0.8, 0.92), (0.7, 0.95))
        ],
    }


def test_tuning_is_summed_up_by_ranks_and_by_what_is_won() -> None:
    """Ranks 1, 3, 2 and 1, 2, 3 have the rank correlation 1 - 6 * 2 / (3 * 8) = 0.5."""
    found = tuning.summary([tuning_row(True), tuning_row(False)])
    assert found["spearman"] == pytest.approx(0.5)
    assert found["spearman_image"] is None
    assert set(found["spearman_by_kind"].values()) == {None}
    assert (found["taken"], found["of"]) == (1, 2)
    assert found["gain_when_taken"] == pytest.approx(0.02)
    assert found["gain_by_rule"] == pytest.approx(0.01)
    assert found["gain_of_best_painted"] == pytest.approx(0.02)
    assert found["gain_of_best_real"] == pytest.approx(0.05)
    assert [row["tuned"] for row in found["rows"]] == [0.92, 0.90]


def test_settings_of_the_tuning_benchmark_begin_with_the_default() -> None:
    settings = list(tuning.some_settings("padim", 4, 0))
    assert settings[0]["smoothing"] == 4.0
    assert len({str(one) for one in settings}) == 4
    assert settings == list(tuning.some_settings("padim", 4, 0))


def test_defective_images_are_mixed_into_nine_times_as_many_normal_ones() -> None:
    """A tenth of both together: 5 of 8 defective ones to 45 normal ones, 2 of 2 to 18."""
    pictures = data_set(normal=45, defective=8)
    normal, bad = contamination.training(pictures.normal, pictures.test[2:], 0.1)
    assert (len(normal), len(bad)) == (45, 5)
    normal, bad = contamination.training(pictures.normal, pictures.test[-2:], 0.1)
    assert (len(normal), len(bad)) == (18, 2)
    assert {picture.kind for picture in bad} == {"square"}


def test_what_trimming_wins_back() -> None:
    """The cost is 0.2 and 0.15 of it is won back; where nothing was lost there is no part."""
    row = contamination.Row(
        "a", "padim", 9, 1, {"x": 0.9, "y": 0.5}, {"x": 0.7, "y": 0.6}, {"x": 0.85, "y": 0.6}
    )
    assert row.won_back("x") == pytest.approx(0.75)
    assert row.won_back("y") is None


def test_contamination_both_ways() -> None:
    row = contamination.measure(data_set(normal=9, defective=2), "padim", 0.1, 0.2)
    assert (row.normal, row.mixed_in) == (9, 1)
    assert set(row.clean) == set(row.mixed) == set(row.trimmed) == {*contamination.METRICS}
    assert row.clean["pixel_auroc"] > 0.9


def test_copies_of_images_differ() -> None:
    """Eight of each of three images, and the first ones shifted."""
    clock = mutual_scoring.Clock()
    images = mutual_scoring.copies([noise(seed) for seed in range(3)], 26, 32, clock)
    assert len({image.tobytes() for image in images}) == 26
    assert {image.shape for image in images} == {(32, 32)}
    assert clock.wall_s() >= 0


def test_small_sets_are_a_suite(tmp_path: Path) -> None:
    suite = read_suite(small_sets.write_suite(tmp_path, ["gravel", "digits"], ["padim"], 2))
    assert [source.name for source in suite.sets] == ["gravel", "digits"]
    assert suite.seeds == (0, 1)
    gravel, digits_set = (source.open() for source in suite.sets)
    assert (len(gravel.normal), len(gravel.test)) == (6, 6)
    assert gravel.normal[0].read().shape == (96, 96)
    masks = [picture.mask() for picture in gravel.test if picture.defective()]
    assert len(masks) == 3
    assert all(mask is not None and mask.any() for mask in masks)
    assert sum(bool(picture.defective()) for picture in digits_set.test) == 3


def test_runs_of_a_suite_are_compared() -> None:
    """Ten seconds against five are twice as fast; the busier of two workers had four."""
    same = {("a", "padim", 0): {"pixel_auroc": 0.9}}
    other = {("a", "padim", 0): {"pixel_auroc": np.nextafter(0.9, 1.0)}}
    found = suites.compared(
        {
            "one": suites.Timed(10.0, [8.0], same, 0, {}),
            "two": suites.Timed(5.0, [4.0, 3.0], same, 0, {}),
            "dask": suites.Timed(8.0, [4.0, 4.0], other, 0, {}),
        }
    )
    assert found["units"] == 1
    assert found["two_wall_ratio"] == found["two_processor_ratio"] == 2.0
    assert (found["two_same"], found["dask_same"]) == (True, False)
