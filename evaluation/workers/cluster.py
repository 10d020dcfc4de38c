"""Units of work on a cluster of Dask: workers on this machine or on others.

Start ``dask scheduler``, then on every machine ``dask worker tcp://... --nthreads 1`` with as many
``--nworkers`` as units that shall run there at a time; this package must be installed everywhere.
"""

import io
import shutil
import tempfile
import threading
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from secrets import token_hex
from typing import Any

from evaluation.comparison.storage import write_whole, writing
from evaluation.workers.errors import DIED, REPEATS, WorkerError
from evaluation.workers.threads import limit_threads

PATIENCE = 20
"""Seconds in which a scheduler must answer and have a worker."""
UNPACKED = 3
"""Data sets that a worker keeps on its disk."""
MOST_SENDINGS = 20
"""How often a unit may come to a worker that lacks its data set."""


@dataclass(frozen=True)
class Sent:
    """Stands for a folder that is sent to the workers."""

    digest: str


@dataclass(frozen=True)
class _Missing:
    """The answer of a worker that has not been sent a folder yet."""

    digest: str
    worker: str


class Cluster(Executor):
    """The workers of a Dask scheduler as an executor, and the carrier of data to them.

    A unit runs alone in its worker, with few threads. A unit whose worker dies is run again by the
    scheduler, up to `REPEATS` times. A folder that workers do not see is sent, once, to each that
    needs it. With `memory_mb` only workers that may use as much are given units. Raises
    `WorkerError` when there is no scheduler or no such worker.
    """

    def __init__(self, address: str, *, threads: int = 1, memory_mb: float | None = None) -> None:
        try:
            from distributed import Client
        except ImportError:
            raise WorkerError(
                "--dask needs the package distributed; install it with pip install "
                "'anomaly-compare[dask]'."
            ) from None
        try:
            self._client = Client(address, timeout=PATIENCE, set_as_default=False)
            self._client.wait_for_workers(1, timeout=PATIENCE)
        except (OSError, TimeoutError, ValueError) as error:
            raise WorkerError(
                f"--dask {address} does not answer as a Dask scheduler with a worker; expected an "
                "address such as tcp://host:8786."
            ) from error
        self._client.run_on_scheduler(_repeat_at_most, REPEATS)
        self._threads = threads
        self._memory_mb = memory_mb
        self.at_once = len(self._fitting())
        """How many units run at a time."""
        self._contents: dict[str, bytes] = {}
        self._digests: dict[Path, str] = {}
        self._reached: set[tuple[str, str]] = set()
        """Workers and the digests of what they were sent."""

    def _present(self) -> dict[str, Any]:
        """What is known of each worker that is there now."""
        self._client.wait_for_workers(1, timeout=PATIENCE)
        return dict(self._client.scheduler_info(n_workers=-1)["workers"])

    def _fitting(self) -> list[str]:
        """The workers that may take as much memory; raises `WorkerError` where there is none."""
        present = self._present()
        shared = [name for name, facts in present.items() if facts["nthreads"] > 1]
        if shared:
            raise WorkerError(
                f"{shared[0]} would run {present[shared[0]]['nthreads']} units in one process; "
                "start workers with --nthreads 1."
            )
        if self._memory_mb is None:
            return list(present)
        limits = {name: facts["memory_limit"] / 2**20 for name, facts in present.items()}
        fitting = [name for name, limit in limits.items() if limit >= self._memory_mb]
        if not fitting:
            raise WorkerError(
                f"No worker may use {self._memory_mb:,.0f} MB of memory, as the suite asks; the "
                f"largest has {max(limits.values()):,.0f} MB."
            )
        return fitting

    def sees(self, folder: Path) -> bool:
        """Whether all workers see a folder of this machine under the same path."""
        token = token_hex(16)
        file = folder / f"{token}.token"
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
            file.write_text(token)
        try:
            found = self._client.run(_content, str(file.resolve()), on_error="ignore")
        finally:
            file.unlink()
        return bool(found) and all(one == token for one in found.values())

    def carry(self, folder: Path) -> Any:
        """The folder where all workers see it; else what stands for its content there."""
        if self.sees(folder):
            return folder.resolve()
        content = _packed(folder)
        digest = blake2b(content, digest_size=16).hexdigest()
        self._contents[digest], self._digests[folder] = content, digest
        return Sent(digest)

    def drop(self, folder: Path) -> None:
        """Forget the content of a folder; workers forget it when others come."""
        self._contents.pop(self._digests.pop(folder, ""), None)

    def submit(self, function: Callable[..., Any], /, *args: Any, **options: Any) -> "Future[Any]":
        """Let a worker call a function; what `carry` gave is a folder there."""
        future: Future[Any] = Future()
        future.set_running_or_notify_cancel()
        self._begin(future, (function, options, *args), MOST_SENDINGS)
        return future

    def _begin(self, future: "Future[Any]", call: tuple[Any, ...], left: int) -> None:
        workers = None if self._memory_mb is None else self._fitting()
        task = self._client.submit(_call, self._threads, *call, pure=False, workers=workers)

        def ended(task: Any) -> None:
            try:
                answer = task.result()
                if isinstance(answer, _Missing) and left:
                    self._send(answer)
                    self._begin(future, call, left - 1)
                elif isinstance(answer, _Missing):
                    future.set_exception(WorkerError(f"{answer.worker} loses what it is sent."))
                else:
                    future.set_result(answer)
            except Exception as error:
                future.set_exception(_explained(error))

        task.add_done_callback(ended)

    def _send(self, missing: _Missing) -> None:
        """Send a folder to a worker, once unless it has begun anew under the same address."""
        key = missing.worker, missing.digest
        if key in self._reached:
            self._reached.remove(key)
            return
        content = self._contents[missing.digest]
        self._client.run(_receive, missing.digest, content, workers=[missing.worker])
        self._reached.add(key)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Leave the cluster; what still waits there is forgotten."""
        self._client.close()


def _explained(error: Exception) -> Exception:
    from distributed.scheduler import KilledWorker

    return WorkerError(DIED) if isinstance(error, KilledWorker) else error


def _repeat_at_most(times: int, dask_scheduler: Any = None) -> None:
    """Runs on the scheduler, which gives up a unit after so many more deaths of its workers."""
    dask_scheduler.allowed_failures = times


def _content(path: str) -> str:
    """Runs on a worker."""
    try:
        return Path(path).read_text()
    except OSError:
        return ""


def _packed(folder: Path) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(folder))
    return buffer.getvalue()


_unpacked: "OrderedDict[str, Path]" = OrderedDict()
_lock = threading.Lock()


def _receive(digest: str, content: bytes, dask_worker: Any = None) -> None:
    """Runs on a worker, beside its unit: keep what was sent until a unit needs it."""
    place = Path(dask_worker.local_directory) / f"{digest}.zip"
    write_whole(place, content)


def _call(threads: int, function: Any, options: dict[str, Any], *arguments: Any) -> Any:
    """Runs on a worker: the unit, alone in the process; or what is missing."""
    with _lock:
        limit_threads(threads)
        folders = {one: _folder_of(one.digest) for one in arguments if isinstance(one, Sent)}
        missing = [sent for sent, folder in folders.items() if folder is None]
        if missing:
            return _Missing(missing[0].digest, _address())
        given = [folders[one] if isinstance(one, Sent) else one for one in arguments]
        return function(*given, **options)


def _folder_of(digest: str) -> Path | None:
    """Where a folder that was sent lies on the disk of this worker; all but the latest go."""
    if digest not in _unpacked:
        local = _local_folder()
        archive = local / f"{digest}.zip"
        if not archive.is_file():
            return None
        while len(_unpacked) >= UNPACKED:
            shutil.rmtree(_unpacked.popitem(last=False)[1], ignore_errors=True)
        folder = Path(tempfile.mkdtemp(prefix="set-", dir=local))
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(folder)
        archive.unlink()
        _unpacked[digest] = folder
    _unpacked.move_to_end(digest)
    return _unpacked[digest]


def _address() -> str:
    from distributed import get_worker

    return str(get_worker().address)


def _local_folder() -> Path:
    """The folder of this worker, which Dask clears when it ends."""
    from distributed import get_worker

    return Path(get_worker().local_directory)
