"""What a suite says of its methods: means over seeds, ranks over sets, and whether they differ."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from statistics import fmean, stdev

import numpy as np

from evaluation.report.spreadsheets import inert
from evaluation.suites.rows import COSTS, FOUND, MEASURES, Row
from evaluation.suites.statistics import (
    LEVEL,
    Friedman,
    Pair,
    alike,
    critical_difference,
    friedman,
    pairs,
    ranks,
)
from images.words import count, percent

SHOWN = ("image_auroc", "pixel_auroc", "aupro")
"""The metrics that have a section in the Markdown file."""


@dataclass(frozen=True)
class Cell:
    """One method on one set, over its seeds."""

    mean: float
    deviation: float | None
    """Standard deviation over the seeds, of the sample; None with one seed."""
    seeds: int

    @property
    def text(self) -> str:
        """Such as ``0.9340 ± 0.0042``."""
        return f"{self.mean:.4f}" + ("" if self.deviation is None else f" ± {self.deviation:.4f}")


@dataclass(frozen=True)
class Standing:
    """How one method stands over the sets that all methods have."""

    method: str
    mean_rank: float
    mean: float
    """Of the metric over these sets."""
    best: int
    """Sets on which no other method is better."""


@dataclass(frozen=True)
class Leaderboard:
    """All methods on all sets by one metric."""

    metric: str
    methods: tuple[str, ...]
    """Those with a value somewhere, in the order of the rows."""
    sets: tuple[str, ...]
    cells: Mapping[tuple[str, str], Cell]
    """By set and method, where there is a value."""
    ranked: tuple[str, ...]
    """The sets on which all methods have a value; ranks and tests are made from these."""
    standings: tuple[Standing, ...]
    """Best first; empty without such a set."""
    test: Friedman | None
    """None with fewer than two methods or two sets."""
    difference: float | None
    """The critical difference of mean ranks, by Nemenyi."""
    pairs: tuple[Pair, ...]
    """Of places in `methods`."""
    without: tuple[str, ...] = ()
    """Methods without a value on any set, which take no part."""

    @property
    def groups(self) -> list[tuple[str, ...]]:
        """Methods that are not significantly different, by Nemenyi, best first."""
        if self.difference is None:
            return []
        found = alike([one.mean_rank for one in self.standings], self.difference)
        return [tuple(self.standings[at].method for at in group) for group in found]

    @property
    def unranked(self) -> dict[str, tuple[str, ...]]:
        """The sets that do not take part in ranks, and the methods without a value there."""
        return {
            name: tuple(one for one in self.methods if (name, one) not in self.cells)
            for name in self.sets
            if name not in self.ranked
        }


def leaderboard(
    rows: Iterable[Row], metric: str, methods: Sequence[str] | None = None
) -> Leaderboard:
    """The leaderboard by one of `MEASURES`; of some methods only where `methods` is given.

    A method has a value on a set when all of its rows there have one.
    """
    values: dict[tuple[str, str], list[float | None]] = {}
    for row in rows:
        if methods is None or row.method in methods:
            values.setdefault((row.set, row.method), []).append(row.metrics.get(metric))
    cells = {
        key: Cell(fmean(numbers), stdev(numbers) if len(numbers) > 1 else None, len(numbers))
        for key, found in values.items()
        if (numbers := [one for one in found if one is not None]) and len(numbers) == len(found)
    }
    sets = tuple(dict.fromkeys(name for name, _ in values))
    named = tuple(one for one in dict.fromkeys(one for _, one in values) if _anywhere(one, cells))
    ranked = tuple(name for name in sets if named and all((name, one) in cells for one in named))
    without = tuple(one for one in dict.fromkeys(one for _, one in values) if one not in named)
    if not ranked:
        return Leaderboard(metric, named, sets, cells, (), (), None, None, (), without)
    table = np.array([[cells[name, one].mean for one in named] for name in ranked])
    places = ranks(table)
    standings = [
        Standing(
            one,
            float(places[:, at].mean()),
            float(table[:, at].mean()),
            int((table[:, at] == table.max(axis=1)).sum()),
        )
        for at, one in enumerate(named)
    ]
    enough = len(named) > 1 and len(ranked) > 1
    return Leaderboard(
        metric,
        named,
        sets,
        cells,
        ranked,
        tuple(sorted(standings, key=lambda one: one.mean_rank)),
        friedman(places) if enough else None,
        critical_difference(len(named), len(ranked)) if enough else None,
        tuple(pairs(table)) if enough else (),
        without,
    )


def _anywhere(method: str, cells: Mapping[tuple[str, str], Cell]) -> bool:
    return any(one == method for _, one in cells)


def findings(board: Leaderboard) -> list[str]:
    """What the ranks say and what they leave out, in sentences."""
    title = MEASURES[board.metric]
    said = [f"{method} is not ranked: no {title} on any set." for method in board.without]
    said += [
        f"{name} is not ranked: no {title} of {_listed(missing)}."
        for name, missing in board.unranked.items()
    ]
    if board.test is None or board.difference is None:
        return [
            *said,
            "Methods are compared over sets with at least two methods and two sets on which all "
            "of them have a value.",
        ]
    differ = "differ" if board.test.f_p_value < LEVEL else "do not differ significantly"
    said.append(
        f"Over {count(len(board.ranked), 'set')} the {count(len(board.methods), 'method')} "
        f"{differ} (Friedman, with the correction of Iman and Davenport: "
        f"F = {board.test.f_statistic:.2f}, p = {board.test.f_p_value:.2g}). Mean ranks that "
        f"differ by less than {board.difference:.2f} are not significantly different at "
        f"{percent(LEVEL, None)} (Nemenyi)."
    )
    return said


def significant(board: Leaderboard) -> list[str]:
    """The pairs that differ by Wilcoxon's test with Holm's correction, in sentences."""
    said = []
    for pair in board.pairs:
        if pair.adjusted < LEVEL:
            first, second = board.methods[pair.first], board.methods[pair.second]
            wins, losses = pair.wins, pair.losses
            if losses > wins:
                first, second, wins, losses = second, first, losses, wins
            said.append(
                f"{first} is better than {second} on {count(wins, 'set')} and worse on {losses} "
                f"(p = {pair.adjusted:.2g})."
            )
    return said


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def results_csv(rows: Iterable[Row]) -> str:
    """A line for every result, which `rows_of_csv` reads."""
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(["set", "method", "seed", *MEASURES, *FOUND, *COSTS, "version", "failure"])
    for row in rows:
        values = {**row.metrics, **row.costs}
        numbers = [values.get(name) for name in (*MEASURES, *FOUND, *COSTS)]
        written = ["" if one is None else repr(float(one)) for one in numbers]
        writer.writerow(
            [inert(row.set), inert(row.method), row.seed, *written, row.version, inert(row.failure)]
        )
    return text.getvalue()


def leaderboard_csv(boards: Iterable[Leaderboard]) -> str:
    """A line for every metric and method: mean rank, mean, and each set with its deviation."""
    boards = list(boards)
    sets = list(dict.fromkeys(name for board in boards for name in board.sets))
    text = StringIO()
    writer = csv.writer(text)
    heads = [head for name in sets for head in (inert(name), f"{inert(name)} deviation")]
    writer.writerow(["metric", "method", "mean_rank", "ranked_sets", "mean", *heads])
    for board in boards:
        standing = {one.method: one for one in board.standings}
        for method in in_order(board):
            own = standing.get(method)
            line = [board.metric, inert(method)]
            line += [f"{own.mean_rank:.6g}" if own else "", str(len(board.ranked))]
            line.append(f"{own.mean:.9g}" if own else "")
            for name in sets:
                cell = board.cells.get((name, method))
                numbers = (None, None) if cell is None else (cell.mean, cell.deviation)
                line += ["" if one is None else f"{one:.9g}" for one in numbers]
            writer.writerow(line)
    return text.getvalue()


def in_order(board: Leaderboard) -> list[str]:
    """The methods, best first where there are ranks."""
    return [one.method for one in board.standings] or list(board.methods)
