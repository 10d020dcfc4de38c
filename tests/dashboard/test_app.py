"""The whole application: navigation, the panel, the address."""

import subprocess
import sys
from pathlib import Path

from streamlit.testing.v1 import AppTest

from dashboard.session.widgets import SESSION
from evaluation.decisions.thresholds import from_curve, manual
from tests.dashboard.small import TIMEOUT, compared, page, quick_session, small_set, texts

APP = Path(__file__).parents[2] / "app.py"


def compare() -> None:
    from dashboard.pages import compare as compare_page

    compare_page.show()


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
    session.methods.chosen = []
    test.session_state[SESSION] = session
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
    assert test.session_state[SESSION].job is session.job
    assert test.query_params["comparison"] == session.job.token


def test_the_address_brings_the_view_back() -> None:
    session = compared(small_set())
    assert session.job is not None
    first = page(compare, session)
    first.segmented_control(key="compare.view").select("Curves").run()
    first.toggle(key="compare.bands").set_value(True).run()
    first.selectbox(key="threshold.rule").select("normal-maximum").run()
    session.view.choose("PCA coarse", "pixel", manual(0.125))
    session.view.choose("PCA", "pixel", from_curve(0.5))
    session.view.choose("PCA", "image", manual(0.75))
    session.view.image, session.view.place = 2, (26, 36)
    first.run()
    wanted = {
        "comparison": session.job.token,
        "compare.view": "Curves",
        "compare.bands": "True",
        "threshold.rule": "normal-maximum",
        "image": "2",
        "place": "26,36",
        "by-hand": "0.125:PCA coarse",
        "from-curve": "0.5:PCA",
        "image-by-hand": "0.75:PCA",
    }
    assert dict(first.query_params) == wanted
    other = app()
    for name, value in wanted.items():
        other.query_params[name] = value
    other.run()
    assert not other.exception
    found = other.session_state[SESSION]
    assert {
        (label, level): (one.value, one.rule.name)
        for label, by_level in found.view.thresholds.items()
        for level, one in by_level.items()
    } == {
        ("PCA coarse", "pixel"): (0.125, "by-hand"),
        ("PCA", "pixel"): (0.5, "from-curve"),
        ("PCA", "image"): (0.75, "by-hand"),
    }
    assert (found.view.image, found.view.place) == (2, (26, 36))
    for key in ("compare.view", "compare.bands", "threshold.rule"):
        assert other.session_state[key] == first.session_state[key]
    assert dict(other.query_params) == wanted


def test_what_makes_no_sense_in_an_address_is_passed_over() -> None:
    session = compared(small_set())
    assert session.job is not None
    test = app()
    nonsense = {
        "comparison": session.job.token,
        "compare.page": "-3",
        "compare.view": "Nothing",
        "threshold.rate": "nan",
        "threshold.rule": "no-rule",
        "image": "2",
        "place": "9999,0",
        "by-hand": "inf:PCA",
        "image-by-hand": "1e999:PCA",
        "from-curve": "nan:PCA",
        "other": "<script>",
    }
    for name, value in nonsense.items():
        test.query_params[name] = value
    test.run()
    assert not test.exception
    assert not test.error
    assert "threshold.rule" not in test.session_state
    view = test.session_state[SESSION].view
    assert (view.image, view.place, view.thresholds) == (2, None, {})
    shown = page(
        compare,
        test.session_state[SESSION],
        {"compare.view": "Nothing", "threshold.rule": "no-rule"},
    )
    assert not shown.exception
    assert shown.segmented_control(key="compare.view").value == "Heatmaps"
    assert shown.selectbox(key="threshold.rule").value == "normal-quantile"


def test_an_address_of_nothing_is_told() -> None:
    test = app()
    test.query_params["comparison"] = "no-such-comparison"
    test.run()
    assert not test.exception
    assert "does not contain a finished comparison" in texts(test)
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
