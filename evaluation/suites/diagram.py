"""The critical-difference diagram of Demšar 2006 as SVG."""

from html import escape

from evaluation.suites.leaderboard import Leaderboard

WIDTH = 820
LEFT, RIGHT = 230, 590
"""Where the axis of ranks begins and ends."""
AXIS = 64
ROW = 20
BAR = 11
FONT = 'font-family="sans-serif" font-size="13"'


def diagram(board: Leaderboard) -> str:
    """The methods on the axis of mean ranks, with a bar over those that do not differ.

    The best method is at the left. Raises ValueError where the board has no critical difference.
    """
    if board.difference is None:
        raise ValueError("there are too few methods or sets")
    standings, count = board.standings, len(board.standings)
    rank_of = {one.method: one.mean_rank for one in standings}
    groups = board.groups
    top = AXIS + 18 + BAR * len(groups)
    half = (count + 1) // 2
    height = top + ROW * half + 16
    parts = [_line(LEFT, AXIS, RIGHT, AXIS)]
    for tick in range(1, count + 1):
        place = _place(tick, count)
        parts += [_line(place, AXIS - 6, place, AXIS), _text(place, AXIS - 11, str(tick), "middle")]
    # The difference stands above the axis, from rank 1.
    width = min(board.difference, count - 1) * (RIGHT - LEFT) / (count - 1)
    parts += [
        _line(LEFT, 26, LEFT + width, 26, 2),
        _line(LEFT, 21, LEFT, 31),
        _line(LEFT + width, 21, LEFT + width, 31),
        _text(LEFT, 15, f"critical difference {board.difference:.2f}", "start"),
    ]
    for at, group in enumerate(groups):
        level = AXIS + 12 + BAR * at
        begin, end = (_place(rank_of[group[end]], count) for end in (0, -1))
        parts.append(_line(begin - 4, level, end + 4, level, 5))
    for at, one in enumerate(standings):
        place = _place(one.mean_rank, count)
        on_left = at < half
        row = at if on_left else count - 1 - at
        level = top + ROW * row + 8
        end = LEFT - 14 if on_left else RIGHT + 14
        label = (
            f"{one.method}  {one.mean_rank:.2f}"
            if on_left
            else f"{one.mean_rank:.2f}  {one.method}"
        )
        anchor = "end" if on_left else "start"
        parts += [
            _line(place, AXIS, place, level),
            _line(place, level, end, level),
            _text(end - 5 if on_left else end + 5, level + 4, _short(label), anchor),
        ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
        f'height="{height}" role="img"><title>{escape(_said(board))}</title>'
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>{"".join(parts)}</svg>'
    )


def _said(board: Leaderboard) -> str:
    ranked = ", ".join(f"{one.method} {one.mean_rank:.2f}" for one in board.standings)
    return f"Mean ranks: {ranked}. Critical difference {board.difference:.2f}."


def _place(rank: float, count: int) -> float:
    return LEFT + (rank - 1) * (RIGHT - LEFT) / (count - 1)


def _short(label: str) -> str:
    return label if len(label) <= 32 else f"{label[:18]}...{label[-11:]}"


def _line(x1: float, y1: float, x2: float, y2: float, width: float = 1) -> str:
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="#222222" '
        f'stroke-width="{width:g}"/>'
    )


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="#222222" {FONT} '
        f'xml:space="preserve">{escape(text)}</text>'
    )
