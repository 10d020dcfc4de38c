"""An executor of the `concurrent.futures` protocol whose processes may die without harm.

A ``ProcessPoolExecutor`` is broken as a whole when one of its processes dies; here that process is
replaced and its unit of work repeated.
"""

import os
import pickle
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from evaluation.comparison.storage import writing
from evaluation.comparison.temporary import new_folder
from evaluation.workers.errors import DIED, REPEATS, WorkerError, exceeded
from evaluation.workers.messages import receive, send
from evaluation.workers.threads import VARIABLES

LOOK_EVERY = 0.2
"""Seconds between two looks at the memory of a worker."""


@dataclass(frozen=True)
class _Call:
    future: "Future[Any]"
    message: bytes


class _Process:
    """A worker as a process, and the pipes to it."""

    def __init__(self, threads: int, folder: Path) -> None:
        found = [os.path.abspath(place) for place in sys.path if os.path.isdir(place or ".")]
        with writing("A new process"):
            self._process = subprocess.Popen(
                [sys.executable, "-m", "evaluation.workers.worker", str(threads)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={
                    **os.environ,
                    **dict.fromkeys(VARIABLES, str(threads)),
                    "PYTHONPATH": os.pathsep.join(found),
                    "TMPDIR": str(folder),
                },
                start_new_session=True,  # a Ctrl-C is for the process that holds the pool
            )
        self.number = self._process.pid
        self.exceeded = False
        """Whether it took more memory than it may."""

    def ask(self, message: bytes) -> tuple[bool, Any]:
        """Whether a call gave a value, and the value or the error.

        Raises `EOFError` or `OSError` when the process has died.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        send(self._process.stdin, message)
        return receive(self._process.stdout)

    def memory_mb(self) -> float:
        """What it holds in memory; 0 when it has ended."""
        with suppress(psutil.Error):
            return float(psutil.Process(self.number).memory_info().rss / 2**20)
        return 0.0

    def kill(self) -> None:
        """End it, whatever it does; who waits for its answer is told by an `EOFError`."""
        self._process.kill()

    def end(self) -> None:
        """Kill it and close the pipes."""
        self.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()


class WorkerPool(Executor):
    """Processes that each run one unit of work at a time, with few threads.

    A process is started when it is first needed, and again when it has died; its unit is run up to
    `REPEATS` times more, then its future has a `WorkerError`. With `memory_mb` a process that takes
    more is killed, and its unit fails at once, since it would need as much again. Functions,
    arguments and results are pickled. What workers leave in their folder for temporary files goes
    with the pool.
    """

    def __init__(
        self, processes: int = 1, *, threads: int = 1, memory_mb: float | None = None
    ) -> None:
        self.processes = processes
        self.deaths = 0
        """How many processes have ended early."""
        self._threads_each = threads
        self._memory_mb = memory_mb
        self._folder = new_folder()
        self._calls: queue.SimpleQueue[_Call | None] = queue.SimpleQueue()
        self._running: set[_Process] = set()
        self._closed = False
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._servers = [
            threading.Thread(target=self._serve, name=f"worker-{at}", daemon=True)
            for at in range(processes)
        ]
        for thread in self._servers:
            thread.start()
        if memory_mb is not None:
            threading.Thread(target=self._watch, name="memory", daemon=True).start()

    def submit(self, function: Callable[..., Any], /, *args: Any, **options: Any) -> "Future[Any]":
        """Let the next process that is free call a function."""
        future: Future[Any] = Future()
        call = _Call(future, pickle.dumps((function, args, options)))
        with self._lock:
            if self._closed:
                raise RuntimeError("The pool has been shut down.")
            self._calls.put(call)
        return future

    def numbers(self) -> list[int]:
        """The process numbers of the workers that run."""
        with self._lock:
            return [process.number for process in self._running]

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the processes, once they have done what is waiting, or at once.

        With `cancel_futures` what runs is stopped too, and its future has a `WorkerError`.
        """
        with self._lock:
            first, self._closed = not self._closed, True
        if cancel_futures:
            self._cancel()
        if first:
            for _ in self._servers:
                self._calls.put(None)
        if wait:
            for thread in self._servers:
                thread.join()

    def __exit__(self, kind: type[BaseException] | None, *details: object) -> None:
        self.shutdown(cancel_futures=kind is not None)

    def _cancel(self) -> None:
        self._ended.set()
        with suppress(queue.Empty):
            while True:
                call = self._calls.get_nowait()
                if call is not None:
                    call.future.cancel()
        for process in self._present():
            process.kill()

    def _present(self) -> list[_Process]:
        with self._lock:
            return list(self._running)

    def _serve(self) -> None:
        """Give the calls to one process, which is replaced when it dies."""
        process: _Process | None = None
        while (call := self._calls.get()) is not None:
            if call.future.set_running_or_notify_cancel():
                process = self._answer(call, process)
        self._let_go(process)
        with self._lock:
            last = not self._running and not self._calls.qsize()
        if last:
            self._ended.set()
            shutil.rmtree(self._folder, ignore_errors=True)

    def _answer(self, call: _Call, process: _Process | None) -> _Process | None:
        """Run a call; returns the process that is there for the next."""
        reason = DIED
        for _ in range(1 + REPEATS):
            try:
                process = process or self._new_process()
                succeeded, value = process.ask(call.message)
            except (EOFError, OSError):
                self.deaths += 1
                over = process is not None and process.exceeded
                self._let_go(process)
                process = None
                if over and self._memory_mb is not None:
                    reason = exceeded(self._memory_mb)
                if over or self._ended.is_set():
                    break
            except Exception as error:  # such as a `WriteError` where no process can be started
                call.future.set_exception(error)
                return process
            else:
                if succeeded:
                    call.future.set_result(value)
                else:
                    call.future.set_exception(value)
                return process
        call.future.set_exception(WorkerError(reason))
        return process

    def _new_process(self) -> _Process:
        if self._ended.is_set():
            raise WorkerError("The run was stopped.")
        with writing(self._folder):
            folder = Path(tempfile.mkdtemp(dir=self._folder))
        process = _Process(self._threads_each, folder)
        with self._lock:
            self._running.add(process)
        return process

    def _let_go(self, process: _Process | None) -> None:
        if process is not None:
            process.end()
            with self._lock:
                self._running.discard(process)

    def _watch(self) -> None:
        while not self._ended.wait(LOOK_EVERY):
            for process in self._present():
                if self._memory_mb is not None and process.memory_mb() > self._memory_mb:
                    process.exceeded = True
                    process.kill()
