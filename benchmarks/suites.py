"""What suites cost beside their methods: `python -m benchmarks.suites`.

Measures the overhead of the engine on units that do nothing, the seconds to store each set, those
of a unit of each method, and how much quicker a suite is in two processes than in one. Wall times
depend on what else the machine does, so the processor times of the workers are given too: the
seconds of one process over those of the busier of two is the ratio on a machine with nothing else
to do. The last line is JSON.
"""

import argparse
import json
import operator
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import psutil

from evaluation.comparison.comparison import Variant
from evaluation.suites.runner import run_suite
from evaluation.suites.suite import Suite, sample_source
from evaluation.suites.unit import store_set
from evaluation.workers.pool import WorkerPool

METHODS = ("mean-feature", "padim", "gaussian-mixture", "sparse-coding")
SETS = ("brick", "grass", "gravel")
UNITS = 500
"""Units that do nothing."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.suites", description=__doc__)
    parser.add_argument("--methods", default=",".join(METHODS))
    parser.add_argument("--sets", default=",".join(SETS), help="names of samples")
    parser.add_argument("--seeds", type=int, default=2, help="how many (default 2)")
    options = parser.parse_args(arguments)
    suite = Suite(
        "benchmark",
        tuple(map(sample_source, options.sets.split(","))),
        tuple(map(Variant, options.methods.split(","))),
        tuple(range(options.seeds)),
    )
    print(suite.text)
    facts = {"unit_overhead_s": overhead(), "store_s_a_set": storing(suite)}
    print(json.dumps(facts), flush=True)
    one = timed(suite, 1)
    print(json.dumps({"one process": vars(one)}), flush=True)
    two = timed(suite, 2)
    print(json.dumps({"two processes": vars(two)}), flush=True)
    facts["wall_ratio"] = one.wall_s / two.wall_s
    facts["processor_ratio"] = max(one.processor_s) / max(two.processor_s)
    facts["units"] = len(one.metrics)
    facts["load"] = os.getloadavg()[0]
    facts["same"] = float(one.metrics == two.metrics)
    print(json.dumps(facts))


def overhead() -> float:
    """Seconds for a unit that does nothing, in a process that has been started."""
    with WorkerPool(1) as pool:
        pool.submit(operator.neg, 1).result()
        begin = time.perf_counter()
        for future in [pool.submit(operator.neg, at) for at in range(UNITS)]:
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
    metrics: list[float | None]
    """Pixel AUROC of each unit."""
    unit_s: dict[str, float]
    """Mean seconds from the end of one unit to that of the next by method, where there is one
    process."""


class _Watched(Executor):
    """Another executor, and when what it was given ended."""

    def __init__(self, pool: WorkerPool) -> None:
        self._pool = pool
        self.ended: list[tuple[str, float]] = []

    def submit(self, function: Callable[..., Any], /, *args: Any, **options: Any) -> Future[Any]:
        """Run a unit, the first of the arguments, and note the end of it."""
        future = self._pool.submit(function, *args, **options)
        label = args[0].variant.label
        future.add_done_callback(lambda _: self.ended.append((label, time.perf_counter())))
        return future


def timed(suite: Suite, processes: int) -> Timed:
    """Wall seconds of a suite, and the processor seconds of each worker."""
    from benchmarks import suites  # workers know no function of the main module

    with tempfile.TemporaryDirectory() as folder, WorkerPool(processes) as pool:
        names = [variant.detector for variant in suite.variants]
        for future in [pool.submit(suites.warm_up, names) for _ in range(processes)]:
            future.result()
        before = processor_seconds(pool)
        begin = time.perf_counter()
        watched = _Watched(pool)
        rows = run_suite(suite, Path(folder), watched, at_once=processes)
        wall = time.perf_counter() - begin
        after = processor_seconds(pool)
    return Timed(
        wall,
        [after[number] - before[number] for number in before],
        [row.metrics.get("pixel_auroc") for row in rows],
        _seconds_a_unit(begin, watched.ended) if processes == 1 else {},
    )


def _seconds_a_unit(begin: float, ended: Sequence[tuple[str, float]]) -> dict[str, float]:
    took: dict[str, list[float]] = {}
    for label, end in ended:
        took.setdefault(label, []).append(end - begin)
        begin = end
    return {label: fmean(seconds) for label, seconds in took.items()}


def warm_up(detectors: Sequence[str]) -> None:
    """Runs in a worker: load and compile what methods need, which is done once in a long suite."""
    for name in detectors:
        Variant(name).new_detector().warm_up()
    time.sleep(1)  # so that every worker gets one of these


def processor_seconds(pool: WorkerPool) -> dict[int, float]:
    """The processor time of each worker so far."""
    times = {number: psutil.Process(number).cpu_times() for number in pool.numbers()}
    return {number: each.user + each.system for number, each in times.items()}


if __name__ == "__main__":
    main()
