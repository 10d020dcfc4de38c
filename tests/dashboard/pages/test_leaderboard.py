"""The page of a suite: from an uploaded table or a folder of the server's starter."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.session.widgets import SUITE_METHODS, SUITE_METRIC, SUITE_TABLE
from evaluation.comparison.storage import write_json
from evaluation.suites.leaderboard import results_csv
from evaluation.suites.rows import Row, write_row
from evaluation.suites.runner import SuiteFacts
from tests.dashboard.small import TIMEOUT, texts

ROWS = [
    Row(name, method, seed, {"image_auroc": value + 0.01 * seed, "aupro": None}, {"model_mb": 2.0})
    for name, values in {"s0": (0.9, 0.8, 0.3), "<s1>": (0.8, 0.7, 0.2)}.items()
    for method, value in zip(("a", "b", "*c*"), values, strict=True)
    for seed in (0, 1)
]


def leaderboard() -> None:
    from dashboard.pages import leaderboard as page

    page.show()


def guarded_leaderboard() -> None:
    from dashboard.errors import guarded
    from dashboard.pages import leaderboard as page

    guarded(page.show)()


def opened(draw: object = leaderboard) -> AppTest:
    return AppTest.from_function(draw, default_timeout=TIMEOUT).run()  # type: ignore[arg-type]


def test_it_says_how_to_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ANOMALY_SUITE", raising=False)
    assert "upload its table results.csv" in texts(opened()).replace("`", "")


def test_an_uploaded_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ANOMALY_SUITE", raising=False)
    test = opened()
    rows = [*ROWS, Row("s0", "broken", 0, failure="No <memory>.")]
    test.file_uploader(key=SUITE_TABLE).set_value(
        ("results.csv", results_csv(rows).encode(), "text/csv")
    ).run()
    assert not test.exception
    assert "results.csv: 4 methods, 2 data sets, 2 seeds, 13 results." in texts(test)
    table = test.dataframe[0].value
    assert list(table["Method"]) == ["a", "b", "*c*"]
    assert list(table["Mean rank"]) == [1, 2, 3]
    assert table["s0"][0] == "0.9050 ± 0.0071"
    assert test.selectbox(key=SUITE_METRIC).options == ["Image AUROC"]
    assert "Over 2 sets the 3 methods" in texts(test)
    test.multiselect(key=SUITE_METHODS).set_value(["b", "*c*"]).run()
    assert list(test.dataframe[0].value["Mean rank"]) == [1, 2]


def test_the_folder_that_the_server_was_started_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANOMALY_SUITE", str(tmp_path))
    test = opened(guarded_leaderboard)
    assert "has no results of a suite" in test.error[0].value.replace("\\", "")
    (tmp_path / "rows").mkdir()
    for row in ROWS:
        write_row(tmp_path / "rows", row)
    write_json(tmp_path / "suite.json", SuiteFacts("My suite", ("a",), (0, 1), ("s0",)))
    test = opened()
    assert not test.exception
    assert "My suite: 3 methods, 2 data sets, 2 seeds, 12 results." in texts(test)


def test_another_table_is_refused_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ANOMALY_SUITE", raising=False)
    test = opened(guarded_leaderboard)
    test.file_uploader(key=SUITE_TABLE).set_value(("x.csv", b"a,b\n1,2\n", "text/csv")).run()
    assert "x.csv is not the table of a suite" in test.error[0].value.replace("\\", "")
