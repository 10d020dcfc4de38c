"""Methods as units of work: in other processes, stopped there, and what becomes of them."""

import json
import multiprocessing
import os
import pickle
import sys
import time
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from evaluation.comparison.comparison import (
    COMPARISON_FILE,
    RESULT_FILE,
    Comparison,
    Event,
    Failure,
    MethodResult,
    Variant,
)
from evaluation.comparison.method import STOP_FILE, run_method
from evaluation.comparison.runner import DIED, run
from evaluation.comparison.storage import ComparisonError
from methods.progress import Cancelled
from tests.evaluation.synthetic import data_set

RAW = {"features": "raw patches", "window": 5, "stride": 2}
FIRST = Variant("pca-residual", RAW, label="first")
SECOND = Variant("gaussian-mixture", {**RAW, "sample": 500}, seed=3, label="second")
LARGE = Variant("pca-residual", {**RAW, "window": 64}, label="large")


@pytest.fixture(autouse=True)
def plain_main(monkeypatch: pytest.MonkeyPatch) -> None:
    """A main module without a file: a spawned process would run that of a page tested before."""
    monkeypatch.setitem(sys.modules, "__main__", ModuleType("__main__"))


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    """Run one after the other in this process."""
    return run(data_set(4), [FIRST, LARGE, SECOND], tmp_path_factory.mktemp("here"))


def maps_of(result: MethodResult) -> list[np.ndarray]:
    return [*result.maps, *result.normal_maps]


def assert_same(one: Comparison, other: Comparison) -> None:
    """Every score of every method is the same to the last digit, and so is every failure."""
    assert [result.variant for result in one.results] == [
        result.variant for result in other.results
    ]
    assert one.failures == other.failures
    for first, second in zip(one.results, other.results, strict=True):
        assert (first.folds, first.self_test) == (second.folds, second.self_test)
        for a, b in zip(maps_of(first), maps_of(second), strict=True):
            np.testing.assert_array_equal(a, b)


def test_spawned_processes_give_the_same_scores_to_the_last_digit(
    here: Comparison, tmp_path: Path
) -> None:
    events: list[Event] = []
    outcomes: list[str] = []
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as executor:
        elsewhere = run(
            data_set(4),
            [FIRST, LARGE, SECOND],
            tmp_path,
            executor=executor,
            on_event=events.append,
            on_result=lambda result: outcomes.append(result.variant.label),
        )
    assert sorted(outcomes) == ["first", "large", "second"]
    assert [failure.variant.label for failure in elsewhere.failures] == ["large"]
    assert "smaller than a patch of 64 x 64" in elsewhere.failures[0].reason
    assert_same(here, elsewhere)
    assert_same(Comparison.open(tmp_path), elsewhere)
    assert {event.label for event in events if event.phase == "done"} == {"first", "second"}
    assert max(result.peak_memory_mb for result in elsewhere.results) > 0


def test_the_unit_of_work_needs_nothing_but_the_folder(here: Comparison) -> None:
    """What is given and what comes back can be pickled, and one method alone can be run again."""
    folder, variant = pickle.loads(pickle.dumps((here.folder, SECOND)))
    result = run_method(folder, variant)
    assert isinstance(result, MethodResult)
    again = pickle.loads(pickle.dumps(result))
    assert again.variant == SECOND
    for a, b in zip(maps_of(again), maps_of(here.results[1]), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_method_that_the_comparison_has_not_is_refused(here: Comparison) -> None:
    for variant in (Variant("pca-residual", RAW), Variant("padim", RAW, label="first")):
        with pytest.raises(ComparisonError, match="does not contain the method '"):
            run_method(here.folder, variant)


def test_a_method_stops_when_the_folder_says_so(tmp_path: Path) -> None:
    comparison = run(data_set(3), [FIRST], tmp_path)
    (tmp_path / STOP_FILE).touch()
    with pytest.raises(Cancelled):
        run_method(tmp_path, FIRST)
    run(data_set(3), [FIRST], tmp_path)
    assert Comparison.open(tmp_path).results[0].variant == comparison.results[0].variant


class Pool(Executor):
    """Runs what it is given when the test says so; `errors` are raised in its place, in order."""

    def __init__(self, *errors: Exception | None, refuses: bool = False) -> None:
        self.errors = list(errors)
        self.refuses = refuses
        self.given: list[tuple[Any, ...]] = []

    def submit(self, function: Any, /, *args: Any, **options: Any) -> "Future[Any]":
        if self.refuses:
            raise BrokenExecutor
        self.given.append((function, *args))
        future: Future[Any] = Future()
        error = self.errors.pop(0) if self.errors else None
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(function(*args, **options))
        return future


def test_a_process_that_dies_fails_its_method_alone(tmp_path: Path) -> None:
    comparison = run(data_set(3), [FIRST, SECOND], tmp_path, executor=Pool(BrokenExecutor()))
    assert comparison.failures == (Failure(FIRST, DIED),)
    assert [result.variant for result in comparison.results] == [SECOND]
    assert Comparison.open(tmp_path).failures == comparison.failures


def test_a_pool_that_takes_nothing_more_fails_the_methods(tmp_path: Path) -> None:
    comparison = run(data_set(3), [FIRST], tmp_path, executor=Pool(refuses=True))
    assert comparison.failures == (Failure(FIRST, DIED),)


def test_what_was_known_is_not_sent_to_a_process(here: Comparison, tmp_path: Path) -> None:
    pool = Pool()
    again = run(data_set(4), [SECOND, FIRST], tmp_path, known=here.results[:1], executor=pool)
    assert [given[2] for given in pool.given] == [SECOND]
    assert [result.variant for result in again.results] == [SECOND, FIRST]


class Waiting(Executor):
    """One worker: the first method runs until the test ends it, the others wait."""

    def __init__(self) -> None:
        self.futures: list[Future[Any]] = []

    def submit(self, function: Any, /, *args: Any, **options: Any) -> "Future[Any]":
        future: Future[Any] = Future()
        if not self.futures:
            future.set_running_or_notify_cancel()
        self.futures.append(future)
        return future


def test_cancelling_reaches_methods_that_run_elsewhere(tmp_path: Path) -> None:
    pool = Waiting()
    heard: list[tuple[str, bool]] = []

    def cancel(event: Event) -> None:
        if not pool.futures:
            return
        heard.append((event.label, (tmp_path / STOP_FILE).exists()))
        if len(heard) == 2:
            # What the running method does as soon as it sees the file.
            pool.futures[0].set_exception(Cancelled())
            raise Cancelled

    with pytest.raises(Cancelled):
        run(data_set(3), [FIRST, SECOND], tmp_path, executor=pool, on_event=cancel)
    assert heard == [("first", False), ("first", False)]
    assert pool.futures[1].cancelled()
    assert not (tmp_path / STOP_FILE).exists()
    assert [failure.variant for failure in Comparison.open(tmp_path).failures] == [FIRST, SECOND]


@pytest.mark.slow
def test_a_spawned_method_is_stopped_while_it_trains(tmp_path: Path) -> None:
    endless = Variant("autoencoder", {"steps": 100_000}, label="endless")
    own = tmp_path / "methods" / "endless"
    cancelled_at: list[float] = []

    def cancel(event: Event) -> None:
        if (own / "running").exists():
            cancelled_at.append(time.monotonic())
            raise Cancelled

    with (
        ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as executor,
        pytest.raises(Cancelled),
    ):
        run(data_set(3), [endless], tmp_path, executor=executor, on_event=cancel)
    assert time.monotonic() - cancelled_at[0] < 20
    assert not (own / RESULT_FILE).exists()
    assert not (own / "running").exists()


def test_methods_of_two_processes_disturb_each_other(here: Comparison, tmp_path: Path) -> None:
    """Another living process has marked its method as running."""
    comparison = run(data_set(3), [FIRST, SECOND], tmp_path)
    assert not any(result.disturbed for result in comparison.results)
    other = comparison.results[1].folder
    (other / "running").write_text(str(os.getppid()))
    result = run_method(tmp_path, FIRST)
    assert isinstance(result, MethodResult)
    assert result.disturbed
    assert (other / "disturbed").exists()
    (other / "running").write_text("2000000000")  # of a process that was killed
    result = run_method(tmp_path, FIRST)
    assert isinstance(result, MethodResult)
    assert not result.disturbed


def test_the_split_is_read_and_not_drawn_anew(tmp_path: Path) -> None:
    """Someone has exchanged two images of the stored folds: the folds follow."""
    comparison = run(data_set(4), [FIRST], tmp_path, seed=7)
    path = tmp_path / COMPARISON_FILE
    facts = json.loads(path.read_text())
    two = facts["split"]["members"][0]
    assert [tuple(members) for members in facts["split"]["members"]] == list(
        comparison.plan.split.members
    )
    a, b = two.index(0), two.index(1)
    two[a], two[b] = 1, 0
    path.write_text(json.dumps(facts))
    opened = Comparison.open(tmp_path)
    assert opened.plan.seed == 7
    held_out = [[scored.place for scored in fold.scored] for fold in opened.plan.folds(2)]
    assert held_out == [[at for at in range(4) if two[at] == number] for number in (0, 1)]


@pytest.mark.parametrize(
    "split",
    [
        {"calibrated": [0, 1, 2]},
        {"calibrated": [0, 1, 2, 2]},
        {"calibrated": [0, 1, 2, 4]},
        {"calibrated": [1, 0, 2, 3]},
        {"members": []},
        {"members": [[0, 1, 0, 1], [0, 1, 2, 0], [0, 1, 2, 2]]},
        {"members": [[0, 1, 0, 1], [0, 1, 2, 0], [0, 1, 2]]},
    ],
)
def test_a_split_that_cannot_be_of_the_images_is_refused(
    here: Comparison, tmp_path: Path, split: dict[str, Any]
) -> None:
    facts = json.loads((here.folder / COMPARISON_FILE).read_text())
    facts["split"].update(split)
    (tmp_path / COMPARISON_FILE).write_text(json.dumps(facts))
    with pytest.raises(ComparisonError, match="damaged: its split is none of its images"):
        Comparison.open(tmp_path)
