"""The whole application: navigation, the panel, the address."""

import subprocess
import sys
from pathlib import Path

from streamlit.testing.v1 import AppTest

from dashboard.state import KEY
from tests.dashboard.small import TIMEOUT, compared, quick_session, small_set, texts

APP = Path(__file__).parents[2] / "app.py"


def app() -> AppTest:
    return AppTest.from_file(str(APP), default_timeout=TIMEOUT)


def test_opens_ready_to_run() -> None:
    test = app().run()
    assert not test.exception
    assert test.title[0].value == "Compare anomaly detectors on images"
    assert not test.button(key="run.sidebar").disabled


def test_says_what_is_missing() -> None:
    test = app()
    session = quick_session(small_set())
    session.chosen = []
    test.session_state[KEY] = session
    test.run()
    assert test.button(key="run.sidebar").disabled
    assert "Choose at least one method first." in texts(test)


def test_the_address_brings_a_comparison_back() -> None:
    session = compared(small_set())
    assert session.job is not None
    test = app()
    test.query_params["comparison"] = session.job.token
    test.run()
    assert not test.exception
    assert test.session_state[KEY].job is session.job
    assert test.query_params["comparison"] == session.job.token


def test_an_address_of_nothing_is_told() -> None:
    test = app()
    test.query_params["comparison"] = "no-such-comparison"
    test.run()
    assert not test.exception
    assert "holds no comparison" in texts(test)
    assert "comparison" not in test.query_params


def test_nothing_heavy_is_imported_before_the_first_page() -> None:
    code = (
        "from streamlit.testing.v1 import AppTest; import sys;"
        f"AppTest.from_file({str(APP)!r}, default_timeout=60).run();"
        "print([name for name in ('torch', 'numba', 'sklearn') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=APP.parent, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
