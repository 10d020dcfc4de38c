"""The address of the page names the comparison, so that a link or a reload brings it back."""

import streamlit as st

from dashboard.errors import guarded
from dashboard.state import session

PARAMETER = "comparison"


@guarded
def take_up() -> None:
    """Open the comparison that the address names, unless it is the present one."""
    mine = session()
    token = st.query_params.get(PARAMETER)
    if token is None or (mine.job is not None and mine.job.token == token):
        return
    del st.query_params[PARAMETER]
    mine.find(token)


def write() -> None:
    """Put the present comparison into the address."""
    job = session().job
    if job is not None and st.query_params.get(PARAMETER) != job.token:
        st.query_params[PARAMETER] = job.token
