"""Handles that import their module when it is first used."""

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from methods.lazy import lazily


@pytest.fixture
def slow_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The name of a module that takes a while to import and counts how often that was done."""
    name = "slow_to_import"
    (tmp_path / f"{name}.py").write_text(
        "import sys, time\n"
        "sys.imports_of_slow = getattr(sys, 'imports_of_slow', 0) + 1\n"
        "first = 1\n"
        "time.sleep(0.2)\n"
        "last = 2\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "imports_of_slow", 0, raising=False)
    monkeypatch.delitem(sys.modules, name, raising=False)
    yield name
    sys.modules.pop(name, None)


def test_a_module_is_imported_at_its_first_use(slow_module: str) -> None:
    module = lazily(slow_module)
    assert slow_module not in sys.modules
    assert module.last == 2
    assert module.first == 1
    assert sys.imports_of_slow == 1  # type: ignore[attr-defined]


def test_threads_that_use_a_module_at_once_wait_until_it_is_complete(slow_module: str) -> None:
    module = lazily(slow_module)
    together = Barrier(8)

    def use(_: int) -> int:
        together.wait()
        return module.last

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(use, range(8))) == [2] * 8
    assert sys.imports_of_slow == 1  # type: ignore[attr-defined]


def test_what_a_module_does_not_have_is_named(slow_module: str) -> None:
    with pytest.raises(AttributeError, match=r"slow_to_import.*nothing"):
        _ = lazily(slow_module).nothing


def test_a_module_that_is_not_installed_is_named_at_its_first_use() -> None:
    module = lazily("not_installed_at_all")
    with pytest.raises(ModuleNotFoundError, match="not_installed_at_all"):
        _ = module.anything
