"""Speed and exactness of l1 sparse coding beside its peers: `python -m benchmarks.lasso`.

Patches of 15 x 15 pixels, their mean removed, are coded over a dictionary learned from other
patches of the same images, with the penalty that leaves 25 non-zero weights a patch: by the solver
of `methods.detectors.sparse_coding`, by SPAMS and by scikit-learn, in one run, in single precision
and on the same number of threads. Then all three learn a dictionary from the same patches, and
every patch of a whole image is coded. Ends with one line of JSON; times are microseconds a patch,
the quickest of several rounds.
"""

import argparse
import json
import os
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import spams
from numpy.typing import NDArray
from scipy.sparse import csr_array
from sklearn.decomposition import MiniBatchDictionaryLearning, sparse_encode
from threadpoolctl import threadpool_info, threadpool_limits  # type: ignore[import-untyped]

from images.colour import Image
from images.dataset import Pixels
from images.open import open_path
from methods.detectors.sparse_coding.coding.dictionary import learn_dictionary
from methods.detectors.sparse_coding.coding.solver import encode
from methods.features.raw import RawPatches

WINDOW = 15
NONZEROS = 25
LEARNING_PENALTY = 0.15
ROUNDS = 8
WHOLE_ROUNDS = 3
ALLOWED_GAP = 1e-4
LASSO_CD, LASSO_LARS = 2000, 400
"""Patches that scikit-learn's slower solvers code."""
BATCH = 512
"""Patches of a batch when SPAMS and scikit-learn learn."""

Patches = NDArray[np.float32]
Floats = NDArray[np.float64]
T = TypeVar("T")


@dataclass(frozen=True)
class Task:
    """Patches to code over a dictionary, and how."""

    patches: Patches
    dictionary: Patches
    penalty: float
    threads: int

    def ours(self) -> Any:
        """The codes by this project, a sparse matrix."""
        codes = encode(self.patches, self.dictionary, self.penalty, threads=self.threads)
        shape = (len(self.patches), len(self.dictionary))
        return csr_array((codes.weights, codes.atoms, codes.starts), shape=shape)

    def spams(self) -> Any:
        """The codes by SPAMS, a sparse matrix. Fortran's order is its own, not a cost of it."""
        columns, atoms = np.asfortranarray(self.patches.T), np.asfortranarray(self.dictionary.T)
        return spams.lasso(columns, atoms, lambda1=self.penalty, mode=2, numThreads=self.threads).T

    def scikit_learn(self, algorithm: str, count: int, sweeps: int) -> Any:
        """The first codes by scikit-learn, in as many processes as there are threads."""
        return sparse_encode(
            self.patches[:count],
            self.dictionary,
            algorithm=algorithm,
            alpha=self.penalty,
            n_jobs=self.threads,
            max_iter=sweeps,
        )

    def objectives(self, codes: Any) -> Floats:
        """1/2 ||s - D a||^2 + penalty ||a||_1 of the first patches, in double precision."""
        codes = csr_array(codes, dtype=np.float64)
        residuals = self.patches[: codes.shape[0]] - codes @ self.dictionary.astype(np.float64)
        errors = np.einsum("nd,nd->n", residuals, residuals)
        return errors / 2 + self.penalty * np.asarray(abs(codes).sum(axis=1)).ravel()

    def lower_bounds(self) -> Floats:
        """What no code of a patch can go below: the dual objective at a scaled residual.

        The dual problem: maximise 1/2 ||s||^2 - 1/2 ||s - t||^2 over t with |D^T t| <= penalty.
        """
        codes = encode(self.patches, self.dictionary, self.penalty, tolerance=1e-6)
        dictionary = self.dictionary.astype(np.float64)
        patches = self.patches.astype(np.float64)
        residuals = patches - codes.dense(len(dictionary)) @ dictionary
        largest = np.abs(residuals @ dictionary.T).max(axis=1, keepdims=True)
        feasible = residuals * np.minimum(1, self.penalty / largest)
        return (np.square(patches) - np.square(patches - feasible)).sum(axis=1) / 2


def timed(work: Callable[[], T]) -> tuple[T, float]:
    """What some work gives, and the seconds that it took."""
    begin = time.perf_counter()
    return work(), time.perf_counter() - begin


def normal_images(data: Path | None) -> Sequence[Image]:
    """The normal images of a data set, or a texture."""
    if data is not None:
        return Pixels(open_path(data).normal)
    from skimage.data import gravel

    return [(gravel() / 255).astype(np.float32)]  # type: ignore[no-untyped-call]


def sample(images: Sequence[Image], count: int, rng: np.random.Generator) -> Patches:
    """Patches from all images, in random order, their mean removed."""
    features = RawPatches(WINDOW, 1)
    share = -(-count // len(images))
    patches = np.concatenate([features.sample(image, share, rng)[0] for image in images])
    patches = patches[rng.permutation(len(patches))[:count]]
    return patches - patches.mean(axis=1, keepdims=True)


def penalty_for(nonzeros: float, patches: Patches, dictionary: Patches) -> float:
    """The penalty that leaves so many non-zero weights a patch, to three digits."""
    low, high = 1e-4, float(np.abs(patches @ dictionary.T).max())
    for _ in range(16):
        middle = float(np.sqrt(low * high))
        too_many = len(encode(patches, dictionary, middle).atoms) > nonzeros * len(patches)
        low, high = (middle, high) if too_many else (low, middle)
    return float(f"{high:.3g}")


@dataclass(frozen=True)
class Coding:
    """How a solver did."""

    microseconds: float
    """For one patch."""
    gap: float
    """How far the mean objective is above the lower bound, relative to it."""
    nonzeros: float
    """In the code of one patch."""


def compare_coding(task: Task) -> tuple[dict[str, Coding], float]:
    """All solvers, and microseconds a patch of the product of patches and dictionary alone.

    The quick ones take turns, so that whatever else the machine does meets all of them.
    Coordinate descent makes no more sweeps than it needs for the gap that is allowed.
    """
    bounds = task.lower_bounds()

    def coding(codes: Any, seconds: float) -> Coding:
        count = codes.shape[0]
        bound = bounds[:count].mean()
        gap = float((task.objectives(codes).mean() - bound) / bound)
        return Coding(seconds * 1e6 / count, gap, csr_array(codes).nnz / count)

    quick: dict[str, Callable[[], Any]] = {
        "ours": task.ours,
        "spams": task.spams,
        "product": lambda: task.patches @ task.dictionary.T,
    }
    codes: dict[str, Any] = {}
    seconds: dict[str, float] = {}
    for _ in range(ROUNDS):
        for name, solve in quick.items():
            codes[name], taken = timed(solve)
            seconds[name] = min(taken, seconds.get(name, taken))
    codings = {name: coding(codes[name], seconds[name]) for name in ("ours", "spams")}
    task.scikit_learn("lasso_cd", 8, 1)  # starts the processes
    for sweeps in (5, 10, 25, 50, 100, 1000):
        codings["lasso_cd"] = coding(
            *timed(lambda: task.scikit_learn("lasso_cd", LASSO_CD, sweeps))  # noqa: B023
        )
        if codings["lasso_cd"].gap <= ALLOWED_GAP:
            break
    codings["lasso_lars"] = coding(
        *timed(lambda: task.scikit_learn("lasso_lars", LASSO_LARS, 1000))
    )
    return codings, seconds["product"] * 1e6 / len(task.patches)


def compare_learning(task: Task, training: Patches) -> dict[str, tuple[float, float]]:
    """Seconds to learn from the training patches, and the mean objective of others afterwards.

    The peers make one pass, this project as many as it takes to go below the better one.
    """
    atoms, penalty, threads = len(task.dictionary), task.penalty, task.threads
    columns = np.asfortranarray(training.T)

    def judged(dictionary: Any, seconds: float) -> tuple[float, float]:
        norms = np.linalg.norm(dictionary, axis=1, keepdims=True)
        unit = np.ascontiguousarray(dictionary / np.maximum(norms, 1e-9), dtype=np.float32)
        again = replace(task, dictionary=unit)
        return seconds, float(again.objectives(again.ours()).mean())

    by_spams = timed(
        lambda: spams.trainDL(
            columns,
            K=atoms,
            lambda1=penalty,
            batchsize=BATCH,
            iter=len(training) // BATCH,
            numThreads=threads,
            verbose=False,
        )
    )
    learner = MiniBatchDictionaryLearning(
        atoms, alpha=penalty, batch_size=BATCH, max_iter=1, n_jobs=threads, random_state=0
    )
    fitted, seconds = timed(lambda: learner.fit(training))
    found = {
        "spams": judged(by_spams[0].T, by_spams[1]),
        "sklearn": judged(fitted.components_, seconds),
    }
    for epochs in (1, 2, 4, 8, 16):
        found["ours"] = judged(
            *timed(
                lambda: learn_dictionary(
                    training,
                    atoms,
                    penalty,
                    rng=np.random.default_rng(0),
                    epochs=epochs,  # noqa: B023
                )
            )
        )
        if found["ours"][1] <= min(found["spams"][1], found["sklearn"][1]):
            break
    return found


@dataclass(frozen=True)
class Whole:
    """What it takes to code all patches of an image."""

    patches: int
    seconds: float
    product_seconds: float
    """For the product of patches and dictionary alone, which no method can do without."""


def code_whole(image: Image, task: Task) -> Whole:
    """Code every patch of an image at stride 1, their mean removed; the quickest of some rounds."""
    bands = RawPatches(WINDOW, 1).bands(image)
    patches = [band.patches - band.patches.mean(axis=1, keepdims=True) for band in bands]

    def all_codes() -> None:
        for part in patches:
            encode(part, task.dictionary, task.penalty, threads=task.threads)

    def all_products() -> None:
        for part in patches:
            _ = part @ task.dictionary.T

    seconds, products = (
        min(timed(work)[1] for _ in range(WHOLE_ROUNDS)) for work in (all_codes, all_products)
    )
    return Whole(sum(map(len, patches)), seconds, products)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the figures, ending with one line of JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.lasso", description=__doc__)
    parser.add_argument("--data", type=Path, help="a data set (default: a texture)")
    parser.add_argument("--atoms", type=int, default=512)
    parser.add_argument("--patches", type=int, default=20000, help="to code, and to learn from")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args(arguments)
    os.environ["PYTHONWARNINGS"] = "ignore"  # of scikit-learn's processes, on convergence
    warnings.simplefilter("ignore")
    rng = np.random.default_rng(0)
    images = normal_images(options.data)
    training, coded = (sample(images, options.patches, rng) for _ in range(2))
    _, start_seconds = timed(lambda: encode(coded[:8], training[:32], LEARNING_PENALTY))
    dictionary = learn_dictionary(training, options.atoms, LEARNING_PENALTY, rng=rng)
    penalty = penalty_for(NONZEROS, coded[:2000], dictionary)
    task = Task(coded, dictionary, penalty, options.threads)
    with threadpool_limits(options.threads):
        kernels = {
            str(info["architecture"]) for info in threadpool_info() if "architecture" in info
        }
        codings, product = compare_coding(task)
        learned = compare_learning(task, training)
        height, width = images[0].shape[:2]
        whole = code_whole(images[0], task)
    print(
        f"{len(coded)} patches, {options.atoms} atoms, penalty {penalty}, "
        f"{options.threads} threads, ready after {start_seconds:.1f} s\n"
    )
    print(f"{'coding':12}{'us a patch':>12}{'times ours':>12}{'gap':>10}{'non-zeros':>11}")
    for name, coding in codings.items():
        ratio = coding.microseconds / codings["ours"].microseconds
        print(
            f"{name:12}{coding.microseconds:12.2f}{ratio:12.1f}{coding.gap:10.1e}"
            f"{coding.nonzeros:11.1f}"
        )
    print(f"{'D^T S alone':12}{product:12.2f}{product / codings['ours'].microseconds:12.2f}")
    print(f"  (BLAS kernels: {', '.join(sorted(kernels))})\n")
    print(f"{'learning':12}{'seconds':>12}{'times ours':>12}{'held-out objective':>21}")
    for name, (seconds, value) in learned.items():
        print(f"{name:12}{seconds:12.2f}{seconds / learned['ours'][0]:12.1f}{value:21.5f}")
    print(
        f"\nall {whole.patches} patches of {width} x {height}: {whole.seconds:.2f} s, "
        f"{whole.seconds / whole.product_seconds:.1f} times D^T S alone"
    )
    peers = ("spams", "lasso_cd", "lasso_lars")
    print(
        json.dumps(
            {
                **{f"{name}_us": coding.microseconds for name, coding in codings.items()},
                **{
                    f"vs_{name}": codings[name].microseconds / codings["ours"].microseconds
                    for name in peers
                },
                "objective_gap": codings["ours"].gap,
                **{f"{name}_gap": codings[name].gap for name in peers},
                "nonzeros": codings["ours"].nonzeros,
                "product_us": product,
                "whole_patches": whole.patches,
                "whole_s": whole.seconds,
                "whole_vs_product": whole.seconds / whole.product_seconds,
                **{f"learn_{name}_s": seconds for name, (seconds, _) in learned.items()},
                **{f"learn_{name}_objective": value for name, (_, value) in learned.items()},
            }
        )
    )


if __name__ == "__main__":
    main()
