"""Workers in processes of their own: answers, errors, deaths, memory, and what is left behind."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from evaluation.workers.choice import affordable
from evaluation.workers.errors import DIED, WorkerError
from evaluation.workers.pool import WorkerPool
from tests.evaluation.workers import work

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def pool() -> Iterator[WorkerPool]:
    with WorkerPool(1) as pool:
        yield pool


def test_values_and_errors_come_back(pool: WorkerPool) -> None:
    squares = [pool.submit(work.power, base) for base in (2, 3)]
    assert [future.result(60) for future in squares] == [4, 9]
    assert pool.submit(work.power, 2, exponent=5).result(60) == 32
    with pytest.raises(ValueError, match="not today"):
        pool.submit(work.refuse, "not today").result(60)
    with pytest.raises(RuntimeError, match="Stubborn: no way"):
        pool.submit(work.refuse_stubbornly).result(60)


def test_a_worker_is_limited_and_has_a_main_module_of_its_own(pool: WorkerPool) -> None:
    cores, threads, main, folder = pool.submit(work.facts).result(60)
    assert (cores, threads, main) == (1, "1", "evaluation.workers.worker")
    assert Path(folder).is_dir()


def test_a_unit_whose_worker_dies_is_repeated_twice(pool: WorkerPool, tmp_path: Path) -> None:
    before, numbers = pool.deaths, pool.numbers()
    assert pool.submit(work.die_until, 3, tmp_path).result(120) == 3
    assert pool.deaths == before + 2
    assert pool.numbers() != numbers
    assert pool.submit(work.power, 3).result(60) == 9


def test_a_unit_whose_worker_dies_three_times_is_given_up(pool: WorkerPool, tmp_path: Path) -> None:
    with pytest.raises(WorkerError, match="ended early 3 times") as raised:
        pool.submit(work.die_until, 9, tmp_path).result(120)
    assert str(raised.value) == DIED
    assert len(list(tmp_path.iterdir())) == 3


def test_a_unit_that_takes_too_much_memory_fails_alone() -> None:
    with WorkerPool(1, memory_mb=400) as pool:
        with pytest.raises(WorkerError) as raised:
            pool.submit(work.fill, 800).result(60)
        assert str(raised.value) == (
            "It needed more than 400 MB of memory, which is what a worker may use."
        )
        assert pool.deaths == 1
        folder = Path(pool.submit(work.facts).result(60)[3])
    assert not folder.exists()


def test_what_runs_is_stopped_by_an_error(tmp_path: Path) -> None:
    pool = WorkerPool(1)
    futures = [pool.submit(work.sleep, 60, tmp_path / name) for name in ("first", "second")]
    with suppress(KeyError), pool:
        until(lambda: (tmp_path / "first").exists())
        raise KeyError
    with pytest.raises(WorkerError):
        futures[0].result(1)
    assert futures[1].cancelled()
    assert pool.numbers() == []
    with pytest.raises(RuntimeError):
        pool.submit(work.power, 2)


def test_workers_end_with_a_process_that_is_killed(tmp_path: Path) -> None:
    script = f"""
from pathlib import Path
from evaluation.workers.pool import WorkerPool
from tests.evaluation.workers import work

pool = WorkerPool(1)
pool.submit(work.sleep, 60, Path({str(tmp_path / "started")!r}))
while not pool.numbers(): pass
print(pool.numbers()[0], flush=True)
pool.shutdown()
"""
    with subprocess.Popen(
        [sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as killed:
        assert killed.stdout is not None
        number = int(killed.stdout.readline())
        until(lambda: (tmp_path / "started").exists())
        killed.kill()
    until(lambda: not psutil.pid_exists(number) or is_zombie(number))


def is_zombie(number: int) -> bool:
    """Whether it has ended although nobody has asked for its exit code."""
    with suppress(psutil.Error):
        return bool(psutil.Process(number).status() == psutil.STATUS_ZOMBIE)
    return True


def until(found: Callable[[], bool], seconds: float = 60) -> None:
    """Wait for something."""
    end = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_fewer_processes_where_memory_does_not_suffice() -> None:
    """Of 10,000 MB 9,000 are usable: two times 4,000, or a third for each of three."""
    assert affordable(4, 4000, 10_000) == (2, 4000)
    assert affordable(1, 20_000, 10_000) == (1, 20_000)
    assert affordable(3, None, 10_000) == (3, pytest.approx(3000))
