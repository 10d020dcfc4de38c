"""What a person is told when something goes wrong: a sentence, never a traceback."""

import functools
import logging
from collections.abc import Callable
from typing import ParamSpec

import streamlit as st

from dashboard.text import plain
from images.errors import AnomalyError, explained

Arguments = ParamSpec("Arguments")


def guarded(draw: Callable[Arguments, None]) -> Callable[Arguments, None]:
    """A page or fragment that tells an error in a sentence; the server's log keeps the rest."""

    @functools.wraps(draw)
    def draw_or_tell(*args: Arguments.args, **kwargs: Arguments.kwargs) -> None:
        try:
            draw(*args, **kwargs)
        except (AnomalyError, MemoryError) as error:
            logging.getLogger(__name__).warning("%s: %s", draw.__module__, error, exc_info=True)
            st.error(plain(explained(error)))
        except Exception:
            logging.getLogger(__name__).exception("%s failed", draw.__module__)
            st.error(
                "This part of the page could not be shown because of an internal error. Your "
                "images and results are kept. See the server log for details."
            )

    return draw_or_tell
