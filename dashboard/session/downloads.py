"""Files that are made when a person asks for them, and why the latest one could not be made.

The browser says no more than that a file could not be made, so the page tells the reason.
"""

import logging
from collections.abc import Callable
from typing import TypeVar

from images.errors import explained

File = TypeVar("File", bytes, str)


class Downloads:
    """What makes the files of one person."""

    def __init__(self) -> None:
        self.trouble = ""
        """Why the latest file could not be made, in a sentence; empty where it was."""

    def of(self, make: Callable[[], File]) -> Callable[[], File]:
        """The same, with its error kept as a sentence."""

        def make_or_tell() -> File:
            self.trouble = ""
            try:
                return make()
            except Exception as error:
                logging.getLogger(__name__).warning("A file could not be made.", exc_info=error)
                self.trouble = f"The file could not be made. {explained(error)}"
                raise

        return make_or_tell
