"""Which module may import which, and what must not be loaded before it is used."""

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


MODULES = {
    ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): file
    for layer in LAYERS
    for file in (ROOT / layer).rglob("*.py")
}


def is_lazy(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Name) and call.func.id == "lazily"


def modules_in(statement: ast.AST) -> set[str]:
    """The modules of ours that a statement imports, now or with `lazily`."""
    if isinstance(statement, ast.Import):
        named = {alias.name for alias in statement.names}
    elif isinstance(statement, ast.ImportFrom):
        assert not statement.level, "Imports are written in full."
        named = {f"{statement.module}.{alias.name}" for alias in statement.names}
        named.add(str(statement.module))
    elif isinstance(statement, ast.Call) and is_lazy(statement):
        named = {ast.literal_eval(statement.args[0])}
    else:
        return set()
    return named & MODULES.keys()


def test_a_session_does_not_know_what_draws_it() -> None:
    drawing = ("dashboard.components", "dashboard.pages", "dashboard.navigation")
    wrong = {
        (module, name)
        for module, file in MODULES.items()
        if module.startswith("dashboard.session")
        for statement in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        for name in modules_in(statement)
        if name.startswith(drawing)
    }
    assert not wrong


def circle(imports: dict[str, set[str]]) -> list[str]:
    """Modules of which each imports the next and the last is the first again; none if acyclic."""
    finished: set[str] = set()

    def follow(path: list[str]) -> list[str]:
        for after in sorted(imports[path[-1]] - finished):
            if after in path:
                return [*path[path.index(after) :], after]
            if found := follow([*path, after]):
                return found
        finished.add(path[-1])
        return []

    return next((found for module in sorted(imports) if (found := follow([module]))), [])


def test_a_circle_is_found_behind_modules_without_one() -> None:
    assert circle({"a": {"b"}, "b": {"c", "d"}, "c": set(), "d": {"e"}, "e": {"b"}}) == list("bdeb")
    assert circle({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


def test_no_module_imports_itself_by_way_of_others() -> None:
    """Imports inside functions and those for types alone are counted like all others."""
    imports = {
        module: {
            name
            for statement in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
            for name in modules_in(statement)
        }
        for module, file in MODULES.items()
    }
    assert imports["evaluation.assessment"] >= {"evaluation.comparison.comparison"}
    parts = "methods.detectors.restoration.networks.parts"
    assert imports["methods.detectors.restoration.heavy"] >= {parts}
    assert circle(imports) == []


def named_by(statement: ast.AST) -> dict[str, str]:
    """The modules that an import or a handle made with `lazily` stands for, by their names."""
    match statement:
        case ast.Import(names=names):
            return {alias.asname or alias.name: alias.name for alias in names}
        case ast.ImportFrom(module=module, names=names):
            return {alias.asname or alias.name: f"{module}.{alias.name}" for alias in names}
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as call) if is_lazy(call):
            return {name: ast.literal_eval(call.args[0])}
    return {}


def test_a_handle_loads_the_module_against_which_its_types_are_checked() -> None:
    made, checked = 0, 0
    for module, file in MODULES.items():
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and is_lazy(node):
                made += 1
            if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
                types = {pair for each in node.body for pair in named_by(each).items()}
                handles = {pair for each in node.orelse for pair in named_by(each).items()}
                assert handles <= types, module
                checked += len(handles)
    assert made == checked > 0


def loaded_by(code: str) -> set[str]:
    script = f"{code}; import sys; print(*(name for name in sys.modules if '.' not in name))"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


HEAVY = {
    *("torch", "numba", "sklearn", "skimage", "plotly", "streamlit", "onnxruntime"),
    *("optuna", "sqlalchemy"),
}


@pytest.mark.parametrize(
    "code",
    [
        "import methods.registry; methods.registry.names()",
        "from methods.features.backbones import registry; registry.names()",
        "from evaluation.decisions.thresholds import RULES; RULES.names()",
        "from images.layouts import registry; registry.names()",
        "import evaluation.assessment",
        "import evaluation.command",
        "import dashboard.command",
    ],
)
def test_heavy_packages_wait_until_they_are_used(code):
    assert not loaded_by(code) & HEAVY
