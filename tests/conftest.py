"""What tests run does not count for the estimates of the person who runs them."""

from pathlib import Path

import pytest

from evaluation.comparison import earlier_costs


@pytest.fixture(autouse=True)
def _costs_apart(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A file of costs for each test, which is empty."""

    def folder() -> Path:
        return tmp_path_factory.getbasetemp() / "costs"

    monkeypatch.setattr(earlier_costs, "cache_folder", folder)
    (folder() / earlier_costs.FILE).unlink(missing_ok=True)
