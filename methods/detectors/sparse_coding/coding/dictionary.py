"""Learning a dictionary over which patches have sparse codes."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from methods.detectors.sparse_coding.coding.compiling import compiled
from methods.detectors.sparse_coding.coding.solver import encode
from methods.progress import Progress, no_progress

BATCH = 1024
"""Patches between two updates of the dictionary, at most."""
UPDATES = 16
"""Updates in one pass over the patches, at least."""
TOLERANCE = 1e-2
"""Of the codes while learning; see `solver.encode`."""
FORGETTING = 20.0
"""How fast codes over older dictionaries lose weight: batch t leaves them (1 - 1/t)^20 of it."""
UNUSED = 1e-3
"""An atom is replaced when its squared weights sum to less than this share of the mean atom's."""

Floats = NDArray[np.float32]


def learn_dictionary(
    patches: Floats,
    atoms: int,
    penalty: float,
    *,
    rng: np.random.Generator,
    epochs: int = 2,
    progress: Progress = no_progress,
) -> Floats:
    """A dictionary (atoms, d) of unit-norm rows for patches (n, d).

    It goes towards a local minimum, over dictionaries, of the mean over the patches s of

        min_a  1/2 ||s - D a||^2 + penalty ||a||_1

    by online learning (Mairal, Bach, Ponce and Sapiro, JMLR 2010). Patches are coded in batches
    over the dictionary so far; after each batch one pass of block coordinate descent moves every
    atom to where the codes of all batches want it, those of older batches with less weight. An atom
    that hardly any patch uses is replaced by a patch. `epochs` passes are made over the patches, in
    an order that `rng` decides. Patches that are zero teach nothing and are left out.

    Costs what `encode` costs for all patches and epochs, and O(atoms^2 d) a batch.
    """
    useful = patches[np.any(patches != 0, axis=1)]
    dictionary = _initial(useful, atoms, patches.shape[1], rng)
    products = np.zeros((atoms, atoms), dtype=np.float32)
    targets = np.zeros_like(dictionary)
    for number, share_done, batch in _batches(useful, epochs, rng):
        codes = encode(batch, dictionary, penalty, tolerance=TOLERANCE)
        kept = np.float32((1 - 1 / number) ** FORGETTING)
        products *= kept
        targets *= kept
        _gather(batch, codes.starts, codes.atoms, codes.weights, products, targets)
        use = products.diagonal()
        for atom in np.flatnonzero(use < UNUSED * use.mean()):
            products[atom] = products[:, atom] = targets[atom] = 0
            dictionary[atom] = _unit(batch[rng.integers(len(batch))])
        _descend(products, targets, dictionary)
        progress(share_done)
    return dictionary


def _batches(
    patches: Floats, epochs: int, rng: np.random.Generator
) -> Iterator[tuple[int, float, Floats]]:
    """Batches in random order: the number of each from 1 on, the share done after it, patches."""
    size = max(1, min(BATCH, len(patches) // UPDATES))
    count = len(patches) // size
    for epoch in range(epochs):
        order = rng.permutation(len(patches))
        for turn in range(count):
            number = epoch * count + turn + 1
            yield number, number / (epochs * count), patches[order[turn * size :][:size]]


def _initial(patches: Floats, atoms: int, pixels: int, rng: np.random.Generator) -> Floats:
    """Distinct patches, and random directions where there are too few."""
    chosen = patches[rng.permutation(len(patches))[:atoms]]
    filling = rng.standard_normal((atoms - len(chosen), pixels), dtype=np.float32)
    return _unit(np.concatenate([chosen, filling]))


def _unit(rows: Floats) -> Floats:
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


@compiled
def _gather(
    patches: Floats,
    starts: NDArray[np.int64],
    atoms: NDArray[np.int32],
    weights: Floats,
    products: Floats,
    targets: Floats,
) -> None:
    """Add a a^T to the products and a s^T to the targets, for the code a of every patch s."""
    for patch in range(len(patches)):
        signal = patches[patch]
        for i in range(starts[patch], starts[patch + 1]):
            weight = weights[i]
            product, target = products[atoms[i]], targets[atoms[i]]
            for other in range(starts[patch], starts[patch + 1]):
                product[atoms[other]] += weight * weights[other]
            for pixel in range(len(signal)):
                target[pixel] += weight * signal[pixel]


@compiled
def _descend(products: Floats, targets: Floats, dictionary: Floats) -> None:
    """Move each used atom in turn to its best place on the unit sphere, the others held.

    For fixed codes the objective is 1/2 tr(D^T P D) - tr(D^T T) with the products P and the targets
    T, and atom j is best along P_jj d_j + (T - P D)_j.
    """
    count, pixels = dictionary.shape
    best = np.empty_like(dictionary[0])
    for atom in range(count):
        own = products[atom, atom]
        if own == 0:
            continue
        for pixel in range(pixels):
            best[pixel] = targets[atom, pixel] + own * dictionary[atom, pixel]
        for other in range(count):
            product, row = products[atom, other], dictionary[other]
            for pixel in range(pixels):
                best[pixel] -= product * row[pixel]
        norm = np.sqrt(np.sum(best * best))
        if norm > 0:
            for pixel in range(pixels):
                dictionary[atom, pixel] = best[pixel] / norm
