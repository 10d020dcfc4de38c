"""The l1 solver against hand-worked cases, optimality conditions and scikit-learn."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.decomposition import sparse_encode

from methods.detectors.sparse_coding.coding.solver import encode

TOLERANCE = 1e-3


def unit_rows(rows: NDArray[np.floating]) -> NDArray[np.float32]:
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    return (rows / np.where(norms > 0, norms, 1)).astype(np.float32)


def objective(patches, dictionary, codes, penalty) -> NDArray[np.float64]:
    patches, dictionary, codes = (np.float64(each) for each in (patches, dictionary, codes))
    errors = ((patches - codes @ dictionary) ** 2).sum(axis=1)
    return errors / 2 + penalty * np.abs(codes).sum(axis=1)


def unit_of_violation(patches, dictionary, *penalties) -> NDArray[np.float64]:
    """What a tolerance is relative to, for each patch; 1 where that is zero."""
    unit = np.maximum(max(penalties), np.abs(patches @ dictionary.T).max(axis=1) / 100)
    return np.where(unit > 0, unit, 1)


def rounding(patches, codes, unit) -> NDArray[np.float64]:
    """How well single precision can tell a violation: correlations of patch and weighted atoms."""
    return 3e-7 * (np.linalg.norm(patches, axis=1) + codes.l1_norm) / unit


def worst_violation(patches, dictionary, codes, penalty) -> NDArray[np.float64]:
    """The largest violation of the optimality conditions, in the units of the tolerance."""
    patches, dictionary, codes = (np.float64(each) for each in (patches, dictionary, codes))
    correlations = (patches - codes @ dictionary) @ dictionary.T
    active = np.abs(correlations - penalty * np.sign(codes))
    violations = np.where(codes != 0, active, np.abs(correlations) - penalty)
    return violations.max(axis=1) / unit_of_violation(patches, dictionary, penalty)


def test_one_atom_is_soft_thresholding():
    patches = np.float32([[3, 4], [-3, -4], [0.3, 0.4], [4, -3]])
    codes = encode(patches, np.float32([[0.6, 0.8]]), penalty=1.0)
    np.testing.assert_allclose(codes.dense(1), [[4], [-4], [0], [0]], atol=1e-6)
    np.testing.assert_allclose(codes.squared_error, [1, 1, 0.25, 25], atol=1e-5)
    np.testing.assert_allclose(codes.l1_norm, [4, 4, 0, 0], atol=1e-6)


def test_orthogonal_atoms_are_thresholded_one_by_one():
    codes = encode(np.float32([[2, -0.5, -3, 0.25]]), np.eye(4, dtype=np.float32), penalty=0.5)
    np.testing.assert_allclose(codes.dense(4), [[1.5, 0, -2.5, 0]], atol=1e-6)
    assert codes.squared_error[0] == pytest.approx(0.5**2 + 0.5**2 + 0.5**2 + 0.25**2)


def test_many_atoms_that_violate_equally():
    codes = encode(np.ones((2, 90), np.float32), np.eye(90, dtype=np.float32), penalty=0.1)
    np.testing.assert_allclose(codes.dense(90), np.full((2, 90), 0.9), atol=1e-6)
    assert codes.violation.max() <= TOLERANCE


def test_two_correlated_atoms_worked_by_hand():
    # Gram matrix [[1, .6], [.6, 1]], correlations of the patch (2, 1.5), penalty 0.2: with both
    # signs positive the weights solve [[1, .6], [.6, 1]] a = (1.8, 1.3).
    dictionary = np.float32([[1, 0], [0.6, 0.8]])
    codes = encode(np.float32([[2, (1.5 - 1.2) / 0.8]]), dictionary, penalty=0.2)
    expected = [(1.8 - 0.6 * 1.3) / 0.64, (1.3 - 0.6 * 1.8) / 0.64]
    np.testing.assert_allclose(codes.dense(2), [expected], atol=1e-5)


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 10**6),
    pixels=st.integers(1, 40),
    atoms=st.integers(1, 80),
    share=st.sampled_from([0, 1e-3, 0.03, 0.1, 0.3, 0.9, 1, 2]),
    duplicates=st.booleans(),
    collinear=st.booleans(),
)
def test_optimality_conditions_hold(seed, pixels, atoms, share, duplicates, collinear):
    rng = np.random.default_rng(seed)
    dictionary = unit_rows(rng.standard_normal((atoms, pixels)))
    if duplicates:
        dictionary[rng.integers(atoms)] = dictionary[rng.integers(atoms)]
        dictionary[rng.integers(atoms)] = -dictionary[rng.integers(atoms)]
    if collinear:
        first, second = dictionary[rng.integers(atoms, size=2)]
        dictionary[rng.integers(atoms)] = unit_rows([first + 0.3 * second])[0]
    patches = rng.standard_normal((7, pixels)).astype(np.float32)
    patches[2] = 0
    patches[3] = 1
    penalty = share * float(np.abs(patches @ dictionary.T).max())
    codes = encode(patches, dictionary, penalty, tolerance=TOLERANCE)
    dense = codes.dense(atoms)
    allowed = TOLERANCE + rounding(patches, codes, unit_of_violation(patches, dictionary, penalty))
    assert (worst_violation(patches, dictionary, dense, penalty) <= allowed).all()
    assert codes.violation.max() <= TOLERANCE
    errors = ((patches - dense @ dictionary) ** 2).sum(axis=1)
    np.testing.assert_allclose(codes.squared_error, errors, rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(codes.l1_norm, np.abs(dense).sum(axis=1), rtol=1e-4, atol=1e-6)


def coordinate_descent(patch, dictionary, penalty, sweeps) -> NDArray[np.float64]:
    """The code of one patch in double precision, one weight after the other."""
    patch, dictionary = np.float64(patch), np.float64(dictionary)
    norms = (dictionary**2).sum(axis=1)
    code = np.zeros(len(dictionary))
    residual = patch.copy()
    for _ in range(sweeps):
        for j, atom in enumerate(dictionary):
            reached = atom @ residual + norms[j] * code[j]
            weight = np.sign(reached) * max(abs(reached) - penalty, 0) / norms[j]
            residual += (code[j] - weight) * atom
            code[j] = weight
    return code


def test_single_precision_agrees_with_a_plain_reference_in_double():
    rng = np.random.default_rng(2)
    dictionary = unit_rows(rng.standard_normal((40, 25)))
    patches = rng.standard_normal((5, 25)).astype(np.float32)
    ours = encode(patches, dictionary, 0.3, tolerance=1e-5).dense(40)
    expected = [coordinate_descent(patch, dictionary, 0.3, 500) for patch in patches]
    np.testing.assert_allclose(ours, expected, atol=1e-4)


@pytest.mark.parametrize("algorithm", ["lasso_lars", "lasso_cd"])
def test_objective_equals_scikit_learns(algorithm):
    rng = np.random.default_rng(0)
    dictionary = unit_rows(rng.standard_normal((100, 49)))
    patches = rng.standard_normal((40, 49)).astype(np.float32)
    theirs = sparse_encode(
        np.float64(patches), np.float64(dictionary), algorithm=algorithm, alpha=0.5, max_iter=10000
    )
    ours = encode(patches, dictionary, 0.5, tolerance=1e-5).dense(100)
    np.testing.assert_allclose(
        objective(patches, dictionary, ours, 0.5),
        objective(patches, dictionary, theirs, 0.5),
        rtol=1e-4 if algorithm == "lasso_cd" else 1e-6,
    )


def test_codes_do_not_depend_on_threads_or_batch():
    rng = np.random.default_rng(0)
    dictionary = unit_rows(rng.standard_normal((130, 49)))
    patches = rng.standard_normal((2500, 49)).astype(np.float32)
    whole = encode(patches, dictionary, 0.5)
    alone = encode(patches[2100:2101], dictionary, 0.5)
    np.testing.assert_array_equal(whole.dense(130)[2100:2101], alone.dense(130))
    single = encode(patches, dictionary, 0.5, threads=1)
    for name in ("starts", "atoms", "weights", "squared_error", "l1_norm", "violation"):
        np.testing.assert_array_equal(getattr(whole, name), getattr(single, name))


def test_no_patches():
    codes = encode(np.empty((0, 9), np.float32), np.eye(9, dtype=np.float32), 0.1)
    assert len(codes) == 0
    assert codes.dense(9).shape == (0, 9)
