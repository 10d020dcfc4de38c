"""What suites cost beside their methods: `python -m benchmarks.suites`.

Measures the overhead of the engine on units that do nothing, the seconds to store each set, and how
much quicker a suite is in two processes than in one. Wall times depend on what else the machine
does, so the processor times of the workers are given too: the seconds of one process over those of
the busier of two is the ratio on a machine with nothing else to do. The last line is JSON.
"""

import argparse
import json
import operator
import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

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
    print(json.dumps(facts))
    runs = {str(count): timed(suite, count) for count in (1, 2)}
    one, two = runs["1"], runs["2"]
    facts["runs"] = runs
    facts["wall_ratio"] = one["wall_s"] / two["wall_s"]
    facts["processor_ratio"] = max(one["processor_s"]) / max(two["processor_s"])
    facts["load"] = os.getloadavg()
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


def timed(suite: Suite, processes: int) -> dict[str, object]:
    """Wall seconds of a suite, and the processor seconds of each worker."""
    with tempfile.TemporaryDirectory() as folder, WorkerPool(processes) as pool:
        begin = time.perf_counter()
        rows = run_suite(suite, Path(folder), pool, at_once=processes)
        wall = time.perf_counter() - begin
        times = [psutil.Process(number).cpu_times() for number in pool.numbers()]
    return {
        "wall_s": wall,
        "processor_s": [each.user + each.system for each in times],
        "failures": sum(bool(row.failure) for row in rows),
        "metrics": [row.metrics["pixel_auroc"] for row in rows],
    }


if __name__ == "__main__":
    main()
