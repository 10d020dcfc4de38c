"""What suites cost beside their methods: `python -m benchmarks.suites`.

Twelve quick methods with three seeds on six small sets (see `small_sets`), or the suite in a file:
in one process, in two, on a Dask cluster of two workers, and in two processes that are killed at a
random moment and then run again. All metrics of all results are compared to the last digit. Also
the overhead of the engine on units that do nothing, the seconds to store a set, and those of a unit
of each method.

Wall times depend on what else the machine does, so the processor times of the workers are given
too: the seconds of one process over those of the busier of two is the ratio on a machine with
nothing else to do. The last line is JSON.
"""

import argparse
import json
import operator
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import psutil

from benchmarks import small_sets
from evaluation.comparison.comparison import Variant
from evaluation.suites.rows import Row, read_rows
from evaluation.suites.runner import ROWS_FOLDER, run_suite
from evaluation.suites.suite import Suite, read_suite
from evaluation.suites.unit import store_set
from evaluation.workers.cluster import Cluster
from evaluation.workers.pool import WorkerPool

UNITS = 500
"""Units that do nothing."""
WORKERS = 2

Metrics = dict[tuple[str, str, int], dict[str, float | None]]
"""Those of each set, method and seed."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.suites", description=__doc__)
    parser.add_argument("--methods", default=",".join(small_sets.METHODS), help="with commas")
    parser.add_argument("--sets", default=",".join(small_sets.SETS), help="samples, with commas")
    parser.add_argument("--seeds", type=int, default=3, help="how many (default 3)")
    parser.add_argument("--suite", type=Path, help="a TOML file instead of these three")
    parser.add_argument(
        "--runs",
        default="one,two,dask,killed",
        help="what to run, with commas: one, two, dask, killed (default all)",
    )
    options = parser.parse_args(arguments)
    runs = options.runs.split(",")
    with tempfile.TemporaryDirectory() as folder:
        file = options.suite or small_sets.write_suite(
            Path(folder), options.sets.split(","), options.methods.split(","), options.seeds
        )
        suite = read_suite(file)
        print(suite.text)
        facts: dict[str, Any] = {"unit_overhead_s": overhead(), "store_s_a_set": storing(suite)}
        print(json.dumps(facts), flush=True)
        found = {}
        for name in ("one", "two", "dask"):
            if name in runs:
                found[name] = RUNS[name](suite)
                print(json.dumps({name: found[name].facts()}), flush=True)
        facts |= compared(found)
        if "killed" in runs:
            again, at = killed(file, random.uniform(0.1, 0.9) * found["two"].wall_s)
            facts["killed_at_s"] = at
            facts["killed_same"] = again == found["two"].metrics
    facts["load"] = os.getloadavg()[0]
    print(json.dumps(facts))


def overhead() -> float:
    """Seconds for a unit that does nothing, in a process that has been started."""
    with WorkerPool(1) as pool:
        return _overhead(pool)


def _overhead(executor: Executor) -> float:
    executor.submit(operator.neg, 1).result()
    begin = time.perf_counter()
    for future in [executor.submit(operator.neg, at) for at in range(UNITS)]:
        future.result()
    return (time.perf_counter() - begin) / UNITS


def storing(suite: Suite) -> float:
    """Mean seconds to open and store a set."""
    begin = time.perf_counter()
    for source in suite.sets:
        with tempfile.TemporaryDirectory() as folder:
            store_set(source.open(), Path(folder))
    return (time.perf_counter() - begin) / len(suite.sets)


@dataclass(frozen=True)
class Timed:
    """What a run of a suite took, and what it found."""

    wall_s: float
    processor_s: list[float]
    """Of each worker."""
    metrics: Metrics
    failures: int
    unit_s: dict[str, float]
    """Mean seconds from the end of one unit to that of the next by method, where there is one
    process."""
    overhead_s: float | None = None
    """For a unit that does nothing, where it was measured."""

    def facts(self) -> dict[str, Any]:
        """All but the metrics."""
        return {name: value for name, value in vars(self).items() if name != "metrics"}


def compared(found: dict[str, Timed]) -> dict[str, Any]:
    """How much quicker others were than one process, and whether they found the same."""
    facts: dict[str, Any] = {"units": max((len(run.metrics) for run in found.values()), default=0)}
    one = found.get("one")
    for name, other in found.items():
        if one is not None and name != "one":
            facts[f"{name}_wall_ratio"] = one.wall_s / other.wall_s
            facts[f"{name}_processor_ratio"] = sum(one.processor_s) / max(other.processor_s)
            facts[f"{name}_same"] = other.metrics == one.metrics
    return facts


class _Watched(Executor):
    """Another executor, and when what it was given ended."""

    def __init__(self, inner: Executor) -> None:
        self._inner = inner
        self.ended: list[tuple[str, float]] = []

    def submit(self, function: Callable[..., Any], /, *args: Any, **options: Any) -> Future[Any]:
        """Run a unit, the first of the arguments, and note the end of it."""
        future = self._inner.submit(function, *args, **options)
        label = args[0].variant.label
        future.add_done_callback(lambda _: self.ended.append((label, time.perf_counter())))
        return future


def in_processes(suite: Suite, processes: int) -> Timed:
    """A run in processes of this machine."""
    with WorkerPool(processes) as pool:
        _warm(pool, suite, processes)
        return _timed(suite, pool, processes, pool.numbers)


def on_dask(suite: Suite) -> Timed:
    """A run on a scheduler of Dask and two workers in processes of their own."""
    with _dask_workers() as (address, numbers), Cluster(address) as cluster:
        _warm(cluster, suite, WORKERS)
        cost = _overhead(cluster)
        return _timed(suite, cluster, WORKERS, numbers, cost, cluster)


RUNS: dict[str, Callable[[Suite], Timed]] = {
    "one": lambda suite: in_processes(suite, 1),
    "two": lambda suite: in_processes(suite, WORKERS),
    "dask": on_dask,
}


@contextmanager
def _dask_workers() -> Iterator[tuple[str, Callable[[], list[int]]]]:
    """The address of a scheduler with two workers, and the numbers of their processes."""
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=WORKERS, threads_per_worker=1, processes=True, dashboard_address=None
    ) as local:
        yield (
            local.scheduler_address,
            lambda: [worker.pid for worker in local.workers.values()],
        )


def _warm(executor: Executor, suite: Suite, workers: int) -> None:
    from benchmarks import suites  # workers know no function of the main module

    names = [variant.detector for variant in suite.variants]
    for future in [executor.submit(suites.warm_up, names) for _ in range(workers)]:
        future.result()


def warm_up(detectors: Sequence[str]) -> None:
    """Runs in a worker: load and compile what methods need, which is done once in a long suite."""
    for name in detectors:
        Variant(name).new_detector().warm_up()
    time.sleep(1)  # so that every worker gets one of these


def _timed(
    suite: Suite,
    executor: Executor,
    workers: int,
    numbers: Callable[[], list[int]],
    overhead_s: float | None = None,
    carrier: Cluster | None = None,
) -> Timed:
    """Wall seconds of a suite, and the processor seconds of each worker."""
    with tempfile.TemporaryDirectory() as folder:
        before = processor_seconds(numbers())
        begin = time.perf_counter()
        watched = _Watched(executor)
        rows = run_suite(suite, Path(folder), watched, at_once=workers, carrier=carrier)
        wall = time.perf_counter() - begin
        after = processor_seconds(numbers())
    return Timed(
        wall,
        [after[number] - before[number] for number in before],
        metrics_of(rows),
        sum(bool(row.failure) for row in rows),
        _seconds_a_unit(begin, watched.ended) if workers == 1 else {},
        overhead_s,
    )


def metrics_of(rows: Sequence[Row]) -> Metrics:
    """The metrics of rows, by what tells rows apart."""
    return {(row.set, row.method, row.seed): dict(row.metrics) for row in rows}


def _seconds_a_unit(begin: float, ended: Sequence[tuple[str, float]]) -> dict[str, float]:
    took: dict[str, list[float]] = {}
    for label, end in ended:
        took.setdefault(label, []).append(end - begin)
        begin = end
    return {label: fmean(seconds) for label, seconds in took.items()}


def processor_seconds(numbers: Sequence[int]) -> dict[int, float]:
    """The processor time of each worker so far."""
    times = {number: psutil.Process(number).cpu_times() for number in numbers}
    return {number: each.user + each.system for number, each in times.items()}


def killed(file: Path, after_s: float) -> tuple[Metrics, float]:
    """The metrics of the command run in two processes, killed and run again, and when that was."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "evaluation", str(file), "--out", folder]
        command += ["--processes", str(WORKERS)]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        first = subprocess.Popen(command, **quiet)  # type: ignore[call-overload]
        try:
            first.wait(after_s)
        except subprocess.TimeoutExpired:
            first.kill()
            first.wait()
        rows = Path(folder) / ROWS_FOLDER
        print(json.dumps({"killed": after_s, "rows": len([*rows.glob("*.json")])}), flush=True)
        subprocess.run(command, check=True, **quiet)  # type: ignore[call-overload]
        return metrics_of(read_rows(rows)), after_s


if __name__ == "__main__":
    main()
