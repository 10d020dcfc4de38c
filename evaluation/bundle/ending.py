"""How a command that exports or predicts ends: its exit code, and a sentence where it fails."""

import os
import sys
from collections.abc import Callable

from evaluation.comparison.storage import WriteError
from evaluation.terminal import TERMINAL, stopped
from images.errors import AnomalyError, explained

DONE, SOME_SKIPPED, WRONG, SOME_DEFECTIVE, DRIFTING = 0, 1, 2, 3, 4


def told(run: Callable[[], int]) -> int:
    """The exit code of `run`, with a sentence where it fails."""
    try:
        return run()
    except AnomalyError as error:
        TERMINAL.say(str(error))
        return SOME_SKIPPED if isinstance(error, WriteError) else WRONG
    except KeyboardInterrupt:
        return stopped()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return SOME_SKIPPED
    except Exception as error:
        TERMINAL.say(explained(error))
        return SOME_SKIPPED
