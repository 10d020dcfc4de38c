"""One core for the calling thread alone, and the choice for GPUs."""

import threading

import pytest
import torch

from methods.progress import Cancelled
from methods.training.devices import deterministic, one_thread


def test_one_core_holds_for_the_calling_thread_alone() -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    inside, elsewhere = [], []

    def look() -> None:
        elsewhere.append(torch.get_num_threads())

    def fail() -> None:
        with deterministic():
            inside.append(torch.get_num_threads())
            other = threading.Thread(target=look)
            other.start()
            other.join()
            raise Cancelled

    with pytest.raises(Cancelled):
        fail()
    assert (inside, elsewhere) == ([1], [2])
    assert torch.get_num_threads() == 2
    torch.set_num_threads(before)


def test_products_do_not_depend_on_the_number_of_threads_of_the_process() -> None:
    generator = torch.Generator().manual_seed(0)
    # Long sums, which are put together from as many parts as there are threads.
    pairs = [
        (
            torch.randn(rows, 16_000, generator=generator),
            torch.randn(16_000, 18, generator=generator),
        )
        for rows in (6, 10, 18)
    ]
    before = torch.get_num_threads()
    found = []
    for threads in (1, 2):
        torch.set_num_threads(threads)
        with one_thread():
            found.append([first @ second for first, second in pairs])
    torch.set_num_threads(before)
    for one, other in zip(*found, strict=True):
        assert torch.equal(one, other)


def test_the_choice_for_gpus_is_taken_back_by_the_last_one_inside() -> None:
    before = torch.backends.cudnn.deterministic
    first, second = deterministic(), deterministic()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert torch.backends.cudnn.deterministic
    second.__exit__(None, None, None)
    assert torch.backends.cudnn.deterministic == before
