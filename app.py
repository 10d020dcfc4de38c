"""The dashboard: `streamlit run app.py`, or `anomaly-compare ui` where it is installed."""

from pathlib import Path

import streamlit as st

import dashboard
from dashboard import networks
from dashboard.components import run_panel
from dashboard.navigation import PAGES
from dashboard.session import address

LOOKS = Path(dashboard.__file__).parent

st.set_page_config(
    page_title="Anomaly Compare",
    page_icon=(LOOKS / "icon.svg").read_text(encoding="utf-8"),
    layout="wide",
    initial_sidebar_state=250,
)
st.html(LOOKS / "page.css")
networks.offer()
page = st.navigation([entry.page() for entry in PAGES])
address.take_up()
page.run()
run_panel.show()
address.write()
