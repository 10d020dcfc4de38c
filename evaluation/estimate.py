"""The time that methods will take, in words for a person, as sure as it is and no surer."""

from collections.abc import Sequence
from math import log

from evaluation.comparison.expected import Basis, Forecast
from images.words import percent

MINUTES = (1, 1.5, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 30, 40, 50)
HOURS = (1, 1.5, 2, 3, 4, 6, 8, 12, 18, 24, 36, 48)
STEPS = (
    *(5.0, 10.0, 15.0, 20.0, 30.0, 40.0, 50.0),
    *(60.0 * minutes for minutes in MINUTES),
    *(3600.0 * hours for hours in HOURS),
)
"""Seconds that are said; what lies between is said as the nearest of them."""

WHY: dict[Basis, str] = {
    "measured": "measured on this machine",
    "similar": "from runs with other settings or image sizes on this machine",
    "machine": "not yet measured on this machine",
    "reference": "not yet measured on this machine",
}


def about(low: float, high: float) -> str:
    """``"about 2 min"``, ``"about 1 to 3 min"`` or ``"about 40 s to 2 min"``."""
    if high < STEPS[0]:
        return f"less than {_said(STEPS[0])}"
    first, last = _step(low), _step(high)
    if first == last:
        return f"about {_said(last)}"
    (number, unit), (_, other) = _said(first).split(), _said(last).split()
    return f"about {number if unit == other else _said(first)} to {_said(last)}"


def estimate_text(forecasts: Sequence[Forecast]) -> str:
    """How long methods take together, and what that rests on, in one or two sentences.

    Empty where there are no methods.

    Parameters whose effect on the time is unknown are named, since the estimate is without them.
    """
    if not forecasts:
        return ""
    low = sum(each.range[0] for each in forecasts)
    high = sum(each.range[1] for each in forecasts)
    why = {WHY[each.basis] for each in forecasts}
    text = about(low, high)
    if len(why) == 1:
        sentences = [f"{text[0].upper()}{text[1:]}, {why.pop()}."]
    else:
        named = [
            f"{', '.join(labels)}: {reason}"
            for reason in dict.fromkeys(WHY.values())
            if reason != WHY["measured"]
            and (labels := [one.label for one in forecasts if WHY[one.basis] == reason])
        ]
        sentences = [f"{text[0].upper()}{text[1:]}. {'; '.join(named)}."]
    if unknown := [f"{', '.join(each.unknown)} of {each.label}" for each in forecasts
                   if each.unknown and each.basis != "measured"]:  # fmt: skip
        sentences.append(f"Estimated with the default of {' and '.join(unknown)}.")
    return " ".join(sentences)


def parts_text(forecast: Forecast) -> str:
    """Which share of its time a method trains, is calibrated and scores test images, in tens that
    make a hundred; what has none of them is left out."""
    given = forecast.expected
    shares = {
        "training": given.load + given.fit,
        "calibration": given.seconds("folds") + given.seconds("held out"),
        "inference": given.seconds("score"),
    }
    tens = _tens([part / given.total for part in shares.values()])
    said = ", ".join(
        f"{name} {percent(tenth / 10)}" for name, tenth in zip(shares, tens, strict=True) if tenth
    )
    return f"{said[0].upper()}{said[1:]} of it."


def _tens(shares: Sequence[float]) -> list[int]:
    """Shares of one in tenths that make ten: the largest remainders are rounded up."""
    tens = [int(10 * share) for share in shares]
    by_rest = sorted(range(len(shares)), key=lambda at: tens[at] - 10 * shares[at])
    for at in by_rest[: 10 - sum(tens)]:
        tens[at] += 1
    return tens


def _step(seconds: float) -> float:
    return min(STEPS, key=lambda step: abs(log(step / max(seconds, 1e-3))))


def _said(seconds: float) -> str:
    for size, unit in ((3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:g} {unit}"
    return f"{seconds:g} s"
