"""`python -m evaluation.workers.worker THREADS`: do what comes through the standard input.

A process of its own main module: unlike one that `multiprocessing` spawns, it never runs the main
module of the process that started it, which may be a page of the dashboard. It ends with that
process, even when that one is killed.
"""

import os
import pickle
import sys
import threading
import time
from typing import Any

from evaluation.workers.messages import receive, send
from evaluation.workers.threads import limit_threads

LOOK_EVERY = 1.0
"""Seconds between two looks at whether the process that started this one is there still."""


def main() -> None:
    """Answer each call ``(function, arguments, options)`` with ``(True, value)`` or an error."""
    # What is printed here must not mingle with the answers.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    limit_threads(int(sys.argv[1]))
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    while True:
        try:
            function, arguments, options = receive(sys.stdin.buffer)
        except EOFError:
            return
        send(answers, _answer(function, arguments, options))


def _answer(function: Any, arguments: tuple[Any, ...], options: dict[str, Any]) -> bytes:
    try:
        return pickle.dumps((True, function(*arguments, **options)))
    except Exception as error:
        return _pickled(error)


def _pickled(error: Exception) -> bytes:
    """The error, or its text where it cannot travel."""
    try:
        answer = pickle.dumps((False, error))
        pickle.loads(answer)
    except Exception:
        return pickle.dumps((False, RuntimeError(f"{type(error).__name__}: {error}")))
    return answer


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK_EVERY)
    os._exit(1)


if __name__ == "__main__":
    main()
