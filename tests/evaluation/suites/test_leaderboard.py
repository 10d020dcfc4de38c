"""What is said of rows that were written down here."""

import pytest

from evaluation.suites.diagram import diagram
from evaluation.suites.files import leaderboard_markdown
from evaluation.suites.leaderboard import (
    Cell,
    findings,
    leaderboard,
    leaderboard_csv,
    results_csv,
    significant,
)
from evaluation.suites.rows import Row
from evaluation.suites.suite import SuiteError
from evaluation.suites.table_file import rows_of_csv

METRIC = "image_auroc"


def rows_of(values: dict[str, list[float | None]], seeds: int = 1) -> list[Row]:
    """A method's values on the sets s0, s1, ..., the same for all seeds but for 0.01 a seed."""
    return [
        Row(
            f"s{at}",
            method,
            seed,
            {METRIC: None if value is None else value + 0.01 * seed},
            {"fit_seconds": 2.0},
        )
        for method, found in values.items()
        for at, value in enumerate(found)
        for seed in range(seeds)
    ]


def test_means_and_deviations_over_seeds() -> None:
    """0.50, 0.51 and 0.52: mean 0.51, deviation of the sample 0.01."""
    board = leaderboard(rows_of({"a": [0.5], "b": [0.4]}, seeds=3), METRIC)
    assert board.cells["s0", "a"] == Cell(pytest.approx(0.51), pytest.approx(0.01), 3)
    assert board.cells["s0", "a"].text == "0.5100 ± 0.0100"
    assert leaderboard(rows_of({"a": [0.5]}), METRIC).cells["s0", "a"].deviation is None


def test_ranks_over_sets() -> None:
    """a: 1, 1, 2.5; b: 2, 3, 2.5; c: 3, 2, 1."""
    board = leaderboard(
        rows_of({"a": [0.9, 0.8, 0.7], "b": [0.8, 0.6, 0.7], "c": [0.1, 0.7, 0.9]}), METRIC
    )
    assert [(one.method, one.mean_rank, one.best) for one in board.standings] == [
        ("a", pytest.approx(1.5), 2),
        ("c", pytest.approx(2.0), 1),
        ("b", pytest.approx(2.5), 0),
    ]
    assert board.groups == [("a", "c", "b")]
    assert significant(board) == []


def test_a_set_where_a_method_has_no_value_is_not_ranked() -> None:
    rows = rows_of({"a": [0.9, 0.8, 0.7], "b": [0.8, None, 0.8], "c": [None] * 3})
    board = leaderboard(rows, METRIC)
    assert board.methods == ("a", "b")
    assert board.ranked == ("s0", "s2")
    assert findings(board)[:2] == [
        "c is not ranked: no Image AUROC on any set.",
        "s1 is not ranked: no Image AUROC of b.",
    ]
    alone = leaderboard(rows, METRIC, ["a"])
    assert alone.ranked == ("s0", "s1", "s2")
    assert alone.test is None
    assert "at least two methods and two sets" in findings(alone)[-1]


def test_a_seed_without_a_value_leaves_the_method_without_one() -> None:
    rows = [*rows_of({"a": [0.9]}), Row("s0", "a", 1, failure="No.")]
    assert leaderboard(rows, METRIC).methods == ()


def test_pairs_that_differ() -> None:
    """Ten sets, b below a on all: p = 2 / 2^10."""
    values = {
        "b": [0.5 - 0.001 * at for at in range(10)],
        "a": [0.6 + 0.002 * at for at in range(10)],
    }
    board = leaderboard(rows_of(values), METRIC)
    assert significant(board) == ["a is better than b on 10 sets and worse on 0 (p = 0.002)."]
    assert "the 2 methods differ (Friedman" in findings(board)[0]
    assert board.groups == []


def test_the_table_is_read_back() -> None:
    rows = [*rows_of({"=a": [0.1 + 0.2, None]}, 2), Row("s,1", "b", 0, failure="It's\nso.")]
    again = rows_of_csv(results_csv(rows).encode(), "results.csv")
    assert [(row.set, row.method, row.seed, row.failure) for row in again] == [
        (row.set, row.method, row.seed, row.failure) for row in rows
    ]
    assert [row.metrics[METRIC] for row in again] == [row.metrics.get(METRIC) for row in rows]
    assert again[0].costs == {"fit_seconds": 2.0}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a,b\n1,2\n", "is not the table of a suite"),
        (b"\xff\xfe\x00", "is not a table in CSV format and UTF-8"),
        (b"set,method,seed,image_auroc\n", "has no results"),
        (b"set,method,seed,image_auroc\ns,m,0,high\n", "line 2, has 'high' as image_auroc"),
        (b"set,method,seed,image_auroc\ns,m,0,nan\n", "expected a number"),
        (b"set,method,seed,image_auroc\ns,m,x,1\n", "line 2, lacks a set, a method or a seed"),
    ],
)
def test_another_table_is_refused(content: bytes, said: str) -> None:
    with pytest.raises(SuiteError, match=said):
        rows_of_csv(content, "t.csv")


def test_the_files_for_people() -> None:
    rows = rows_of({"a|x": [0.9, 0.8], "b": [0.8, 0.9], "c": [0.3, 0.2]}, 2)
    rows.append(Row("s0", "d", 0, failure="It broke."))
    boards = [leaderboard(rows, METRIC)]
    text = leaderboard_markdown("Squares", rows, boards)
    assert "| a\\|x | 1.50 | 0.8550 | 0.9050 ± 0.0071 | 0.8050 ± 0.0071 |" in text
    assert "- d on s0, seed 0: It broke." in text
    assert "![critical-difference diagram](critical-difference-image-auroc.svg)" in text
    lines = leaderboard_csv(boards).splitlines()
    assert lines[0] == "metric,method,mean_rank,ranked_sets,mean,s0,s0 deviation,s1,s1 deviation"
    assert lines[1].startswith("image_auroc,a|x,1.5,2,0.855,0.905,0.00707")


def test_the_diagram_has_a_bar_for_each_group() -> None:
    board = leaderboard(rows_of({"<a>": [0.9, 0.8], "b": [0.8, 0.7], "c": [0.3, 0.2]}), METRIC)
    drawn = diagram(board)
    assert drawn.count('stroke-width="5"') == len(board.groups) == 1
    assert "&lt;a&gt;  1.00" in drawn
    assert "<a>" not in drawn
    with pytest.raises(ValueError, match="too few"):
        diagram(leaderboard(rows_of({"a": [0.9]}), METRIC))
