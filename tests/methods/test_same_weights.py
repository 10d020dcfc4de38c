"""The same seed gives the same weights in any number of threads and processes."""

import hashlib
import multiprocessing
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from types import ModuleType

import numpy as np
import pytest
import torch

from methods import registry
from tests.methods.test_contract import texture

TRAINED = [name for name in registry.names() if registry.get(name).lengths]
STEPS = 3


def weights(name: str, threads: int) -> str:
    """A digest of all that a detector learned, fitted while torch may use so many threads."""
    torch.set_num_threads(threads)
    params = registry.get(name).presets["quick"] | dict.fromkeys(registry.get(name).lengths, STEPS)
    images = [texture(number, 48, 56) for number in range(2)]
    state = registry.create(name, params).fit(images)._state()
    digest = hashlib.blake2b()
    for key in sorted(state):
        digest.update(key.encode() + np.ascontiguousarray(state[key]).tobytes())
    return digest.hexdigest()


@pytest.fixture(autouse=True)
def threads_as_before() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def process() -> Iterator[ProcessPoolExecutor]:
    with pytest.MonkeyPatch.context() as patch:
        # A main module without a file: a spawned process would run that of a page tested before.
        patch.setitem(sys.modules, "__main__", ModuleType("__main__"))
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as executor:
            yield executor


@pytest.mark.parametrize("name", TRAINED)
def test_weights_are_equal_bit_for_bit(name: str, process: ProcessPoolExecutor) -> None:
    elsewhere = process.submit(weights, name, 2)
    alone = weights(name, 1)
    with ThreadPoolExecutor(2) as pool:
        beside_each_other = list(pool.map(weights, [name, name], [2, 2]))
    assert [*beside_each_other, elsewhere.result()] == [alone] * 3
