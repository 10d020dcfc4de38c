"""The one training loop of the family: seeded, cancellable, stopping early on held-out crops."""

import copy
import ctypes
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import torch
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]
from torch import Tensor, nn

from methods.autoencoder.crops import Crops
from methods.progress import Progress

CHECKS = 20
"""How often in a training the held-out crops are looked at."""
PATIENCE = 6
"""Checks without improvement after which training stops."""

Objective = Callable[[Tensor, torch.Generator], Tensor]
"""Loss of a batch (n, channels, side, side); whatever is random comes from the generator."""


@dataclass(frozen=True)
class Schedule:
    """How long and how fast to train."""

    steps: int
    batch: int
    learning_rate: float


@contextmanager
def one_thread() -> Iterator[None]:
    """Let the calling thread work with one processor core; no other thread notices.

    On networks this small a second core gains little and costs tenfold where the cores are busy,
    and weights must not depend on their number. OpenMP and MKL, which torch computes with, both
    keep a limit for each thread, unlike `torch.set_num_threads`, which sets it for the whole
    process.
    """
    torch.get_num_threads()  # the first call in a thread sets its limit, later ones only read it
    limit_mkl = _mkl_limit()
    before = limit_mkl(1) if limit_mkl else 0
    try:
        with threadpool_limits(1, user_api="openmp"):
            yield
    finally:
        if limit_mkl:
            limit_mkl(before)


@cache
def _mkl_limit() -> Callable[[int], int] | None:
    """MKL's function that limits the calling thread and gives the limit before, 0 for none.

    None where torch comes without MKL, which then follows OpenMP or has no threads.
    """
    library = Path(torch.__file__).parent / "lib" / "libtorch_cpu.so"
    try:
        found: Callable[[int], int] = ctypes.CDLL(str(library)).MKL_Set_Num_Threads_Local
    except (OSError, AttributeError):
        return None
    return found


@contextmanager
def deterministic() -> Iterator[None]:
    """One core, and the same sums on a GPU each time.

    The choice for GPUs belongs to the whole process: the first of several threads makes it and the
    last one takes it back.
    """
    with one_thread(), _CUDNN:
        yield


class _DeterministicCudnn:
    """cuDNN's choice of algorithms, held while at least one thread is inside."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._before = False

    def __enter__(self) -> None:
        with self._lock:
            if self._inside == 0:
                self._before = torch.backends.cudnn.deterministic
                torch.backends.cudnn.deterministic = True
            self._inside += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                torch.backends.cudnn.deterministic = self._before


_CUDNN = _DeterministicCudnn()


def device() -> torch.device:
    """The first GPU when torch sees one, else the processor."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def train(
    network: nn.Module,
    objective: Objective,
    crops: Crops,
    schedule: Schedule,
    seed: int,
    progress: Progress,
) -> None:
    """Minimise the objective over random batches of crops with Adam, and keep the best weights.

    The learning rate falls to zero along a cosine. At each of 20 checks the objective is taken on
    the held-out crops; the weights with the lowest value are kept, and six checks in a row
    without a lower one end the training. Each step reports its loss and that of the last check.
    The same seed gives the same weights on the same machine.
    """
    generator = torch.Generator().manual_seed(seed)
    where = next(network.parameters()).device
    pool = torch.from_numpy(crops.training)
    held_out = torch.from_numpy(crops.held_out).to(where)
    optimiser = torch.optim.Adam(network.parameters(), schedule.learning_rate)
    decay = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, schedule.steps)
    best, best_loss, worse = copy.deepcopy(network.state_dict()), float("inf"), 0
    checked = ""
    for step in range(1, schedule.steps + 1):
        network.train()
        chosen = torch.randint(len(pool), (schedule.batch,), generator=generator)
        loss = objective(pool[chosen].to(where), generator)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        decay.step()
        if step % max(1, schedule.steps // CHECKS) == 0 or step == schedule.steps:
            found = _held_out_loss(network, objective, held_out, schedule.batch, seed)
            checked = f", {found:.3g} on held-out crops"
            worse += 1
            if found < best_loss:
                best, best_loss, worse = copy.deepcopy(network.state_dict()), found, 0
            if worse == PATIENCE:
                break
        note = f"step {step} of {schedule.steps}, loss {loss.item():.3g}{checked}"
        progress(step / schedule.steps, note)
    network.load_state_dict(best)
    network.eval()


@torch.no_grad()
def _held_out_loss(
    network: nn.Module, objective: Objective, held_out: Tensor, batch: int, seed: int
) -> float:
    """Mean objective on the held-out crops, with the same random numbers each time."""
    network.eval()
    generator = torch.Generator().manual_seed(seed)
    parts = torch.split(held_out, batch)
    total = sum(float(objective(part, generator)) * len(part) for part in parts)
    return total / len(held_out)
