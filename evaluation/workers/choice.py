"""Where units of work run, as a person has said it: processes here, or a cluster."""

from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass

import psutil

from evaluation.workers.cluster import Cluster
from evaluation.workers.pool import WorkerPool
from images.words import count

USABLE = 0.9
"""Share of the memory of the machine that workers may take together."""


@dataclass(frozen=True)
class Place:
    """An executor, and how many units it runs at a time."""

    executor: Executor
    at_once: int
    cluster: Cluster | None = None


@contextmanager
def place_to_run(
    processes: int,
    dask: str | None,
    *,
    threads: int = 1,
    memory_mb: float | None = None,
    tell: Callable[[str], None] = lambda sentence: None,
) -> Iterator[Place]:
    """Processes of this machine, or the cluster at an address; what runs is stopped by an error.

    `memory_mb` is what a unit may take. Fewer processes are started where so many would not fit
    into the memory of the machine; without it each may take an equal share. Raises `WorkerError`.
    """
    if dask:
        with Cluster(dask, threads=threads, memory_mb=memory_mb) as cluster:
            tell(f"{dask} has {count(cluster.at_once, 'worker')}.")
            yield Place(cluster, cluster.at_once, cluster)
        return
    fitting, limit = affordable(processes, memory_mb, psutil.virtual_memory().total / 2**20)
    if fitting < processes:
        tell(
            f"{processes} processes of {memory_mb:,.0f} MB do not fit into the memory of this "
            f"machine; {fitting} are used."
        )
    with WorkerPool(fitting, threads=threads, memory_mb=limit) as pool:
        yield Place(pool, fitting)


def affordable(processes: int, memory_mb: float | None, total_mb: float) -> tuple[int, float]:
    """How many processes fit into the memory of a machine, and what each may take, MB."""
    if memory_mb is None:
        return processes, USABLE * total_mb / processes
    return max(1, min(processes, int(USABLE * total_mb / memory_mb))), memory_mb
