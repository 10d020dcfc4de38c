"""The files that a suite leaves beside its rows: tables, the leaderboard as text, the diagram."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import fmean

from evaluation.comparison.storage import writing
from evaluation.report.tables import versions
from evaluation.suites.diagram import diagram
from evaluation.suites.leaderboard import (
    SHOWN,
    Leaderboard,
    findings,
    in_order,
    leaderboard,
    leaderboard_csv,
    results_csv,
    significant,
)
from evaluation.suites.rows import COSTS, MEASURES, Row

RESULTS_FILE = "results.csv"
MARKDOWN_FILE = "leaderboard.md"


def write_files(name: str, rows: Sequence[Row], out: Path) -> None:
    """Write `results.csv`, `leaderboard.csv`, `leaderboard.md` and the diagrams of a suite."""
    boards = [leaderboard(rows, metric) for metric in SHOWN]
    _write(out / RESULTS_FILE, results_csv(rows))
    _write(out / "leaderboard.csv", leaderboard_csv(boards))
    _write(out / MARKDOWN_FILE, leaderboard_markdown(name, rows, boards))
    for board in boards:
        if board.difference is not None:
            _write(out / diagram_file(board), diagram(board))


def diagram_file(board: Leaderboard) -> str:
    """The name of the file with the diagram of a leaderboard."""
    return f"critical-difference-{board.metric.replace('_', '-')}.svg"


def _write(path: Path, text: str) -> None:
    with writing(path):
        path.write_text(text, encoding="utf-8")


def leaderboard_markdown(name: str, rows: Sequence[Row], boards: Iterable[Leaderboard]) -> str:
    """The leaderboard for a person: a section for each metric, then costs and failures."""
    seeds = sorted({row.seed for row in rows})
    found = ", ".join(f"{package} {number}" for package, number in versions().items())
    parts = [
        f"# {name}",
        f"Mean ± standard deviation over the seeds {', '.join(map(str, seeds))}; ranks are of the "
        "means, 1 is best.",
        f"Versions: {found}.",
    ]
    for board in boards:
        parts += [f"## {MEASURES[board.metric]}", *_section(board)]
    parts += ["## Costs", _costs(rows)]
    failures = [
        f"- {row.method} on {row.set}, seed {row.seed}: {row.failure}"
        for row in rows
        if row.failure
    ]
    if failures:
        parts += ["## Failures", "\n".join(failures)]
    return "\n\n".join(parts) + "\n"


def _section(board: Leaderboard) -> list[str]:
    if not board.methods:
        return ["No method has a value."]
    standing = {one.method: one for one in board.standings}
    lines = []
    for method in in_order(board):
        own = standing.get(method)
        cells = [board.cells.get((name, method)) for name in board.sets]
        lines.append(
            [
                method,
                f"{own.mean_rank:.2f}" if own else "-",
                f"{own.mean:.4f}" if own else "-",
                *("-" if cell is None else cell.text for cell in cells),
            ]
        )
    parts = [markdown_table(["method", "mean rank", "mean", *board.sets], lines)]
    if board.difference is not None:
        parts.append(f"![critical-difference diagram]({diagram_file(board)})")
    parts.append(" ".join(findings(board)))
    if pairs := significant(board):
        parts.append("Pairs that differ (Wilcoxon with Holm's correction):")
        parts.append("\n".join(f"- {sentence}" for sentence in pairs))
    return parts


def _costs(rows: Sequence[Row]) -> str:
    """Means over all sets and seeds."""
    lines = []
    for method in dict.fromkeys(row.method for row in rows):
        own = [row.costs for row in rows if row.method == method and row.costs]
        means = [_mean([one[name] for one in own if name in one]) for name in COSTS]
        lines.append([method, *means])
    return markdown_table(["method", *COSTS.values()], lines)


def _mean(values: Sequence[float]) -> str:
    return f"{fmean(values):.3g}" if values else "-"


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table whose first column is text."""
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines
    )
