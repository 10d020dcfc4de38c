"""One core for small products."""

import numpy as np
from threadpoolctl import threadpool_info, threadpool_limits

from methods.blas import one_core


def blas_threads() -> set[int]:
    np.eye(2) @ np.eye(2)
    return {each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"}


def test_the_limit_holds_inside_and_goes() -> None:
    """Also where one limit lies in another."""
    with threadpool_limits(2, user_api="blas"):
        before = blas_threads()
        with one_core():
            with one_core():
                assert blas_threads() == {1}
            assert blas_threads() == {1}
        assert blas_threads() == before
