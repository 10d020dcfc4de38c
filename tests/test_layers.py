"""Which package may import which, and what must not be loaded before it is used."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

LAYERS = ("images", "methods", "evaluation", "dashboard")
ROOT = Path(__file__).parents[1]


def imported(file: Path) -> set[str]:
    """The top-level packages that a file imports, anywhere in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.partition(".")[0])
    return names


@pytest.mark.parametrize("layer", LAYERS)
def test_a_package_imports_only_from_those_to_its_left(layer):
    forbidden = {*LAYERS[LAYERS.index(layer) + 1 :], "app", "tests", "benchmarks"}
    if layer != "dashboard":
        forbidden.add("streamlit")
    wrong = {
        str(file.relative_to(ROOT)): sorted(found)
        for file in (ROOT / layer).rglob("*.py")
        if (found := imported(file) & forbidden)
    }
    assert not wrong


def loaded_by(code: str) -> set[str]:
    script = f"{code}; import sys; print(*(name for name in sys.modules if '.' not in name))"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


HEAVY = {"torch", "numba", "sklearn", "skimage", "plotly", "streamlit", "onnxruntime"}


@pytest.mark.parametrize(
    "code",
    [
        "import methods.registry; methods.registry.names()",
        "import evaluation.assessment",
        "import evaluation.__main__",
    ],
)
def test_heavy_packages_wait_until_they_are_used(code):
    assert not loaded_by(code) & HEAVY
