"""Whether the browser of a session is still there; a session is closed when it stays away."""

import asyncio
import weakref
from dataclasses import dataclass
from typing import Protocol

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

PATIENCE = 0.5
"""After which part of the time for which Streamlit keeps it a session is closed for good."""


class Visited(Protocol):
    """What a browser visits."""

    presence: "Presence | None"

    def leave(self) -> None:
        """Let go of everything, since nobody comes back."""


@dataclass(frozen=True, eq=False)
class Presence:
    """One visit of a browser, from the first page until it is closed or loses its way."""

    session: "weakref.ref[Visited]"
    streamlit_id: str


def disconnected(presence: Presence) -> None:
    """The browser is gone, perhaps for a moment; called on Streamlit's event loop.

    Streamlit alone would keep the session, uploaded files and all, until somebody else
    comes and goes; so it is closed in good time, before it would be out of reach.
    """
    loop = asyncio.get_running_loop()
    patience = PATIENCE * st.get_option("server.disconnectedSessionTTL")

    def leave_unless_back() -> None:
        gone, server = presence.session(), runtime.get_instance()
        if gone is None or gone.presence is not presence:
            return
        # One that has just come back may not have drawn its page yet.
        if not server.is_active_session(presence.streamlit_id):
            server.close_session(presence.streamlit_id)
            loop.run_in_executor(None, gone.leave)

    loop.call_later(patience, leave_unless_back)


@st.cache_resource(scope="session", on_release=disconnected, show_spinner=False)
def present(_mine: Visited) -> Presence:
    """Kept by Streamlit for as long as the browser is connected."""
    context = get_script_run_ctx()
    assert context is not None
    return Presence(weakref.ref(_mine), context.session_id)
