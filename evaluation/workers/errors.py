"""Why a unit of work gave no result although nothing in it went wrong."""

from images.errors import AnomalyError

REPEATS = 2
"""How often a unit is run again when the process that it ran in has ended."""


class WorkerError(AnomalyError):
    """A unit of work could not be run to its end; the text is a sentence for a person."""


DIED = (
    f"The process that it ran in ended early {REPEATS + 1} times, which happens when memory runs "
    "out."
)


def exceeded(memory_mb: float) -> str:
    """The sentence for a unit that needed more memory than a worker may take."""
    return f"It needed more than {memory_mb:,.0f} MB of memory, which is what a worker may use."
