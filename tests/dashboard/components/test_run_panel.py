"""The panel in the sidebar keeps the page up to date with the comparison."""

from collections.abc import Callable
from types import SimpleNamespace

import pytest

from dashboard.components import run_panel
from dashboard.session.view import ViewSettings


@pytest.fixture
def drawn_again(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    again: list[str] = []
    monkeypatch.setattr(run_panel.st, "rerun", lambda: again.append("again"))
    for part in ("_data", "_methods", "run_button", "_outcome"):
        monkeypatch.setattr(run_panel, part, lambda *parts: None)
    return again


def test_a_method_that_finished_while_the_page_was_drawn_is_shown(
    drawn_again: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    job = SimpleNamespace(ended=True, assessments=lambda: ("first", "second"))
    mine = SimpleNamespace(job=job, view=ViewSettings(results_shown=1))
    monkeypatch.setattr(run_panel, "session", lambda: mine)
    run_panel.show()
    assert drawn_again == ["again"]
    run_panel.show()
    assert drawn_again == ["again"]


def test_a_comparison_that_waits_is_looked_at_less_often(
    drawn_again: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[float] = []

    def fragment(draw: Callable[..., None], run_every: float) -> Callable[..., None]:
        looks.append(run_every)
        return lambda *given: None

    job = SimpleNamespace(ended=False, ahead=1)
    monkeypatch.setattr(run_panel, "session", lambda: SimpleNamespace(job=job))
    monkeypatch.setattr(run_panel.st, "fragment", fragment)
    run_panel.show()
    job.ahead = 0
    run_panel.show()
    assert looks == [run_panel.WAITING_SECONDS, run_panel.REFRESH_SECONDS]
