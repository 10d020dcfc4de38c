"""The error of everything that a person hands in, and what a person is told of any error."""

import logging


class ImageError(ValueError):
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
    """Why something failed, in a sentence; a fault of the program goes into the log as well."""
    if isinstance(error, MemoryError):
        return "The memory of this machine is not enough."
    if isinstance(error, ValueError | OSError):
        return str(error)
    logging.getLogger(__name__).error("A fault of the program.", exc_info=error)
    return f"It stopped on a fault of the program: {type(error).__name__}: {error}"
