"""Sequences whose items are made when they are asked for, so that memory holds one at a time."""

from collections.abc import Callable, Sequence
from typing import TypeVar, overload

T = TypeVar("T", covariant=True)


class OnDemand(Sequence[T]):
    """`count` items; `make` gives the one at a place from 0 to count - 1, each time anew.

    A slice is such a sequence too: nothing is made until an item of it is asked for.
    """

    def __init__(self, count: int, make: Callable[[int], T]) -> None:
        self._places = range(count)
        self._make = make

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> "OnDemand[T]": ...
    def __getitem__(self, index: int | slice) -> "T | OnDemand[T]":
        if isinstance(index, slice):
            places = self._places[index]
            return OnDemand(len(places), lambda at: self._make(places[at]))
        return self._make(self._places[index])


def selected(items: Sequence[T], places: Sequence[int]) -> OnDemand[T]:
    """Some of the items, by their places, made when asked for."""
    return OnDemand(len(places), lambda at: items[places[at]])
