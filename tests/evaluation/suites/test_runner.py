"""Running suites: serial and in processes, stopped and resumed, with sets and methods that fail."""

import csv
import random
import subprocess
import sys
import time
from collections.abc import Mapping
from concurrent.futures import Executor, Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evaluation.command import main
from evaluation.suites.rows import COSTS, Row, read_row, read_rows, write_row
from evaluation.suites.runner import run_suite
from evaluation.suites.suite import SetSource, Suite, read_suite
from tests.evaluation.suites.made import write_sets, write_suite

ROOT = Path(__file__).parents[3]


class Here(Executor):
    """Runs everything at once, in this process."""

    def __init__(self) -> None:
        self.count = 0

    def submit(self, function: Any, /, *args: Any, **options: Any) -> "Future[Any]":
        self.count += 1
        future: Future[Any] = Future()
        future.set_result(function(*args, **options))
        return future


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_suite(tmp_path_factory.mktemp("suite"), "a", "b")


@pytest.fixture(scope="module")
def serial(file: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Row]:
    return run_suite(read_suite(file), tmp_path_factory.mktemp("serial"), Here())


def found(row: Row) -> tuple[Any, ...]:
    """All of a row but what it cost."""
    return row.set, row.method, row.seed, row.metrics, row.failure, row.settings


def table(path: Path) -> list[Mapping[str, str]]:
    """The lines of a table without costs."""
    with path.open() as opened:
        lines = list(csv.DictReader(opened))
    return [{head: cell for head, cell in line.items() if head not in COSTS} for line in lines]


def test_every_method_has_a_row_on_every_set_with_every_seed(serial: list[Row]) -> None:
    assert [(row.set, row.method, row.seed) for row in serial] == [
        (name, method, seed)
        for name in "ab"
        for method in ("pca", "mixture", "large")
        for seed in (0, 1)
    ]
    failures = {row.method: row.failure for row in serial if row.failure}
    assert list(failures) == ["large"]
    assert "smaller than a patch of 64 x 64" in failures["large"]
    good = [row for row in serial if not row.failure]
    assert all(row.metrics["pixel_auroc"] > 0.9 for row in good)  # type: ignore[operator]
    assert all(row.costs["fit_seconds"] > 0 for row in good)


def test_what_is_there_is_not_run_again(file: Path, serial: list[Row], tmp_path: Path) -> None:
    suite, here, said = read_suite(file), Here(), list[str]()
    (tmp_path / "rows").mkdir()
    for row in serial[:5]:
        write_row(tmp_path / "rows", row)
    rows = run_suite(suite, tmp_path, here, tell=said.append)
    assert here.count == 12 - 5
    assert list(map(found, rows)) == list(map(found, serial))
    assert said[0] == "5 results are there already."
    assert "12 of 12: " in said[-1]
    assert list(map(found, read_rows(tmp_path / "rows"))) == sorted(
        map(found, serial), key=lambda row: row[:3]
    )
    assert {path.name for path in tmp_path.iterdir()} == {"rows", "suite.json"}
    again = Here()
    run_suite(suite, tmp_path, again)
    assert again.count == 0
    run_suite(suite, tmp_path, again, retry_failed=True)
    assert again.count == 4


def test_a_row_of_other_settings_is_not_used(file: Path, tmp_path: Path) -> None:
    suite = read_suite(file)
    suite = replace(suite, variants=suite.variants[:1], sets=suite.sets[:1], seeds=(0,))
    run_suite(suite, tmp_path, Here())
    here = Here()
    changed = replace(suite.variants[0], params={**suite.variants[0].params, "stride": 1})
    run_suite(replace(suite, variants=(changed,)), tmp_path, here)
    assert here.count == 1


def test_a_method_that_is_not_calibrated_has_the_same_metrics(
    file: Path, serial: list[Row], tmp_path: Path
) -> None:
    suite = replace(read_suite(file), seeds=(0,), uncalibrated=frozenset({"pca", "large"}))
    rows = run_suite(replace(suite, sets=suite.sets[:1]), tmp_path, Here())
    calibrated = {row.method: row for row in serial if row.set == "a" and row.seed == 0}
    for row in rows:
        other = calibrated[row.method]
        assert row.failure == other.failure
        assert {**other.metrics, "found_pixels": None, "found_images": None} == {
            **row.metrics,
            "found_pixels": None,
            "found_images": None,
        }
    assert rows[0].metrics["found_pixels"] is None
    assert rows[0].costs.keys() == COSTS.keys()


def test_a_set_that_cannot_be_opened_fails_its_methods_alone(file: Path, tmp_path: Path) -> None:
    suite = read_suite(file)
    gone = SetSource("gone", tmp_path / "nowhere")
    suite = Suite("s", (gone, suite.sets[0]), suite.variants[:1])
    rows = run_suite(suite, tmp_path / "out", Here())
    assert rows[0].failure.endswith("nowhere does not exist; expected a folder or a ZIP archive.")
    assert not rows[1].failure
    assert read_row(tmp_path / "out" / "rows", "gone", "pca", 0) is None


def test_names_of_rows_are_safe_and_differ(tmp_path: Path) -> None:
    names = ["../up", "..-up", "a/b", "a b", "x" * 300]
    for name in names:
        write_row(tmp_path, Row(name, name, 0))
    assert [read_row(tmp_path, name, name, 0).set for name in names] == names  # type: ignore[union-attr]
    assert len(list(tmp_path.iterdir())) == len(names)


@pytest.mark.slow
def test_two_processes_give_the_same_table_after_a_kill_at_a_random_moment(
    file: Path, serial: list[Row], tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "evaluation", str(file), "--out", str(tmp_path)]
    command += ["--processes", "2"]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL) as killed:
        rows = tmp_path / "rows"
        while not rows.is_dir() or not list(rows.glob("*.json")):
            assert killed.poll() is None
            time.sleep(0.01)
        time.sleep(random.uniform(0, 1))
        killed.kill()
    done = len(read_rows(rows))
    assert done >= 1
    assert main([str(file), "--out", str(tmp_path)]) == 1  # since one method fails
    assert list(map(found, read_rows(rows))) == sorted(map(found, serial), key=lambda row: row[:3])
    lines = table(tmp_path / "results.csv")
    assert [line["pixel_auroc"] for line in lines] == [
        "" if row.failure else repr(row.metrics["pixel_auroc"]) for row in serial
    ]


def test_a_folder_is_a_suite_only_when_that_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_sets(tmp_path / "data", "a", "b")
    methods = ["--methods", "pca-residual", "--set", "pca-residual.features=raw patches"]
    methods += ["--set", "pca-residual.window=5"]
    assert main([str(tmp_path / "data"), *methods]) == 2
    assert "or run all of them with --suite." in capsys.readouterr().err
    assert main([str(tmp_path / "data"), *methods, "--suite"]) == 2
    assert "A suite needs --out DIR" in capsys.readouterr().err
    out = tmp_path / "out"
    assert main([str(tmp_path / "data"), *methods, "--suite", "--out", str(out)]) == 0
    said = capsys.readouterr()
    assert "data is read as a suite: 1 method on 2 data sets with 1 seed, 2 results." in said.err
    assert "Image AUROC, mean rank and mean over 2 sets" in said.out
    assert len(table(out / "results.csv")) == 2
    assert (out / "leaderboard.md").read_text().startswith("# data\n")
    assert main([str(tmp_path / "x.toml"), *methods, "--out", str(out)]) == 2
    assert "--methods applies to a folder; write it into " in capsys.readouterr().err
