"""What was costly to make and may be asked for again: the latest things, up to a limit."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

Made = TypeVar("Made")


class Memory:
    """Things by their keys, each with a weight; the ones asked for longest ago go first.

    Every key belongs to an owner, whose things go at once with `forget`. Threads may share it; what
    two of them ask for at the same time may be made twice.
    """

    def __init__(self, limit: float) -> None:
        self._limit = limit
        self._weight = 0.0
        self._things: OrderedDict[tuple[Hashable, Hashable], tuple[Any, float]] = OrderedDict()
        self._lock = threading.Lock()

    def once(
        self,
        owner: Hashable,
        key: Hashable,
        make: Callable[[], Made],
        weigh: Callable[[Made], float] = lambda made: 1.0,
    ) -> Made:
        """The thing of that owner and key, made when it is not there."""
        place = (owner, key)
        with self._lock:
            if place in self._things:
                self._things.move_to_end(place)
                return self._things[place][0]
        made = make()
        weight = weigh(made)
        with self._lock:
            self._drop(place)
            self._things[place] = made, weight
            self._weight += weight
            while self._weight > self._limit and len(self._things) > 1:
                self._drop(next(iter(self._things)))
        return made

    def forget(self, owner: Hashable) -> None:
        """Let go of everything that belongs to an owner."""
        with self._lock:
            for place in [place for place in self._things if place[0] == owner]:
                self._drop(place)

    def __len__(self) -> int:
        return len(self._things)

    def _drop(self, place: tuple[Hashable, Hashable]) -> None:
        _, weight = self._things.pop(place, (None, 0.0))
        self._weight -= weight


MODELS = Memory(1024.0)
"""Fitted detectors and what was computed with them, in megabytes, by the folder of a result."""
