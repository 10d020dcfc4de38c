"""How suites are read, and what is said of one that is wrong."""

from pathlib import Path

import pytest

from evaluation.comparison.comparison import Variant
from evaluation.suites.suite import SuiteError, folder_suite, read_suite
from tests.evaluation.suites.made import write_sets, write_suite


def test_a_file_is_read(tmp_path: Path) -> None:
    suite = read_suite(write_suite(tmp_path, "a", "b"))
    assert [source.name for source in suite.sets] == ["a", "b"]
    assert [variant.label for variant in suite.variants] == ["pca", "mixture", "large"]
    assert suite.text == (
        "squares is read as a suite: 3 methods on 2 data sets with 2 seeds, 12 results."
    )
    assert len(suite.sets[1].open().test) == 4


def test_sets_of_all_kinds(tmp_path: Path) -> None:
    write_sets(tmp_path, "one", "deep/bottle", "deep/cable")
    (tmp_path / "suite.toml").write_text(
        'methods = ["padim"]\n'
        "sets = [{sample = 'brick'}, {sample = 'brick', name = 'wall'}, {path = 'one'},\n"
        "        {path = 'deep', part = 'bottle', roles = {'bottle/test/good' = 'not-used'}}]\n"
    )
    suite = read_suite(tmp_path / "suite.toml")
    assert [source.name for source in suite.sets] == ["brick", "wall", "one", "bottle"]
    assert suite.sets[1].open().name == "wall"
    assert {picture.kind for picture in suite.sets[3].open().test} == {"square"}
    assert (suite.seeds, suite.threads, suite.memory_mb) == ((0,), 1, None)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("methods = [", "is not valid TOML: "),
        ("sets = [{sample = 'brick'}]", "is wrong at methods: Field required."),
        ("methods = ['padim']\nsets = [{}]", "sets.0: expected exactly one of sample, path and"),
        ("methods = ['padim']\nsets = [{sample = 'wood'}]", "There is no sample 'wood'; choose"),
        ("methods = ['padim']\nsets = [{folder = 'nowhere'}]", "nowhere cannot be read: No such"),
        (
            "methods = ['padim', 'padim']\nsets = [{sample = 'brick'}]",
            "suite has two methods with the name 'padim'.",
        ),
        ("methods = ['padi']\nsets = [{sample = 'brick'}]", "padi"),
        ("methods = ['padim']\nsets = [{sample = 'brick'}]\nseed = 3", "at seed: Extra inputs"),
        ("methods = ['padim']\nsets = [{sample = 'brick'}]\nseeds = [1, 1]", "seeds from 0 that"),
        (
            "methods = [{detector = 'padim', param = {}}]\nsets = [{sample = 'brick'}]",
            "is wrong at methods.0.param: Extra inputs are not permitted.",
        ),
        (
            "methods = [{detector = 'padim', params = {stage = 3}}]\nsets = [{sample = 'brick'}]",
            "stage",
        ),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "suite.toml").write_text(text)
    with pytest.raises(Exception) as raised:  # noqa: PT011 -- of several kinds
        read_suite(tmp_path / "suite.toml")
    assert said in str(raised.value)


def test_a_folder_of_sets(tmp_path: Path) -> None:
    write_sets(tmp_path, "one", "deep/bottle", "deep/cable")
    (tmp_path / "nothing").mkdir()
    suite = folder_suite(tmp_path, [Variant("padim")], [0])
    assert [source.name for source in suite.sets] == ["deep/bottle", "deep/cable", "one"]
    assert [sentence.partition(".")[0] for sentence in suite.left_out] == ["nothing is not used"]
    with pytest.raises(SuiteError, match="has no data set below it"):
        folder_suite(tmp_path / "nothing", [Variant("padim")], [0])
