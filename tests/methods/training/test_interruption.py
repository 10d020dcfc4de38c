"""A person can stop a network between its layers, in training and in scoring."""

import threading
import time

import numpy as np
import pytest
import torch
from torch import nn

from methods import registry
from methods.detector import Detector
from methods.progress import Cancelled
from methods.training import interruption
from methods.training.interruption import interruptible
from tests.methods.test_contract import texture

TRAINED = [name for name in registry.names() if registry.get(name).lengths]


@pytest.fixture
def without_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interruption, "PAUSE", 0.0)


class Count:
    """Counts how often it is called, and raises at a call."""

    def __init__(self, stop_at: int = 0) -> None:
        self.calls = 0
        self._stop_at = stop_at

    def __call__(self) -> None:
        self.calls += 1
        if self.calls == self._stop_at:
            raise Cancelled


def layers() -> nn.Sequential:
    first, second = nn.Conv2d(1, 2, 3), nn.ConvTranspose2d(2, 1, 3)
    return nn.Sequential(first, nn.ReLU(), second, nn.Linear(8, 2))


def test_each_layer_is_told_forwards_and_backwards(without_pause: None) -> None:
    network, told = layers(), Count()
    with interruptible(told):
        loss = network(torch.ones(1, 1, 8, 8)).sum()
        assert told.calls == 3
        loss.backward()
    assert told.calls == 6
    network(torch.ones(1, 1, 8, 8))
    assert told.calls == 6


def test_gradients_are_the_same(without_pause: None) -> None:
    found = []
    for tell in (None, Count()):
        torch.manual_seed(0)
        network = layers()
        if tell is None:
            network(torch.ones(1, 1, 8, 8)).square().sum().backward()
        else:
            with interruptible(tell):
                network(torch.ones(1, 1, 8, 8)).square().sum().backward()
        found.append([weights.grad for weights in network.parameters()])
    for one, other in zip(*found, strict=True):
        assert one is not None
        assert torch.equal(one, other)


@pytest.mark.parametrize("at", range(1, 7))
def test_what_is_raised_ends_the_pass(without_pause: None, at: int) -> None:
    with pytest.raises(Cancelled), interruptible(Count(stop_at=at)):
        layers()(torch.ones(1, 1, 8, 8)).sum().backward()


def test_calls_are_apart_in_time() -> None:
    network, told = layers(), Count()
    begin = time.monotonic()
    with interruptible(told):
        while time.monotonic() - begin < 0.35:
            network(torch.ones(1, 1, 8, 8))
    assert 1 <= told.calls <= 3


def test_other_threads_are_not_told(without_pause: None) -> None:
    network, told = layers(), Count()
    with interruptible(told):
        other = threading.Thread(target=network, args=(torch.ones(1, 1, 8, 8),))
        other.start()
        other.join()
    assert told.calls == 0


class Longest:
    """Remembers the longest time between two reports; cancels at a share or after some seconds.

    Time of this thread's core: what passes on a machine that does nothing else, since these
    detectors compute on one core.
    """

    def __init__(self, share: float, seconds: float = 60.0) -> None:
        self.longest = 0.0
        self._share = share
        self._last = time.thread_time()
        self._end = self._last + seconds

    def __call__(self, fraction: float, note: str = "") -> None:
        now = time.thread_time()
        self.longest = max(self.longest, now - self._last)
        if fraction > self._share or now > self._end:
            raise Cancelled
        self._last = time.thread_time()


def slowest(name: str) -> Detector:
    """With the preset that takes longest, but for a step of each network."""
    kind = registry.get(name)
    lengths = dict.fromkeys(kind.lengths, 1)
    detector = registry.create(name, {**kind.presets["thorough"], **lengths})
    detector.warm_up()
    return detector


@pytest.mark.slow
@pytest.mark.parametrize("name", TRAINED)
def test_a_fit_of_the_slowest_preset_can_be_cancelled_within_a_second(name: str) -> None:
    """While crops are drawn, in a step, and in the check on held-out crops."""
    images = [texture(seed, 300, 300) for seed in range(20)]
    detector = slowest(name)
    listener = Longest(share=0.85)
    with pytest.raises(Cancelled):
        detector.fit(images, progress=listener)
    assert listener.longest < 1.0


@pytest.mark.slow
@pytest.mark.parametrize("name", TRAINED)
def test_scoring_a_large_image_can_be_cancelled_within_a_second(name: str) -> None:
    detector = slowest(name).fit([texture(seed, 96, 96) for seed in range(2)])
    listener = Longest(share=0.3, seconds=3.0)
    with pytest.raises(Cancelled):
        detector.score_map(np.tile(texture(9, 250, 250), (4, 4)), progress=listener)
    assert listener.longest < 1.0
