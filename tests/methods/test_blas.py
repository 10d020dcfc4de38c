"""One core for small products, whichever threads ask for it."""

import threading

import numpy as np
from threadpoolctl import threadpool_info, threadpool_limits

from methods.blas import one_core


def blas_threads() -> set[int]:
    np.eye(2) @ np.eye(2)
    return {each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"}


def test_the_limit_goes_with_the_last_thread_that_asked_for_it() -> None:
    """The first thread leaves while the second one is still inside."""
    entered, first_left = threading.Event(), threading.Event()
    seen = []

    def second() -> None:
        with one_core():
            entered.set()
            first_left.wait(10)
            seen.append(blas_threads())

    with threadpool_limits(2, user_api="blas"):
        before = blas_threads()
        with one_core():
            other = threading.Thread(target=second)
            other.start()
            assert entered.wait(10)
            assert blas_threads() == {1}
        first_left.set()
        other.join()
        assert seen == [{1}]
        assert blas_threads() == before
