"""Comparisons in processes of their own: who gets one, and that nothing else is different."""

import os
import time
from pathlib import Path

import numpy as np
import pytest

from dashboard.session import jobs
from dashboard.session.methods import Chosen
from dashboard.session.processes import Workers
from dashboard.session.state import Session
from evaluation.comparison.comparison import Event
from evaluation.workers.pool import WorkerPool
from tests.dashboard.small import QUICK, TIMEOUT, compared, quick_session, small_set


@pytest.mark.parametrize(("cores", "lent"), [(1, False), (2, False), (3, True), (16, True)])
def test_a_process_is_lent_where_a_core_is_to_spare(cores: int, lent: bool) -> None:
    with Workers(cores, idle=0).lend() as executor:
        assert isinstance(executor, WorkerPool) == lent


def test_a_process_is_used_again_until_it_was_idle_for_long() -> None:
    workers = Workers(4, idle=0.2)
    with workers.lend() as first, workers.lend() as second:
        assert first is not second
    with workers.lend() as again:
        assert again in (first, second)
        number = again.submit(os.getpid).result(TIMEOUT)  # type: ignore[union-attr]
        assert number != os.getpid()
    end = time.monotonic() + 20
    while Path(f"/proc/{number}").exists():
        assert time.monotonic() < end
        time.sleep(0.05)
    with workers.lend() as fresh:
        assert fresh not in (first, second)


TINY = {"width": 4, "crop": 32, "batch": 2, "reduction": 1, "score": "loss", "steps": 4}


def finished(*chosen: Chosen) -> Session:
    """A session whose comparison has finished."""
    session = quick_session(small_set())
    session.methods.chosen = list(chosen)
    return compared(small_set(), session)


@pytest.mark.slow
def test_scores_and_what_is_heard_are_the_same_in_a_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    quick, network = Chosen(1, "pca-residual", "PCA", QUICK), Chosen(2, "autoencoder", "Net", TINY)
    here = finished(quick)
    monkeypatch.setattr(jobs, "WORKERS", Workers(4, idle=0))
    heard: dict[str, int] = {}
    hear = jobs.Job._on_event

    def listen(self: jobs.Job, event: Event) -> None:
        hear(self, event)
        for progress in self.progress():
            for curve in progress.training:
                heard[progress.label] = max(heard.get(progress.label, 0), curve.step)

    monkeypatch.setattr(jobs.Job, "_on_event", listen)
    elsewhere = finished(quick, network)
    assert here.job is not None
    assert elsewhere.job is not None
    assert [one.state for one in elsewhere.job.progress()] == ["done", "done"]
    one, other = here.job.assessments()[0], elsewhere.job.assessments()[0]
    for a, b in zip(one.result.maps, other.result.maps, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)
    assert heard == {"Net": 4}
