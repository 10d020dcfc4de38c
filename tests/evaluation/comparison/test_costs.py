"""Times and memory, and whether something else was measured meanwhile."""

import threading

import numpy as np

from evaluation.comparison.costs import alone, peak_memory, stopwatch


def test_two_at_one_time_disturb_each_other() -> None:
    with alone() as first:
        assert not first.disturbed
        with alone() as second:
            pass
    with alone() as third:
        pass
    assert (first.disturbed, second.disturbed, third.disturbed) == (True, True, False)


def test_threads_see_each_other() -> None:
    inside, done = threading.Event(), threading.Event()

    def measure() -> None:
        with alone():
            inside.set()
            done.wait(10)

    thread = threading.Thread(target=measure)
    thread.start()
    assert inside.wait(10)
    with alone() as watch:
        assert watch.disturbed
    done.set()
    thread.join()


def test_memory_that_was_freed_before_does_not_hide_the_rise() -> None:
    """The second of two equal loads is measured like the first."""

    def rise() -> float:
        with peak_memory() as watch, stopwatch() as clock:
            load = [np.ones(2**16) for _ in range(200)]  # 100 MB in blocks that the C library keeps
            threading.Event().wait(0.2)
            assert len(load) == 200
        assert clock.seconds >= 0.2
        return watch.rise_mb

    first, second = rise(), rise()
    assert 80 < first < 140
    assert 80 < second < 140
