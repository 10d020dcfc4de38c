"""Dictionary learning: what it must keep, and a dictionary that is known."""

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.decomposition import MiniBatchDictionaryLearning

from methods.detectors.sparse_coding.coding.dictionary import learn_dictionary
from methods.detectors.sparse_coding.coding.solver import encode
from methods.progress import Cancelled
from tests.methods.detectors.sparse_coding.coding.test_solver import unit_rows
from tests.progress import Heard, cancel_from


def mean_objective(patches, dictionary, penalty) -> float:
    codes = encode(patches, dictionary, penalty)
    return float((codes.squared_error / 2 + penalty * codes.l1_norm).mean())


def planted(count: int, seed: int = 0) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Patches that are sums of three of 24 atoms in 16 pixels, and the atoms."""
    rng = np.random.default_rng(seed)
    dictionary = unit_rows(rng.standard_normal((24, 16)))
    codes = np.zeros((count, 24), dtype=np.float32)
    for code in codes:
        code[rng.choice(24, 3, replace=False)] = rng.choice([-1, 1], 3) * rng.uniform(0.5, 1.5, 3)
    noise = 0.01 * rng.standard_normal((count, 16), dtype=np.float32)
    return codes @ dictionary + noise, dictionary


def test_planted_atoms_are_found_again():
    patches, truth = planted(6000)
    learned = learn_dictionary(patches, 24, 0.3, rng=np.random.default_rng(0), epochs=20)
    assert np.abs(truth @ learned.T).max(axis=1).min() > 0.99


def test_held_out_objective_is_no_worse_than_scikit_learns():
    patches, _ = planted(2500)
    training, held_out = patches[:2000], patches[2000:]
    ours = learn_dictionary(training, 24, 0.3, rng=np.random.default_rng(0), epochs=5)
    peer = MiniBatchDictionaryLearning(24, alpha=0.3, max_iter=5, random_state=0).fit(training)
    theirs = unit_rows(peer.components_)
    assert mean_objective(held_out, ours, 0.3) <= mean_objective(held_out, theirs, 0.3)


def test_more_epochs_lower_the_objective():
    patches, _ = planted(3000)
    objectives = [
        mean_objective(
            patches, learn_dictionary(patches, 24, 0.1, rng=np.random.default_rng(1), epochs=n), 0.1
        )
        for n in (0, 1, 4)
    ]
    assert objectives[0] > objectives[1] > objectives[2]


def test_atoms_have_unit_norm_and_a_seed_decides_them():
    patches, _ = planted(700)
    first, same, other = (
        learn_dictionary(patches, 30, 0.1, rng=np.random.default_rng(seed)) for seed in (3, 3, 4)
    )
    np.testing.assert_allclose(np.linalg.norm(first, axis=1), 1, atol=1e-5)
    np.testing.assert_array_equal(first, same)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("count", [0, 1, 5])
def test_fewer_patches_than_atoms(count):
    patches = np.concatenate([planted(5)[0][:count], np.zeros((3, 16), np.float32)])
    dictionary = learn_dictionary(patches, 12, 0.1, rng=np.random.default_rng(0))
    np.testing.assert_allclose(np.linalg.norm(dictionary, axis=1), 1, atol=1e-5)
    assert dictionary.shape == (12, 16)


def test_atoms_that_no_patch_uses_are_replaced():
    # All patches but one lie along two directions; two of four random patches as first atoms would
    # often miss one of the two for good.
    rng = np.random.default_rng(0)
    patches = np.zeros((400, 8), dtype=np.float32)
    patches[:, 0] = rng.uniform(1, 2, 400)
    patches[350:, 1] = patches[350:, 0]
    for seed in range(5):
        learned = learn_dictionary(patches, 4, 0.01, rng=np.random.default_rng(seed), epochs=4)
        closest = np.abs(unit_rows(np.array([patches[0], patches[399]])) @ learned.T).max(axis=1)
        assert closest.min() > 0.999


def test_progress_rises_to_one_and_can_cancel():
    patches, _ = planted(500)
    heard = Heard()
    learn_dictionary(patches, 24, 0.1, rng=np.random.default_rng(0), progress=heard)
    assert heard.fractions == sorted(heard.fractions)
    assert heard.fractions[-1] == 1
    with pytest.raises(Cancelled):
        learn_dictionary(patches, 24, 0.1, rng=np.random.default_rng(0), progress=cancel_from(0))
