"""How a command that exports or predicts ends: its exit code, and a sentence where it fails."""

import os
import sys
from collections.abc import Callable

from evaluation.comparison.storage import WriteError
from images.errors import AnomalyError, explained

DONE, SOME_SKIPPED, WRONG, SOME_DEFECTIVE, DRIFTING, STOPPED = 0, 1, 2, 3, 4, 130


def told(run: Callable[[], int]) -> int:
    """The exit code of `run`, with a sentence where it fails."""
    try:
        return run()
    except AnomalyError as error:
        print(error, file=sys.stderr)
        return SOME_SKIPPED if isinstance(error, WriteError) else WRONG
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return STOPPED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return SOME_SKIPPED
    except Exception as error:
        print(explained(error), file=sys.stderr)
        return SOME_SKIPPED
