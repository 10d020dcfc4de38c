"""The examples of CONTRIBUTING.md run as they stand there, in a copy of the project."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
COPIED = ("images", "methods", "evaluation", "tests", "pyproject.toml")
FILES = dict(
    re.findall(
        r"`([\w/]+\.py)`:\n\n```python\n(.*?)```",
        (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"),
        re.DOTALL,
    )
)
"""What an example is to be saved as, and its text."""
TESTS = [name for name in FILES if name.startswith("tests/")]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with the examples saved in it."""
    folder = tmp_path_factory.mktemp("project")
    for name in COPIED:
        if (ROOT / name).is_dir():
            ignored = shutil.ignore_patterns("__pycache__", "browser")
            shutil.copytree(ROOT / name, folder / name, ignore=ignored)
        else:
            shutil.copy(ROOT / name, folder / name)
    for name, text in FILES.items():
        assert not (ROOT / name).exists()
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def python(project: Path, *arguments: str) -> str:
    """What Python prints when it runs in the copy, and not here."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(project)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_all_examples_are_found() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert len(FILES) == text.count("```python") == 8
    assert len(TESTS) == 4


def test_their_tests_pass(project: Path) -> None:
    assert "5 passed" in python(project, "-m", "pytest", "-q", *TESTS)


def test_they_can_be_chosen_by_name(project: Path) -> None:
    listed = python(project, "-m", "evaluation", "--list")
    for name in (
        "median-distance",
        "gradients",
        "reference-and-inspection",
        "maximum-with-margin",
    ):
        assert re.search(f"^  {name} ", listed, re.MULTILINE)


@pytest.mark.slow
def test_the_detector_holds_to_the_contract(project: Path) -> None:
    contract = "tests/methods/test_contract.py"
    assert " passed" in python(project, "-m", "pytest", "-q", contract, "-k", "median-distance")


def test_they_are_in_the_style_of_the_project(project: Path) -> None:
    for check in (["check"], ["format", "--check"]):
        python(project, "-m", "ruff", *check, *FILES)
