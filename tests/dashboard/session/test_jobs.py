"""Comparisons in the background: progress, turns, cancelling, leaving nothing behind."""

import asyncio
import gc
import re
import threading
import weakref
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from dashboard.components.run_panel import job_is_outdated
from dashboard.session.drawn import same_pixels
from dashboard.session.job_queue import JobQueue
from dashboard.session.jobs import Job
from dashboard.session.methods import Chosen
from dashboard.session.presence import Presence, disconnected
from dashboard.session.progress import MethodProgress, state_in_words
from dashboard.session.state import Session
from dashboard.session.unattended import Unattended
from evaluation.assessment import Assessment
from evaluation.comparison.comparison import Comparison, Event, MethodResult, Variant
from evaluation.comparison.tuned import duration
from evaluation.kept_assessment import assess_and_keep
from tests.dashboard.small import QUICK, compared, quick_session, small_set

VARIANTS = [Variant("pca-residual", QUICK, label="one"), Variant("pca-residual", {}, label="two")]


class Gate:
    """Stands in for `run`: begins, then waits until it is let on."""

    def __init__(self) -> None:
        self.began = threading.Event()
        self.go_on = threading.Event()

    def __call__(
        self, *arguments: object, on_event: Callable[[Event], None], **more: object
    ) -> None:
        on_event(Event("one", "fit", 0.25, 3.0, "loss 0.5", 9.0))
        self.began.set()
        assert self.go_on.wait(10)
        on_event(Event("one", "score", 0.5))


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Gate:
    gate = Gate()
    monkeypatch.setattr("dashboard.session.jobs.run", gate)
    return gate


def test_tells_how_far_it_is(gate: Gate) -> None:
    job = Job(small_set(), VARIANTS, queue=JobQueue(1))
    assert gate.began.wait(10)
    one, two = job.progress()
    assert (one.state, one.fraction) == ("learning", 0.25)
    assert state_in_words(one) == "training on normal images (loss 0.5), about 9 s left"
    assert (two.state, two.fraction) == ("waiting", 0.0)
    gate.go_on.set()
    assert job.wait(10)
    assert job.state == "finished"


def test_the_image_that_is_scored_is_named() -> None:
    note = "image 12 of 60: test/hole/03.png"
    assert state_in_words(MethodProgress("a", "scoring", 0.8, 7.0, note=note)) == (
        "scoring image 12 of 60: test/hole/03.png, about 7 s left"
    )
    note = "fold 2 of 5, held-out image 3 of 13: train/good/02.png"
    assert state_in_words(MethodProgress("a", "calibrating", 0.5, note=note)) == (
        f"calibrating on held-out normal images ({note})"
    )


def test_a_run_tells_each_image_and_the_time_that_is_left_for_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[tuple[str, str, tuple[float, float] | None]] = []
    original = Job._on_event

    def hear(job: Job, event: Event) -> None:
        original(job, event)
        told.append((event.phase, event.note, job.seconds_left))

    monkeypatch.setattr(Job, "_on_event", hear)
    job = Job(small_set(), VARIANTS[:1], queue=JobQueue(1))
    assert job.wait(60)
    scored = list(dict.fromkeys(note for phase, note, _ in told if phase == "score"))
    names = ["test/a.png", "test/b.png", "test/c.png", "test/<d>.png"]
    assert scored == [f"image {at} of 4: {name}" for at, name in enumerate(names, 1)]
    held_out = [note for phase, note, _ in told if phase == "calibrate" and "held-out" in note]
    assert held_out[0].startswith("fold 1 of 4, held-out image 1 of 4: train/")
    assert {note for phase, note, _ in told if phase == "fit"} >= {
        f"train/{n}.png" for n in range(4)
    }
    left = [seconds for _, _, seconds in told if seconds is not None]
    assert left[0] > left[-1]
    assert job.seconds_left == (0, 0)


def test_other_known_classes_are_other_images_to_methods() -> None:
    data = small_set()
    classes = tuple(replace(each, known_class=each.name) for each in data.normal)
    assert same_pixels(data, replace(data, test=data.test))
    assert not same_pixels(data, replace(data, normal=classes))


def test_waits_for_its_turn(gate: Gate) -> None:
    queue = JobQueue(1)
    first = Job(small_set(), VARIANTS, queue=queue)
    assert gate.began.wait(10)
    second = Job(small_set(), VARIANTS, queue=queue)
    third = Job(small_set(), VARIANTS, queue=queue)
    assert (first.ahead, second.ahead, third.ahead) == (0, 1, 2)
    assert second.state == "waiting"
    second.cancel()
    assert second.wait(10)
    assert second.state == "cancelled"
    assert third.ahead == 1
    gate.go_on.set()
    assert third.wait(10)
    assert (first.state, third.state) == ("finished", "finished")


def test_stops_when_cancelled(gate: Gate) -> None:
    job = Job(small_set(), VARIANTS, queue=JobQueue(1))
    assert gate.began.wait(10)
    job.cancel()
    gate.go_on.set()
    assert job.wait(10)
    assert job.state == "cancelled"


def test_a_fault_is_told_without_its_text(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object, **more: object) -> Comparison:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("dashboard.session.jobs.run", fail)
    job = Job(small_set(), VARIANTS, queue=JobQueue(1))
    assert job.wait(10)
    assert job.state == "failed"
    assert job.failure.startswith("The comparison stopped because of an internal error")


def test_one_method_without_figures_does_not_stop_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def assess_or_fail(comparison: Comparison, result: MethodResult) -> Assessment:
        if result.variant.label == "one":
            (result.folder / "test" / "00002.tiff").write_bytes(b"")
        return assess_and_keep(comparison, result)

    monkeypatch.setattr("dashboard.session.jobs.assess_and_keep", assess_or_fail)
    job = Job(small_set(), VARIANTS, queue=JobQueue(1))
    assert job.wait(60)
    assert job.state == "finished"
    one, two = job.progress()
    assert (one.state, two.state) == ("failed", "done")
    assert one.reason.startswith("No metrics: ")
    comparison = job.comparison()
    assert comparison is not None
    assert [failure.variant.label for failure in comparison.failures] == ["one"]
    assert [result.variant.label for result in comparison.results] == ["two"]


def test_a_repeated_run_takes_over_what_is_known() -> None:
    session = compared(small_set())
    assert session.job is not None
    first = session.job.assessments()
    session.methods.chosen[1].params = {**QUICK, "variance": 0.7}
    session.start()
    assert session.job.wait(60)
    one, two = session.job.progress()
    assert (one.state, two.state) == ("reused", "done")
    second = session.job.assessments()
    assert second[0].result.fit_seconds == first[0].result.fit_seconds
    assert second[0].metrics == first[0].metrics


def test_a_kept_comparison_with_parameters_as_text_opens_and_is_taken_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = quick_session(small_set())
    session.methods.chosen = [Chosen(1, "pca-residual", "PCA", {**QUICK, "stages": (3, 4)})]
    session.start()
    assert session.job is not None
    assert session.job.wait(60)
    monkeypatch.setattr("dashboard.session.kept.KEPT", tmp_path)
    folder = session.comparisons.keep()
    for file in (folder / "comparison.json", *folder.glob("methods/*/result.json")):
        text = re.sub(r'"stages":\s*\[\s*3,\s*4\s*\]', '"stages": "3,4"', file.read_text())
        assert '"stages": "3,4"' in text
        file.write_text(text)
    monkeypatch.setattr("dashboard.session.comparisons.LIVE", {})
    later = Session()
    later.find(session.job.token)
    assert later.methods.chosen[0].params == {**QUICK, "stages": (3, 4)}
    assert later.job is not None
    assert not job_is_outdated(later, later.job)
    later.start()
    assert later.job is not None
    assert later.job.wait(60)
    assert [progress.state for progress in later.job.progress()] == ["reused"]


def test_a_method_that_is_gone_is_not_taken_over_and_hinders_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    session = compared(small_set())
    assert session.job is not None
    (one, two) = session.job.assessments()
    gone = replace(one.result, variant=replace(one.result.variant, detector="gone"))
    monkeypatch.setattr(session.job, "assessments", lambda: (replace(one, result=gone), two))
    session.start()
    assert session.job.wait(60)
    assert [progress.state for progress in session.job.progress()] == ["done", "reused"]


def run_methods(session: Session, *windows: int) -> Job:
    """Run variants of a quick method that differ in their windows."""
    session.methods.chosen = [
        Chosen(at, "pca-residual", f"window {window}", {**QUICK, "window": window})
        for at, window in enumerate(windows)
    ]
    session.start()
    assert isinstance(session.job, Job)
    return session.job


def test_a_comparison_takes_over_from_one_that_is_dropped_meanwhile() -> None:
    session = quick_session(small_set())
    first = run_methods(session, 6, 7)
    assert first.wait(60)
    second = run_methods(session, 6, 8)
    assert second.wait(60)
    third = run_methods(session, 6, 7, 8)
    assert third.wait(60)
    assert [progress.state for progress in third.progress()] == ["reused"] * 3
    assert not first.folder.exists()
    assert second.folder.exists()


def test_what_a_waiting_comparison_needs_stays_until_it_has_ended(gate: Gate) -> None:
    queue = JobQueue(1)
    busy = Job(small_set(), VARIANTS, queue=queue)
    earlier = Job(small_set(), VARIANTS, queue=queue)
    waiting = Job(small_set(), VARIANTS, [earlier], queue)
    earlier.abandon()
    assert earlier.wait(10)
    assert earlier.folder.exists()
    waiting.cancel()
    assert waiting.wait(10)
    assert not earlier.folder.exists()
    gate.go_on.set()
    assert busy.wait(10)


def test_a_session_that_is_gone_leaves_no_files() -> None:
    session = compared(small_set())
    assert session.job is not None
    folder = session.job.folder
    assert any(folder.iterdir())
    del session
    gc.collect()
    assert not folder.exists()


def test_a_session_that_goes_stops_its_run_unless_another_looks(gate: Gate) -> None:
    one, two = Session(), Session()
    one.images.use(small_set())
    one.start()
    job = one.job
    assert job is not None
    two.find(job.token)
    del one
    gc.collect()
    assert not job.cancelled
    del two
    gc.collect()
    assert job.cancelled
    gate.go_on.set()


class Left:
    """Stands for a comparison that is left."""

    def __init__(self) -> None:
        self.ended = False
        self.abandoned = threading.Event()

    def abandon(self) -> None:
        self.abandoned.set()


def test_what_is_left_runs_on_and_is_let_go_of_some_time_after_its_end() -> None:
    unattended, job = Unattended(lambda: 0.1), Left()
    unattended.keep(job)
    assert not job.abandoned.wait(0.35)
    job.ended = True
    assert job.abandoned.wait(5)


def test_what_somebody_comes_back_for_is_kept() -> None:
    unattended, job = Unattended(lambda: 0.1), Left()
    job.ended = True
    unattended.keep(job)
    unattended.take(job)
    assert not job.abandoned.wait(0.3)


def test_only_a_few_are_kept_and_none_where_the_server_says_so() -> None:
    unattended, jobs = Unattended(lambda: 60.0, most=2), [Left() for _ in range(3)]
    for job in jobs:
        unattended.keep(job)
    assert [job.abandoned.is_set() for job in jobs] == [True, False, False]
    for job in jobs[1:]:
        unattended.take(job)
    at_once = Left()
    Unattended(lambda: 0.0).keep(at_once)
    assert at_once.abandoned.is_set()


def test_a_run_that_was_left_is_found_again_by_its_address(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.session.comparisons.UNATTENDED", Unattended(lambda: 60.0))
    session = Session()
    session.images.use(small_set())
    session.start()
    job = session.job
    assert job is not None
    token = job.token
    assert gate.began.wait(10)
    session.leave()
    assert session.job is None
    assert not job.cancelled
    later = Session()
    later.find(token)
    assert later.job is job
    gate.go_on.set()
    assert job.wait(10)
    assert job.state == "finished"


class Server:
    """Stands for Streamlit's, and keeps which sessions were closed."""

    def __init__(self) -> None:
        self.closed: list[str] = []
        self.active: set[str] = set()

    def is_active_session(self, name: str) -> bool:
        return name in self.active

    def close_session(self, name: str) -> None:
        self.closed.append(name)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    """One in which half a second is waited for a browser."""
    options = {"server.disconnectedSessionTTL": 1.0}
    monkeypatch.setattr("streamlit.get_option", options.__getitem__)
    server = Server()
    monkeypatch.setattr("streamlit.runtime.get_instance", lambda: server)
    return server


def in_a_loop(work: Coroutine[object, object, None]) -> None:
    """Run it in a thread of its own: the browser tests keep a loop running in this one."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, asyncio.wait_for(work, 20)).result()


def arrived(session: Session) -> Presence:
    session.presence = Presence(weakref.ref(session), "a visit")
    return session.presence


def test_a_browser_that_stays_away_leaves_no_work_behind(gate: Gate, server: Server) -> None:
    session = Session()
    session.images.use(small_set())
    session.start()
    job = session.job
    assert job is not None
    assert gate.began.wait(10)
    presence = arrived(session)

    async def disconnect() -> None:
        disconnected(presence)
        while not job.cancelled:
            await asyncio.sleep(0.01)

    in_a_loop(disconnect())
    gate.go_on.set()
    assert job.wait(10)
    assert job.state == "cancelled"
    assert session.job is None
    assert server.closed == ["a visit"]


def test_a_browser_that_comes_back_in_time_finds_its_run(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = threading.Event()
    session = Session()
    monkeypatch.setattr(session, "leave", left.set)

    async def come_back_and_go_once_more() -> None:
        disconnected(arrived(session))
        await asyncio.sleep(0.3)
        disconnected(arrived(session))
        await asyncio.sleep(0.4)
        assert not left.is_set()
        assert await asyncio.to_thread(left.wait, 10)

    in_a_loop(come_back_and_go_once_more())
    assert server.closed == ["a visit"]


def test_a_browser_that_is_back_but_has_drawn_nothing_keeps_its_session(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = threading.Event()
    session = Session()
    monkeypatch.setattr(session, "leave", left.set)

    async def come_back_and_wait() -> None:
        disconnected(arrived(session))
        server.active.add("a visit")
        await asyncio.sleep(0.8)

    in_a_loop(come_back_and_wait())
    assert not left.is_set()
    assert server.closed == []


@pytest.mark.parametrize(("seconds", "words"), [(0.2, "1 s"), (40.4, "40 s"), (185, "3 min")])
def test_times_in_words(seconds: float, words: str) -> None:
    assert duration(seconds) == words
