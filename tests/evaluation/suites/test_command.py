"""Options of the command line that suites do not take, and what a folder is compared with."""

from pathlib import Path

import pytest

from evaluation.arguments import parser
from evaluation.command import main
from evaluation.suites import command
from evaluation.suites.suite import all_methods
from tests.evaluation.suites.made import write_sets, write_suite


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_suite(tmp_path_factory.mktemp("suite"), "a")


@pytest.mark.parametrize(
    "option",
    [
        ["--tuned", "found"],
        ["--image-score", "mean"],
        ["--top-share", "0.2"],
        ["--smoothing", "1"],
        ["--pro-limit", "0.1"],
        ["--fpr", "0.1"],
        ["--calibration-seconds", "9"],
        ["--shots", "1"],
        ["--draws", "2"],
        ["--report", "a.html"],
    ],
)
def test_options_of_one_set_are_refused(
    file: Path, option: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    for data in ([str(file)], [str(file.parent / "data"), "--suite"]):
        assert main([*data, *option, "--out", str(file.parent / "out")]) == 2
        assert capsys.readouterr().err == (
            f"{option[0]} applies to one data set, not to a suite.\n"
        )
    assert not (file.parent / "out").exists()


def test_the_seeds_of_a_file_are_in_it(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(file), "--seed", "3", "--out", str(file.parent / "out")]) == 2
    assert "--seed applies to a folder; write it into " in capsys.readouterr().err


def test_a_suite_is_not_tuned(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(file), "--out", str(file.parent / "out")], tune=True) == 2
    assert capsys.readouterr().err == "tune searches on one data set, not on a suite.\n"


@pytest.mark.parametrize("option", [["--seeds", "0,1"], ["--retry-failed"]])
def test_options_of_suites_are_refused_on_one_set(
    option: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--samples", "brick", *option]) == 2
    assert capsys.readouterr().err == f"{option[0]} applies to a suite, not to one data set.\n"


def test_a_folder_is_compared_with_all_methods_that_need_no_classes(tmp_path: Path) -> None:
    write_sets(tmp_path, "one")
    suite = command._suite(parser("").parse_args([str(tmp_path), "--suite"]))
    assert [one.label for one in suite.variants] == [one.label for one in all_methods()]
