"""The errors that a person may read, and what a person is told of any other."""

import logging


class AnomalyError(Exception):
    """Something that a person can put right; the text is a sentence or two for them.

    Every error that a person may read derives from it. Any other is an internal error.
    """


class ImageError(AnomalyError):
    """A file cannot be used; the text is one sentence that names it and what was expected.

    `name` is the name of the file as it was given.
    """

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{shown(name)} {reason}.")
        self.name = name
        self.reason = reason


def shown(name: str) -> str:
    """A name as it may stand in a sentence: one line, no control characters, of bounded length."""
    plain = "".join(
        letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in name
    )
    return plain if len(plain) <= 200 else f"{plain[:120]} ... {plain[-60:]}"


def explained(error: Exception) -> str:
    """Why something failed, in a sentence; the log has details of internal errors."""
    if isinstance(error, MemoryError):
        return "This machine does not have enough memory."
    if isinstance(error, AnomalyError):
        return str(error)
    logging.getLogger(__name__).error("An internal error.", exc_info=error)
    return (
        f"It stopped because of an internal error ({type(error).__name__}). See the log for "
        "details."
    )
