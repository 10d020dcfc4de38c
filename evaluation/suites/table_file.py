"""Read back the table of a suite, `results.csv`, which a person may have from anywhere."""

import csv
import io
import math

from evaluation.suites.rows import COSTS, FOUND, MEASURES, Row
from evaluation.suites.suite import SuiteError

LONGEST = 1_000_000
"""Lines that are read; more are refused."""


def rows_of_csv(content: bytes, name: str) -> list[Row]:
    """The rows in the bytes of a table that `leaderboard.results_csv` wrote.

    Raises `SuiteError` for anything else; `name` is what the sentence calls it.
    """
    try:
        reader = csv.DictReader(io.StringIO(content.decode("utf-8-sig")))
        heads = reader.fieldnames or []
        missing = [head for head in ("set", "method", "seed") if head not in heads]
        if missing or not any(head in MEASURES for head in heads):
            raise SuiteError(
                f"{name} is not the table of a suite; expected results.csv, with the columns set, "
                "method, seed and one of each metric."
            )
        rows = []
        for number, line in enumerate(reader, start=2):
            if number > LONGEST:
                raise SuiteError(f"{name} has more than {LONGEST:,} lines, which is the limit.")
            rows.append(_row(line, f"{name}, line {number},"))
    except (UnicodeDecodeError, csv.Error) as error:
        raise SuiteError(f"{name} is not a table in CSV format and UTF-8.") from error
    if not rows:
        raise SuiteError(f"{name} has no results.")
    return rows


def _row(line: dict[str, str | None], where: str) -> Row:
    seed = line["seed"] or ""
    if not (line["set"] and line["method"] and seed.isdecimal()):
        raise SuiteError(f"{where} lacks a set, a method or a seed.")
    failure = _text(line.get("failure"))
    return Row(
        _text(line["set"]),
        _text(line["method"]),
        int(seed),
        {name: _number(line.get(name), where, name) for name in (*MEASURES, *FOUND)},
        {
            name: value
            for name in COSTS
            if (value := _number(line.get(name), where, name)) is not None
        },
        failure,
        version=_text(line.get("version")),
    )


def _text(cell: str | None) -> str:
    """A text as it was before `inert`."""
    return (cell or "").removeprefix("'")


def _number(cell: str | None, where: str, name: str) -> float | None:
    if not cell:
        return None
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise SuiteError(f"{where} has {cell[:40]!r} as {name}; expected a number.")
    return value
