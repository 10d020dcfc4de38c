"""The machine code of the l1 solver: an active-set method, patch by patch.

It solves argmin_a 1/2 ||s - D a||^2 + penalty ||a||_1. Known at any time are the atoms whose weight
is not zero (the active ones), their signs, and the inverse of their Gram matrix. With the signs
held the objective is a quadratic, and its minimiser over the active atoms, the target, follows from
that inverse. One round:

1. Take in some of the atoms that violate optimality most, one after the other. Each borders the
   inverse and moves the target, O(active atoms^2).
2. Move the weights to the target. When one reaches zero on the way, its atom leaves, which shrinks
   the inverse and moves the target; then the move goes on.
3. Bring the correlations of all k atoms with the residual up to date from the Gram matrix's rows of
   the active atoms, O(k * active atoms). This is the larger part of the work.

Every move lowers the objective, so no set of active atoms and signs comes twice: the rounds end.
Feature-sign search (Lee, Battle, Raina and Ng, NIPS 2006) is the nearest relative.

`blocks` says how memory is laid out.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from methods.detectors.sparse_coding.coding.blocks import (
    TILE,
    Floats,
    add_scaled,
    copy,
    correlate,
    dot,
    keep_code,
    read_tile,
    subtract,
)
from methods.detectors.sparse_coding.coding.compiling import called, compiled, inlined
from methods.detectors.sparse_coding.coding.vectors import (
    LANES,
    absolute,
    after,
    first_lane,
    largest,
    like,
    load,
    minus,
    multiply_add,
    numbers,
    plus,
    spread,
    store,
    where_larger,
)

TOGETHER = 6
"""Atoms taken in at most between two looks at all correlations."""
WORTH = 0.2
"""An atom is taken in only when it violates this share of the largest violation."""
ROUNDS = 1000
"""Rounds after which a patch is given up, beside one for each atom that can be active."""
CORRECTIONS = 8
"""Rounds that may be spent on rounding errors."""


class Problem(NamedTuple):
    """The dictionary and the penalty; the arrays are memory of `vectors.Numbers`."""

    rows: Any
    """The atoms, a row each."""
    panels: Any
    """The atoms in panels (d, 32), the pixels of 32 atoms side by side."""
    gram: Any
    """The Gram matrix of the atoms."""
    pixel_stride: int
    """Numbers from one row of pixels to the next."""
    atom_stride: int
    """Numbers from one row of the Gram matrix to the next."""
    capacity: int
    """min(k, d): more atoms are never independent."""
    penalty: Any
    tolerance: Any
    independent: Any
    """An atom depends on others when they leave no more than this share of its squared norm."""


class Workspace(NamedTuple):
    """One patch at work; the first n entries of a row belong to the n active atoms."""

    atoms: Any
    signs: Any
    weights: Any
    target: Any
    """The minimiser over the active atoms with their signs held."""
    inverse: Any
    """Of the active atoms' Gram matrix; symmetric."""
    stride: int
    """Numbers from one row of the inverse to the next."""
    row: Any
    """A vector over the active atoms: one atom's row of the Gram matrix, or a remainder."""
    border: Any
    """The inverse times `row`."""
    correlations: Any
    """Of all atoms with the residual."""
    places: Any
    """Where the candidates lie."""


@inlined
def _times_inverse(n: int, w: Workspace) -> None:
    """border = inverse @ row."""
    for at in range(0, n, LANES):
        even = odd = spread(like(w.row, 0))
        column = after(w.inverse, at)
        for i in range(0, n - 1, 2):
            even = multiply_add(spread(w.row[i]), load(column, i * w.stride), even)
            odd = multiply_add(spread(w.row[i + 1]), load(column, (i + 1) * w.stride), odd)
        if n % 2:
            even = multiply_add(spread(w.row[n - 1]), load(column, (n - 1) * w.stride), even)
        store(w.border, at, plus(even, odd))


@inlined
def _add_border_squared(n: int, scale: Any, w: Workspace) -> None:
    """inverse += scale * border border^T."""
    for i in range(n):
        add_scaled(n, scale * w.border[i], w.border, after(w.inverse, i * w.stride))


@called
def _append(
    n: int, atom: int, start: Any, correlation: Any, unexplained: Any, p: Problem, w: Workspace
) -> None:
    """Make an atom active with the weight `start`.

    `correlation` is the atom's at the target; `unexplained` is what the active atoms leave of its
    squared norm, and `border` holds its coefficients on them.
    """
    new_row = after(w.inverse, n * w.stride)
    if n % LANES == 0:
        zeros = spread(like(w.row, 0))
        store(w.weights, n, zeros)
        store(w.target, n, zeros)
        store(w.border, n, zeros)
        for i in range(n):
            store(w.inverse, i * w.stride + n, zeros)
    scale = like(w.row, 1) / unexplained
    sign = like(w.row, 1) if correlation > 0 else like(w.row, -1)
    change = (correlation - sign * p.penalty) * scale
    _add_border_squared(n, scale, w)
    add_scaled(n, -change, w.border, w.target)
    minus_scale = spread(-scale)
    nothing = spread(like(w.row, 0))
    for at in range(0, n + 1, LANES):
        store(new_row, at, multiply_add(minus_scale, load(w.border, at), nothing))
    for i in range(n):
        w.inverse[i * w.stride + n] = -scale * w.border[i]
    new_row[n] = scale
    w.atoms[n] = atom
    w.signs[n] = sign
    w.weights[n] = start
    w.target[n] = start + change


@called
def _leave(n: int, leaving: int, w: Workspace) -> None:
    """Take one of the n active atoms out; the last one gets its place."""
    last = n - 1
    old_row, last_row = after(w.inverse, leaving * w.stride), after(w.inverse, last * w.stride)
    scale = like(w.row, 1) / old_row[leaving]
    copy(n, old_row, w.border)
    _add_border_squared(n, -scale, w)
    add_scaled(n, -w.target[leaving] * scale, w.border, w.target)
    w.atoms[leaving] = w.atoms[last]
    w.signs[leaving] = w.signs[last]
    w.weights[leaving] = w.weights[last]
    w.target[leaving] = w.target[last]
    w.weights[last] = 0
    w.target[last] = 0
    corner = last_row[last]
    copy(n, last_row, old_row)
    for i in range(last):
        w.inverse[i * w.stride + leaving] = w.inverse[i * w.stride + last]
        w.inverse[i * w.stride + last] = 0
    old_row[leaving] = corner


@inlined
def _read_row(n: int, atom: int, p: Problem, w: Workspace) -> None:
    """The atom's row of the Gram matrix at the active atoms."""
    gram_row = after(p.gram, atom * p.atom_stride)
    for i in range(n):
        w.row[i] = gram_row[w.atoms[i]]
    for i in range(n, -(-n // LANES) * LANES):
        w.row[i] = 0


@inlined
def _unexplained(n: int, atom: int, p: Problem, w: Workspace) -> Any:
    """What the active atoms leave of an atom's squared norm; 0 when it depends on them."""
    squared_norm = p.gram[atom * p.atom_stride + atom]
    _times_inverse(n, w)
    rest = squared_norm - dot(n, w.row, w.border)
    if n == p.capacity or rest <= squared_norm * p.independent:
        return like(w.row, 0)
    return rest


@called
def _make_room(n: int, sign: Any, w: Workspace) -> tuple[int, Any]:
    """Bring in an atom that depends on the active ones until one of these reaches zero.

    They give way in proportion to its coefficients in `border`: the reconstruction stays the same
    and the l1 norm falls. The atom at zero leaves. Returns how many stay, and the weight that the
    atom brought in has now.
    """
    leaving, step = n, like(w.row, np.inf)
    for i in range(n):
        falls = w.border[i] * sign * w.signs[i]
        if falls > 0 and abs(w.weights[i]) < step * falls:
            leaving, step = i, abs(w.weights[i]) / falls
    if leaving == n:
        return n, like(w.row, 0)
    add_scaled(n, -step * sign, w.border, w.weights)
    w.weights[leaving] = 0
    copy(n, w.weights, w.target)
    _leave(n, leaving, w)
    return n - 1, step * sign


@inlined
def _consider(n: int, atom: int, bar: Any, first: bool, p: Problem, w: Workspace) -> int:
    """Take an atom in if its correlation at the target is above the bar.

    The `first` one of a round finds the target where the weights are. Returns the number of active
    atoms.
    """
    correlation = w.correlations[atom]
    _read_row(n, atom, p, w)
    if not first:
        for at in range(0, n, LANES):
            store(w.border, at, minus(load(w.weights, at), load(w.target, at)))
        correlation += dot(n, w.row, w.border)
        if abs(correlation) <= bar:
            return n
    sign = like(w.row, 1) if correlation > 0 else like(w.row, -1)
    start = like(w.row, 0)
    unexplained = _unexplained(n, atom, p, w)
    while unexplained == 0:
        if not first or p.penalty == 0:
            return n
        stay, weight = _make_room(n, sign, w)
        if stay == n:
            return n
        n, start = stay, start + weight
        _read_row(n, atom, p, w)
        unexplained = _unexplained(n, atom, p, w)
    _append(n, atom, start, correlation, unexplained, p, w)
    return n + 1


@inlined
def _candidates(p: Problem, w: Workspace) -> Any:
    """The largest absolute correlation among the atoms 0, 32, ..., among 1, 33, ... and so on.

    Two vectors, and the largest of all. Where each of them lies goes to `places`.
    """
    low = high = low_place = high_place = spread(like(w.row, 0))
    for at in range(0, p.atom_stride, 2 * LANES):
        here = spread(like(w.row, at))
        x = absolute(load(w.correlations, at))
        y = absolute(load(w.correlations, at + LANES))
        low_place = where_larger(x, low, here, low_place)
        high_place = where_larger(y, high, here, high_place)
        low = where_larger(x, low, x, low)
        high = where_larger(y, high, y, high)
    store(w.places, 0, low_place)
    store(w.places, LANES, high_place)
    return low, high, largest(where_larger(low, high, low, high))


@called
def _take_in(n: int, low: Any, high: Any, bar: Any, p: Problem, w: Workspace) -> int:
    """Take in the candidates above the bar, the largest first; the number of active atoms."""
    zeros = spread(like(w.row, 0))
    for turn in range(TOGETHER):
        most = largest(where_larger(low, high, low, high))
        if most <= bar:
            break
        ceiling = spread(most)
        lane = first_lane(low, most)
        if lane < LANES:
            low = where_larger(ceiling, low, low, zeros)
        else:
            lane = LANES + first_lane(high, most)
            high = where_larger(ceiling, high, high, zeros)
        n = _consider(n, int(w.places[lane]) + lane, bar, turn == 0, p, w)
    return n


@inlined
def _is_at_target(n: int, w: Workspace) -> bool:
    """Whether there is no way to go."""
    for i in range(n):  # noqa: SIM110
        if w.weights[i] != w.target[i]:
            return False
    return True


@inlined
def _move(n: int, p: Problem, w: Workspace) -> int:
    """Go to the target; atoms whose weight reaches zero on the way leave. Returns how many stay.

    Without a penalty signs do not matter.
    """
    while True:
        leaving, step = n, like(w.row, 1)
        if p.penalty > 0:
            for i in range(n):
                if w.target[i] * w.signs[i] < 0:
                    share = w.weights[i] / (w.weights[i] - w.target[i])
                    if share < step:
                        leaving, step = i, share
        if leaving == n:
            copy(n, w.target, w.weights)
            return n
        factor = spread(step)
        for at in range(0, n, LANES):
            here = load(w.weights, at)
            store(w.weights, at, multiply_add(factor, minus(load(w.target, at), here), here))
        _leave(n, leaving, w)
        n -= 1


@inlined
def _remainder(n: int, p: Problem, w: Workspace) -> Any:
    """row = how much each active atom violates optimality, by rounding alone; returns the most."""
    most = like(w.row, 0)
    for i in range(n):
        w.row[i] = w.correlations[w.atoms[i]] - p.penalty * w.signs[i]
        most = max(most, abs(w.row[i]))
    return most


@called
def _solve(signal_correlations: Any, p: Problem, w: Workspace) -> tuple[int, Any]:
    """Code the patch that has these correlations: how many atoms are active, and the violation."""
    n: Any = np.int64(0)  # a plain 0 would have functions compiled once more, for zero alone
    corrections = 0
    copy(p.atom_stride, signal_correlations, w.correlations)
    low, high, most = _candidates(p, w)
    scale = max(p.penalty, most * like(w.row, 0.01))
    slack = p.tolerance * scale
    violation = remainder = like(w.row, 0)
    for _ in range(ROUNDS + p.capacity):
        violation = max(most - p.penalty, remainder)
        if violation <= slack:
            break
        copy(n, w.weights, w.target)
        # Below this an active atom could be taken for one that is not.
        bar = p.penalty + max(slack, remainder + remainder)
        if most > bar:
            worth = p.penalty + like(w.row, WORTH) * (most - p.penalty)
            n = _take_in(n, low, high, max(bar, worth), p, w)
            if _is_at_target(n, w):  # every candidate depends on the active atoms
                break
        elif corrections < CORRECTIONS:
            corrections += 1
            _times_inverse(n, w)
            add_scaled(n, like(w.row, 1), w.border, w.target)
        else:
            break
        n = _move(n, p, w)
        subtract(n, signal_correlations, p.gram, p.atom_stride, w, w.correlations)
        low, high, most = _candidates(p, w)
        remainder = _remainder(n, p, w)
    return n, violation / scale if violation > 0 else like(w.row, 0)


@compiled
def solve(
    patches: Floats,
    rows: Floats,
    panels: Floats,
    gram: Floats,
    penalty: Any,
    tolerance: Any,
    scratch: Floats,
    indices: NDArray[np.int64],
    sizes: NDArray[np.int64],
    atoms: NDArray[np.int32],
    weights: Floats,
    quantities: Floats,
) -> int:
    """Code patches (n, d): their `sizes`, and their `atoms` and `weights` one after the other.

    `quantities` (n, 3) receives squared error, l1 norm and violation. `rows` is the padded
    dictionary, `panels` and `gram` what `prepare` makes of it, `scratch` and `indices` memory to
    work in.
    Returns the sum of the sizes.
    """
    pixels = patches.shape[1]
    capacity, stride = len(indices), -(-len(indices) // LANES) * LANES
    memory = numbers(scratch)
    p = Problem(
        numbers(rows),
        numbers(panels),
        numbers(gram),
        rows.shape[1],
        gram.shape[1],
        capacity,
        penalty,
        tolerance,
        like(memory, np.sqrt(np.finfo(scratch.dtype).eps)),
    )
    w = Workspace(
        numbers(indices),
        after(memory, 2 * LANES),
        after(memory, 2 * LANES + stride),
        after(memory, 2 * LANES + 2 * stride),
        after(memory, 2 * LANES + 5 * stride),
        stride,
        after(memory, 2 * LANES + 3 * stride),
        after(memory, 2 * LANES + 4 * stride),
        after(memory, 2 * LANES + (5 + capacity) * stride),
        memory,
    )
    residual = after(w.correlations, p.atom_stride)
    signals = after(residual, p.pixel_stride)
    products = after(signals, TILE * p.pixel_stride)
    used = 0
    for first in range(0, len(patches), TILE):
        together = read_tile(patches, first, p.pixel_stride, signals)
        correlate(signals, p.pixel_stride, p.panels, pixels, p.atom_stride, products)
        for i in range(together):
            n, violation = _solve(after(products, i * p.atom_stride), p, w)
            subtract(n, after(signals, i * p.pixel_stride), p.rows, p.pixel_stride, w, residual)
            l1_norm = keep_code(n, w, first + i, used, sizes, atoms, weights)
            used += n
            quantities[first + i, 0] = dot(p.pixel_stride, residual, residual)
            quantities[first + i, 1] = l1_norm
            quantities[first + i, 2] = violation
    return used
