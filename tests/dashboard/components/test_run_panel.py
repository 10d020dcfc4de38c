"""The panel in the sidebar keeps the page up to date with the comparison."""

import json
import re
import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.components import run_panel
from dashboard.session.progress import MethodProgress
from dashboard.session.view import ViewSettings
from evaluation.comparison.comparison import Event
from methods.training.curve import StepNote, TrainingStep, note_of_fold
from tests.dashboard.small import QUICK, page, quick_session, small_set, texts


@pytest.fixture
def drawn_again(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    again: list[str] = []
    monkeypatch.setattr(run_panel.st, "rerun", lambda: again.append("again"))
    for part in ("_data", "_methods", "run_button", "_estimate", "_outcome"):
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


def test_what_is_ahead_may_be_a_search(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    job = SimpleNamespace(ended=False, ahead=2, cancelled=False, progress=list, seconds_left=None)
    monkeypatch.setattr(run_panel.st, "info", lambda text, icon: told.append(text))
    monkeypatch.setattr(run_panel.st, "button", lambda *given, **options: False)
    monkeypatch.setattr(run_panel, "_catch_up", lambda *given: None)
    run_panel._progress(SimpleNamespace(), job, True)
    assert told == ["2 jobs ahead of yours in the job queue. Yours starts automatically."]


def panel() -> None:
    from dashboard.components import run_panel

    run_panel.show()


class Training:
    """Stands in for `run`: tells a step each time that it is let on."""

    def __init__(self, notes: list[str]) -> None:
        self._notes = notes
        self._on = threading.Semaphore(0)
        self._told = threading.Semaphore(0)

    def __call__(
        self, *arguments: object, on_event: Callable[[Event], None], **more: object
    ) -> None:
        for at, note in enumerate(self._notes):
            assert self._on.acquire(timeout=20)
            phase: Any = "calibrate" if note.startswith("fold") else "fit"
            on_event(Event("PCA", phase, at / len(self._notes), 1.0, note))
            self._told.release()
        assert self._on.acquire(timeout=20)

    def tell(self, count: int) -> None:
        for _ in range(count):
            self._on.release()
            assert self._told.acquire(timeout=20)

    def end(self) -> None:
        self._on.release()


def plots(test: AppTest) -> list[dict[str, Any]]:
    return [json.loads(element.proto.spec) for element in test.get("plotly_chart")]


def points(plot: dict[str, Any]) -> list[tuple[list[int], list[float]]]:
    return [(trace["x"], trace["y"]) for trace in plot["data"]]


def test_a_training_is_plotted_while_it_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = [
        StepNote(f"step {at}", TrainingStep(at, 4, loss, held_out))
        for at, loss, held_out in ((1, 0.9, None), (2, 0.5, 0.6))
    ]
    folds = [note_of_fold(steps[0], 1, 2), note_of_fold(steps[0], 2, 2)]
    training = Training([*steps, *folds])
    monkeypatch.setattr("dashboard.session.jobs.run", training)
    mine = quick_session(small_set())
    mine.start()
    test = page(panel, mine)
    assert plots(test) == []
    training.tell(1)
    (plot,) = plots(test.run())
    assert points(plot) == [([1], [0.9]), ([], []), ([], [])]
    training.tell(1)
    (plot,) = plots(test.run())
    assert points(plot) == [([1, 2], [0.9, 0.5]), ([2], [0.6]), ([2], [0.6])]
    # Of the folds, the first one begins a plot of its own, and the second joins it.
    training.tell(2)
    (plot,) = plots(test.run())
    assert [trace["x"] for trace in plot["data"]] == [[1], [], [], [1], [], []]
    assert "fold 2, step" in plot["data"][3]["hovertemplate"]
    assert "fold 2 of 2" in test.get("progress")[0].proto.text
    training.end()
    assert mine.job is not None
    assert mine.job.wait(20)
    assert plots(test.run()) == []
    assert "Finished in" in texts(test)


def test_the_time_is_estimated_before_run_and_not_for_what_is_known() -> None:
    mine = quick_session(small_set())
    estimate = texts(page(panel, mine))
    assert re.search(r"^(About|Less than) .*, not yet measured on this machine\.", estimate, re.M)
    mine.start()
    assert mine.job is not None
    assert mine.job.wait(60)
    assert "this machine" not in texts(page(panel, mine))
    mine.methods.chosen[1].params = {**QUICK, "variance": 0.7}
    again = texts(page(panel, mine))
    assert "from runs with other settings or image sizes on this machine." in again


def test_the_time_that_is_left_for_all_methods_is_told_while_one_runs() -> None:
    mine = quick_session(small_set())
    left = SimpleNamespace(
        ended=False,
        ahead=0,
        cancelled=False,
        variants=mine.methods.variants(),
        seconds_left=(50.0, 185.0),
        progress=lambda: [MethodProgress("PCA", "scoring", 0.5, 7.0, note="image 1 of 2: a.png")],
        assessments=tuple,
        holders=[mine.comparisons],
    )
    mine.comparisons._jobs.append(left)
    test = page(panel, mine)
    assert "About 50 s to 3 min left for all methods." in texts(test)
    bar = test.get("progress")[0].proto.text.replace("\\", "")
    assert bar == "PCA: scoring image 1 of 2: a.png, about 7 s left"
    mine.comparisons._jobs.clear()
