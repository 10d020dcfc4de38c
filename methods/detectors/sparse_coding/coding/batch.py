"""A batch of patches through a compiled solver: laid out, in chunks, on all threads."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numba
import numpy as np
from numpy.typing import NDArray

from methods.detectors.sparse_coding.coding.blocks import PADDING, PANEL, Floats, correlations

CHUNK = 256
"""Patches that a thread codes before it asks for more."""


class Part(NamedTuple):
    """Codes of some patches, as a compiled solver fills them in."""

    sizes: NDArray[np.int64]
    """Non-zero weights of each patch."""
    atoms: NDArray[np.int32]
    weights: Floats
    quantities: Floats
    """A row for each patch: squared error, l1 norm, violation, and what else the solver knows."""

    @classmethod
    def empty(cls, count: int, capacity: int, quantities: int, real: Any) -> Self:
        """Room for `count` patches with up to `capacity` weights each."""
        return cls(
            np.empty(count, dtype=np.int64),
            np.empty(count * capacity, dtype=np.int32),
            np.empty(count * capacity, dtype=real),
            np.empty((count, quantities), dtype=real),
        )

    def cut(self, used: int) -> Self:
        """The same with the first weights only."""
        return self._replace(atoms=self.atoms[:used].copy(), weights=self.weights[:used].copy())

    def replaced(self, places: NDArray[np.intp], others: "Part") -> "Part":
        """The same with other codes for the patches at some places."""
        atoms, weights = self._by_patch(self.atoms), self._by_patch(self.weights)
        their_atoms, their_weights = (
            others._by_patch(others.atoms),
            others._by_patch(others.weights),
        )
        for i, place in enumerate(places):
            atoms[place], weights[place] = their_atoms[i], their_weights[i]
        sizes, quantities = self.sizes.copy(), self.quantities.copy()
        sizes[places], quantities[places] = others.sizes, others.quantities
        narrow = np.concatenate(weights).astype(self.weights.dtype)
        return Part(sizes, np.concatenate(atoms), narrow, quantities)

    def _by_patch(self, values: Floats) -> list[Floats]:
        return list(np.split(values, np.cumsum(self.sizes)[:-1]))


@dataclass(frozen=True)
class Layout:
    """Dictionaries as the machine code reads them: one below the other, padded with zeros."""

    rows: Floats
    panels: Floats
    gram: Floats
    starts: NDArray[np.int64]
    """The first padded row of each dictionary, and at the end the number of all."""
    original: NDArray[np.int32]
    """The number of each padded row's atom, without padding."""

    @classmethod
    def of(cls, dictionaries: Sequence[Floats], real: Any) -> Self:
        """Lay out dictionaries (k, d) of one d in a precision."""
        pixels = dictionaries[0].shape[1]
        sizes = [len(dictionary) for dictionary in dictionaries]
        starts = np.cumsum([0, *(_padded(size) for size in sizes)])
        rows = np.zeros((starts[-1], _padded(pixels)), dtype=real)
        original = np.zeros(starts[-1], dtype=np.int32)
        first = 0
        for start, dictionary in zip(starts[:-1], dictionaries, strict=True):
            place = slice(start, start + len(dictionary))
            rows[place, :pixels] = dictionary
            original[place] = first + np.arange(len(dictionary))
            first += len(dictionary)
        panels = np.ascontiguousarray(
            rows[:, :pixels].reshape(-1, PANEL, pixels).transpose(0, 2, 1)
        )
        return cls(rows, panels, correlations(rows, panels), starts, original)


def code(
    patches: NDArray[np.float32],
    solver: Callable[[Any], Callable[[Floats], Part]],
    tolerance: float,
    threads: int | None,
) -> Part:
    """The codes of all patches; `solver` makes a solver for a precision.

    A patch whose violation is above the tolerance in single precision is solved in double.
    """
    single = solver(np.float32)
    chunks = [patches[first : first + CHUNK] for first in range(0, len(patches), CHUNK)]
    cores = numba.config.NUMBA_NUM_THREADS  # type: ignore[attr-defined]
    workers = min(threads or cores, len(chunks))
    if workers > 1:
        with ThreadPoolExecutor(workers) as pool:
            parts = list(pool.map(single, chunks))
    else:
        parts = [single(chunk) for chunk in chunks or [patches]]
    found = Part(*(np.concatenate(column) for column in zip(*parts, strict=True)))
    # Not `> tolerance`: a violation may be NaN.
    hard = np.flatnonzero(~(found.quantities[:, 2] <= tolerance))
    if len(hard):
        found = found.replaced(hard, solver(np.float64)(patches[hard].astype(np.float64)))
    return found


def _padded(count: int) -> int:
    return -(-count // PADDING) * PADDING
