"""What the benchmarks print can be read by a program."""

import json
from pathlib import Path

import pytest

from benchmarks import accuracy, calibration
from images.dataset import DataSet
from tests.evaluation.synthetic import data_set


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


def test_measured_rows_are_kept_and_used_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured = []

    def judge(data: DataSet, method: str, seed: int) -> accuracy.Row:
        measured.append((method, seed))
        return accuracy.Row(method, {"image_auroc": f"0.9{seed}"}, ("1.0", "0.1", "5", "2"))

    monkeypatch.setattr(accuracy, "judge", judge)
    data = DataSet("set", (), ())
    first = [accuracy.kept_row(tmp_path, data, "padim", seed) for seed in (0, 1)]
    again = [accuracy.kept_row(tmp_path, data, "padim", seed) for seed in (0, 1)]
    assert first == again
    assert measured == [("padim", 0), ("padim", 1)]
