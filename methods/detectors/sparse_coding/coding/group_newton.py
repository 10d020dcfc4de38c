"""The machine code of the group-sparse solver: Newton's method on an active set, patch by patch.

It solves

    argmin_a 1/2 ||s - D a||^2 + penalty ||a||_1 + group_penalty sum_g ||a_g||_2

where a_g are the weights of group g. Known are the active atoms (weight not zero), their signs and
their Gram matrix. With the signs held, the objective is smooth in the active weights as long as no
group is zero; Newton's method minimises it. One round:

1. Take in some of the atoms that violate optimality most. In a group that is zero one atom starts
   alone; when only several together can make the group better than zero, they start together.
2. Newton steps with an exact line search until the active weights are optimal. An atom whose weight
   reaches zero on the way leaves; a group that is better off at zero leaves as a whole.
3. Bring the correlations of all atoms with the residual up to date.

Memory is laid out as in `blocks`; besides, every group starts at a multiple of 64 atoms.
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
    spread,
    store,
    total,
    where_larger,
)

TOGETHER = 4
"""Atoms taken in at most between two looks at all correlations."""
WORTH = 0.3
"""An atom is taken in only when it violates this share of the largest violation."""
TRIALS = 30
"""Lengths of a Newton step that are tried, at most."""
ACCURACY = 0.2
"""The share of the first gradient in the active weights that Newton steps leave, at most."""
STEPS = 30
"""Newton steps between two looks at all correlations, at most."""
ROUNDS = 150
"""Rounds after which a patch is given up."""
SHRINKING = 0.3
"""A group is tested for zero when a Newton step would leave less than this share of its norm."""


class Problem(NamedTuple):
    """The dictionaries and penalties; the arrays are memory of `vectors.Numbers`."""

    rows: Any
    """The atoms of all groups, a row each."""
    gram: Any
    pixel_stride: int
    atom_stride: int
    group_count: int
    group_of: Any
    """The group of every atom."""
    group_starts: Any
    """The first atom of each group, and at the end the number of all."""
    penalty: Any
    group_penalty: Any
    tolerance: Any
    singular: Any
    """A pivot below this share of the atom's squared norm counts as zero."""


class Workspace(NamedTuple):
    """One patch at work; the first n entries of a row belong to the n active atoms."""

    atoms: Any
    groups: Any
    """The group of each active atom."""
    members: Any
    """The number of active atoms in each group."""
    norms: Any
    """The norm of each group's weights."""
    along: Any
    """How fast each group's norm grows along `direction`."""
    lengths: Any
    """The squared norm of each group's part of `direction`."""
    signs: Any
    weights: Any
    gradient: Any
    """Minus the gradient of the objective in the active weights."""
    direction: Any
    image: Any
    """The Gram matrix times `direction`."""
    gram: Any
    """The active atoms' Gram matrix."""
    system: Any
    """The matrix of a Newton step and its right-hand side."""
    stride: int
    """Numbers from one row of `gram`, `system` or `units` to the next."""
    units: Any
    """A row for each group: its weights over their norm; other groups' entries are zero."""
    correlations: Any
    """Of all atoms with the residual; 0 for active ones."""
    places: Any


@inlined
def _append(n: int, atom: int, sign: Any, p: Problem, w: Workspace) -> None:
    """Make an atom active with weight zero."""
    if n % LANES == 0:
        zeros = spread(like(w.weights, 0))
        for memory in (w.weights, w.gradient, w.direction, w.image):
            store(memory, n, zeros)
        for i in range(n):
            store(w.gram, i * w.stride + n, zeros)
        for group in range(p.group_count):
            store(w.units, group * w.stride + n, zeros)
    gram_row, new_row = after(p.gram, atom * p.atom_stride), after(w.gram, n * w.stride)
    for at in range(0, n + 1, LANES):
        store(new_row, at, spread(like(w.weights, 0)))
    for i in range(n):
        new_row[i] = w.gram[i * w.stride + n] = gram_row[w.atoms[i]]
    new_row[n] = gram_row[atom]
    w.atoms[n] = atom
    w.groups[n] = p.group_of[atom]
    w.members[w.groups[n]] += 1
    w.signs[n] = sign
    w.weights[n] = 0


@called
def _leave(n: int, leaving: int, w: Workspace) -> None:
    """Take one of the n active atoms out; the last one gets its place."""
    last = n - 1
    w.members[w.groups[leaving]] -= 1
    w.atoms[leaving] = w.atoms[last]
    w.groups[leaving] = w.groups[last]
    w.signs[leaving] = w.signs[last]
    w.weights[leaving] = w.weights[last]
    w.weights[last] = 0
    corner = w.gram[last * w.stride + last]
    copy(n, after(w.gram, last * w.stride), after(w.gram, leaving * w.stride))
    for i in range(last):
        w.gram[i * w.stride + leaving] = w.gram[i * w.stride + last]
        w.gram[i * w.stride + last] = 0
    w.gram[leaving * w.stride + leaving] = corner
    w.gram[leaving * w.stride + last] = 0


@inlined
def _times_gram(n: int, x: Any, y: Any, w: Workspace) -> None:
    """y = gram @ x, over the active atoms."""
    for at in range(0, n, LANES):
        result = spread(like(w.weights, 0))
        column = after(w.gram, at)
        for i in range(n):
            result = multiply_add(spread(x[i]), load(column, i * w.stride), result)
        store(y, at, result)


@called
def _differentiate(n: int, signal_correlations: Any, p: Problem, w: Workspace) -> Any:
    """Norms, units and gradient at the weights; returns the norm of the gradient.

    A group of one atom that has just been taken in has norm zero; its unit is the atom's sign.
    """
    for group in range(p.group_count):
        w.norms[group] = 0
        for at in range(0, n, LANES):
            store(w.units, group * w.stride + at, spread(like(w.weights, 0)))
    for i in range(n):
        w.norms[w.groups[i]] += w.weights[i] * w.weights[i]
    for group in range(p.group_count):
        w.norms[group] = np.sqrt(w.norms[group])
    _times_gram(n, w.weights, w.gradient, w)
    for i in range(n):
        norm = w.norms[w.groups[i]]
        unit = w.weights[i] / norm if norm > 0 else w.signs[i]
        w.units[w.groups[i] * w.stride + i] = unit
        pull = p.penalty * w.signs[i] + p.group_penalty * unit
        w.gradient[i] = signal_correlations[w.atoms[i]] - w.gradient[i] - pull
    return np.sqrt(dot(n, w.gradient, w.gradient))


@called
def _newton_direction(n: int, p: Problem, w: Workspace) -> None:
    """direction = (Gram matrix + Hessian of the group norms)^-1 gradient, by elimination.

    The Hessian of ||a_g|| is (I - u u^T) / ||a_g|| with the unit vector u of the group.
    """
    for i in range(n):
        row = after(w.system, i * w.stride)
        copy(n, after(w.gram, i * w.stride), row)
        group, norm = w.groups[i], w.norms[w.groups[i]]
        if norm > 0:
            units = after(w.units, group * w.stride)
            bend = p.group_penalty / norm
            add_scaled(n, -bend * units[i], units, row)
            row[i] += bend
        row[n] = w.gradient[i]
    for i in range(n):
        pivot_row = after(w.system, i * w.stride)
        own = w.gram[i * w.stride + i]
        if pivot_row[i] < own * p.singular:
            pivot_row[i] = own
        start = i // LANES * LANES
        for below in range(i + 1, n):
            row = after(w.system, below * w.stride)
            factor = row[i] / pivot_row[i]
            add_scaled(n + 1 - start, -factor, after(pivot_row, start), after(row, start))
    for i in range(n - 1, -1, -1):
        row = after(w.system, i * w.stride)
        value = row[n]
        for other in range(i + 1, n):
            value -= row[other] * w.direction[other]
        w.direction[i] = value / row[i]


@called
def _is_better_off_at_zero(group: int, n: int, p: Problem, w: Workspace) -> bool:
    """Whether the weights of a group are best all zero, the others held, among active atoms."""
    squared = like(w.weights, 0)
    for i in range(n):
        if w.groups[i] == group:
            unit = w.units[group * w.stride + i]
            correlation = w.gradient[i] + p.penalty * w.signs[i] + p.group_penalty * unit
            for other in range(n):
                if w.groups[other] == group:
                    correlation += w.gram[i * w.stride + other] * w.weights[other]
            excess = max(abs(correlation) - p.penalty, like(w.weights, 0))
            squared += excess * excess
    return squared <= p.group_penalty * p.group_penalty


@inlined
def _should_drop(group: int, optimal: bool, n: int, slack: Any, p: Problem, w: Workspace) -> bool:
    """Whether a group should go to zero as a whole: it is all but there, or heads for it."""
    norm = w.norms[group]
    if norm <= slack * like(w.weights, 0.1):
        # The norm of a group that has just been taken in is zero until the next step.
        return w.members[group] > 0 and (optimal or norm > 0)
    left = norm + dot(n, after(w.units, group * w.stride), w.direction)
    shrinks = not optimal and left < norm * like(w.weights, SHRINKING)
    return shrinks and _is_better_off_at_zero(group, n, p, w)


@inlined
def _drop_group(group: int, n: int, w: Workspace) -> int:
    """Take all atoms of a group out of the n active ones; returns how many stay."""
    for i in range(n - 1, -1, -1):
        if w.groups[i] == group:
            _leave(n, i, w)
            n -= 1
    return n


@inlined
def _step_length(limit: Any, n: int, p: Problem, w: Workspace) -> Any:
    """The step up to a limit with which the objective is least along the direction.

    Either the limit, or where the slope is a tenth of the first one.
    """
    first = -dot(n, w.direction, w.gradient)
    curvature = dot(n, w.direction, w.image)
    for group in range(p.group_count):
        w.along[group] = dot(n, after(w.units, group * w.stride), w.direction)
        w.lengths[group] = 0
    for i in range(n):
        w.lengths[w.groups[i]] += w.direction[i] * w.direction[i]
    low, high = like(w.weights, 0), like(w.weights, np.inf)
    step = min(limit, like(w.weights, 1))
    for _ in range(TRIALS):
        slope = first + step * curvature
        for group in range(p.group_count):
            norm, along, length = w.norms[group], w.along[group], w.lengths[group]
            squared = norm * norm + step * (norm * (along + along) + step * length)
            if squared > 0:
                turned = (norm * along + step * length) / np.sqrt(squared)
                slope += p.group_penalty * (turned - along)
        if abs(slope) <= abs(first) * like(w.weights, 0.1) or (slope < 0 and step == limit):
            break
        if slope < 0:
            low = step
        else:
            high = step
        doubled = min(limit, step + step)
        step = doubled if high == np.inf else (low + high) * like(w.weights, 0.5)
    return step


@inlined
def _first_at_zero(n: int, p: Problem, w: Workspace) -> tuple[int, Any]:
    """The first weight to reach zero along the direction and the step to there; n if none.

    Zero is no obstacle for the weights of a group of several when there is no l1 penalty.
    """
    leaving, limit = n, like(w.weights, np.inf)
    for i in range(n):
        if w.direction[i] * w.signs[i] < 0 and (p.penalty > 0 or w.members[w.groups[i]] == 1):
            share = -w.weights[i] / w.direction[i]
            if share < limit:
                leaving, limit = i, share
    return leaving, limit


@inlined
def _minimise(n: int, signal_correlations: Any, slack: Any, p: Problem, w: Workspace) -> int:
    """Newton steps until the active weights are all but optimal; returns how many are left.

    What moves correlations by less than `slack` is negligible.
    """
    accuracy = like(w.weights, 0)
    for step_number in range(STEPS):
        gradient = _differentiate(n, signal_correlations, p, w)
        if step_number == 0:
            accuracy = max(slack * like(w.weights, 0.5), gradient * like(w.weights, ACCURACY))
        optimal = gradient <= accuracy
        if not optimal:
            _newton_direction(n, p, w)
        stay = n
        for group in range(p.group_count):
            if stay == n and _should_drop(group, optimal, n, slack, p, w):
                stay = _drop_group(group, n, w)
        if stay < n:
            n = stay
        elif optimal:
            return n
        else:
            leaving, limit = _first_at_zero(n, p, w)
            _times_gram(n, w.direction, w.image, w)
            step = _step_length(limit, n, p, w)
            add_scaled(n, step, w.direction, w.weights)
            if leaving < n and step == limit:
                _leave(n, leaving, w)
                n -= 1
    _differentiate(n, signal_correlations, p, w)
    return n


@inlined
def _scan(p: Problem, w: Workspace) -> Any:
    """Which atoms and groups violate optimality.

    By how much the worst atoms do, those with the numbers 0, 32, ..., with 1, 33, ... and so on, as
    two vectors whose places go to `places`, and the most of them; which group that is zero violates
    it most as a whole, and by how much.
    """
    zeros = spread(like(w.weights, 0))
    low = high = low_place = high_place = zeros
    neediest, need = 0, like(w.weights, 0)
    for group in range(p.group_count):
        bar = spread(p.penalty)
        if w.members[group] == 0:
            bar = spread(p.penalty + p.group_penalty)
        squares = zeros
        for at in range(p.group_starts[group], p.group_starts[group + 1], 2 * LANES):
            here = spread(like(w.weights, at))
            x = absolute(load(w.correlations, at))
            y = absolute(load(w.correlations, at + LANES))
            low_place = where_larger(minus(x, bar), low, here, low_place)
            high_place = where_larger(minus(y, bar), high, here, high_place)
            low = where_larger(minus(x, bar), low, minus(x, bar), low)
            high = where_larger(minus(y, bar), high, minus(y, bar), high)
            x, y = minus(x, spread(p.penalty)), minus(y, spread(p.penalty))
            x, y = where_larger(x, zeros, x, zeros), where_larger(y, zeros, y, zeros)
            squares = multiply_add(x, x, multiply_add(y, y, squares))
        excess = np.sqrt(total(squares)) - p.group_penalty
        if w.members[group] == 0 and excess > need:
            neediest, need = group, excess
    store(w.places, 0, low_place)
    store(w.places, LANES, high_place)
    return low, high, largest(where_larger(low, high, low, high)), neediest, need


@inlined
def _take_in(n: int, low: Any, high: Any, bar: Any, p: Problem, w: Workspace) -> int:
    """Take in the atoms that violate optimality by more than the bar, the worst first.

    A group that was zero gets one atom only. Returns the number of active atoms.
    """
    zeros = spread(like(w.weights, 0))
    for _ in range(TOGETHER):
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
        atom = int(w.places[lane]) + lane
        group = p.group_of[atom]
        if w.members[group] == 0 or w.norms[group] > 0:
            up = w.correlations[atom] > 0
            _append(n, atom, like(w.weights, 1) if up else like(w.weights, -1), p, w)
            n += 1
    return n


@called
def _start_group(n: int, group: int, p: Problem, w: Workspace) -> int:
    """Give a group that is zero weights along its correlations less the penalty.

    The step along them is the best one. Returns the number of active atoms.
    """
    before = n
    squared = like(w.weights, 0)
    for atom in range(p.group_starts[group], p.group_starts[group + 1]):
        excess = abs(w.correlations[atom]) - p.penalty
        if excess > 0:
            sign = like(w.weights, 1) if w.correlations[atom] > 0 else like(w.weights, -1)
            _append(n, atom, sign, p, w)
            w.weights[n] = sign * excess
            squared += excess * excess
            n += 1
    curvature = like(w.weights, 0)
    for i in range(before, n):
        for other in range(before, n):
            curvature += w.weights[i] * w.gram[i * w.stride + other] * w.weights[other]
    norm = np.sqrt(squared)
    step = norm * (norm - p.group_penalty) / curvature
    for i in range(before, n):
        w.weights[i] *= step
    return n


@inlined
def _remainder(n: int, p: Problem, w: Workspace) -> Any:
    """The most that an active atom violates optimality, or NaN; their correlations become 0."""
    most = like(w.weights, 0)
    for i in range(n):
        unit = w.units[w.groups[i] * w.stride + i]
        pull = p.penalty * w.signs[i] + p.group_penalty * unit
        left = abs(w.correlations[w.atoms[i]] - pull)
        most = most if left <= most else left
        w.correlations[w.atoms[i]] = 0
    return most


@called
def _solve(signal_correlations: Any, p: Problem, w: Workspace) -> tuple[int, Any]:
    """Code the patch that has these correlations: how many atoms are active, and the violation."""
    n: Any = np.int64(0)  # a plain 0 would have functions compiled once more, for zero alone
    for group in range(p.group_count):
        w.members[group] = 0
        w.norms[group] = 0
    copy(p.atom_stride, signal_correlations, w.correlations)
    highest = spread(like(w.weights, 0))
    for at in range(0, p.atom_stride, LANES):
        x = absolute(load(w.correlations, at))
        highest = where_larger(x, highest, x, highest)
    scale = max(p.penalty, p.group_penalty, largest(highest) * like(w.weights, 0.01))
    slack = p.tolerance * scale
    violation = remainder = like(w.weights, 0)
    for _ in range(ROUNDS):
        low, high, most, neediest, need = _scan(p, w)
        violation = max(most, need)
        violation = violation if remainder <= violation else remainder
        if not violation > slack:
            break
        if most > slack:
            n = _take_in(n, low, high, max(slack, most * like(w.weights, WORTH)), p, w)
        elif need > slack:
            n = _start_group(n, neediest, p, w)
        n = _minimise(n, signal_correlations, slack, p, w)
        subtract(n, signal_correlations, p.gram, p.atom_stride, w, w.correlations)
        remainder = _remainder(n, p, w)
    if violation <= 0:
        return n, like(w.weights, 0)
    return n, violation / scale


@compiled
def solve(
    patches: Floats,
    rows: Floats,
    panels: Floats,
    gram: Floats,
    group_of: NDArray[np.int64],
    group_starts: NDArray[np.int64],
    penalty: Any,
    group_penalty: Any,
    tolerance: Any,
    scratch: Floats,
    indices: NDArray[np.int64],
    sizes: NDArray[np.int64],
    atoms: NDArray[np.int32],
    weights: Floats,
    quantities: Floats,
) -> int:
    """Code patches (n, d): their `sizes`, and their `atoms` and `weights` one after the other.

    `quantities` (n, 4) receives squared error, l1 norm, violation and the sum of the groups' norms.
    `scratch` and `indices` are memory to work in. Returns the sum of the sizes.
    """
    pixels = patches.shape[1]
    atom_stride, pixel_stride = rows.shape
    group_count = len(group_starts) - 1
    stride = atom_stride + LANES
    memory, whole = numbers(scratch), numbers(indices)
    p = Problem(
        numbers(rows),
        numbers(gram),
        pixel_stride,
        atom_stride,
        group_count,
        numbers(group_of),
        numbers(group_starts),
        penalty,
        group_penalty,
        tolerance,
        like(memory, np.sqrt(np.finfo(scratch.dtype).eps)),
    )
    vectors = after(memory, 2 * LANES + 3 * group_count)
    matrices = after(vectors, 6 * stride)
    w = Workspace(
        whole,
        after(whole, atom_stride),
        after(whole, 2 * atom_stride),
        after(memory, 2 * LANES),
        after(memory, 2 * LANES + group_count),
        after(memory, 2 * LANES + 2 * group_count),
        vectors,
        after(vectors, stride),
        after(vectors, 2 * stride),
        after(vectors, 3 * stride),
        after(vectors, 4 * stride),
        matrices,
        after(matrices, atom_stride * stride),
        stride,
        after(matrices, 2 * atom_stride * stride),
        after(vectors, 5 * stride),
        memory,
    )
    residual = after(matrices, (2 * atom_stride + group_count) * stride)
    signals = after(residual, pixel_stride)
    products = after(signals, TILE * pixel_stride)
    used = 0
    for first in range(0, len(patches), TILE):
        together = read_tile(patches, first, pixel_stride, signals)
        correlate(signals, pixel_stride, numbers(panels), pixels, atom_stride, products)
        for i in range(together):
            n, violation = _solve(after(products, i * atom_stride), p, w)
            subtract(n, after(signals, i * pixel_stride), p.rows, pixel_stride, w, residual)
            l1_norm = keep_code(n, w, first + i, used, sizes, atoms, weights)
            used += n
            group_norm = like(memory, 0)
            for group in range(group_count):
                group_norm += w.norms[group]
            quantities[first + i, 0] = dot(pixel_stride, residual, residual)
            quantities[first + i, 1] = l1_norm
            quantities[first + i, 2] = violation
            quantities[first + i, 3] = group_norm
    return used
