"""The learning curve in words, as a table and as a plot: would more normal images help?"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from evaluation.comparison.learning_curve import AREAS, Area, LearningCurve
from evaluation.report.plots import DASHES
from methods.lazy import lazily

if TYPE_CHECKING:
    from plotly import graph_objects
else:
    graph_objects = lazily("plotly.graph_objects")

TITLES: Mapping[Area, str] = {"image_auroc": "Image AUROC", "pixel_auroc": "Pixel AUROC"}
CONFIDENCE = 0.95
WORTHWHILE = 0.005
"""Rise of the AUROC, from half of the images to all, below which more of them would hardly help."""
TOO_WIDE = 0.03
"""Half width of the interval of a rise above which the draws differ too much to tell."""

EXPLAINED = (
    "Lines are means, bars standard deviations over the draws, and dots single draws. The draws "
    "share images, so the spread is too small for large numbers. The interval in a sentence is "
    "that of 95 %."
)
"""What stands below the plots."""


@dataclass(frozen=True)
class Reached:
    """What a method reached with a number of images."""

    images: int
    areas: NDArray[np.float64]
    """The AUROC of each draw (n,)."""

    @property
    def mean(self) -> float:
        """The mean of the draws."""
        return float(self.areas.mean())

    @property
    def deviation(self) -> float:
        """The standard deviation of the draws; 0 for one."""
        return float(self.areas.std(ddof=1)) if len(self.areas) > 1 else 0.0


@dataclass(frozen=True)
class Rise:
    """How the AUROC changed between the two largest numbers of images."""

    fewer: int
    more: int
    mean: float
    half_width: float | None
    """Of the 95 % interval of the mean over draws; None with one draw."""

    def text(self, title: str) -> str:
        """The change and what follows from it, in a sentence."""
        size = f"{abs(self.mean):.3f}"
        verb = "changed" if float(size) == 0 else "rose" if self.mean > 0 else "fell"
        change = (
            f"From {self.fewer} to {self.more} images the {title[0].lower()}{title[1:]} {verb} by "
            f"{size}"
        )
        if self.half_width is None:
            return f"{change} in a single draw: more draws would tell whether that is chance."
        return f"{change} ± {self.half_width:.3f}: {self.answer()}."

    def answer(self) -> str:
        """Whether more images would help."""
        assert self.half_width is not None
        if self.mean > self.half_width and self.mean >= WORTHWHILE:
            return "more normal images would probably help"
        if self.half_width > TOO_WIDE:
            return "the draws differ too much to tell; compute more draws"
        return "more normal images would probably not help"


def reached(curve: LearningCurve, label: str, area: Area) -> list[Reached]:
    """What a method reached, by rising numbers of images; empty where that is undefined."""
    areas: dict[int, list[float]] = {}
    for one in curve.measured:
        value = getattr(one, area)
        if one.label == label and value is not None:
            areas.setdefault(one.images, []).append(value)
    return [Reached(images, np.array(areas[images])) for images in sorted(areas)]


def rise(curve: LearningCurve, label: str, area: Area) -> Rise | None:
    """The change between the two largest numbers of images; None where there are no two.

    Draws are nested, so it is the mean of the differences within draws. Its interval is that of
    Student's t. The draws share images, so it says little of other images.
    """
    values = {
        (one.images, one.draw): float(value)
        for one in curve.measured
        if one.label == label and (value := getattr(one, area)) is not None
    }
    numbers = sorted({images for images, _ in values})
    if len(numbers) < 2:
        return None
    fewer, more = numbers[-2:]
    draws = [draw for images, draw in values if images == fewer]
    pairs = [
        (values[fewer, draw], values[more, 0 if more == curve.images else draw])
        for draw in draws
        if more == curve.images or (more, draw) in values
    ]
    if not pairs:
        return None
    differences = np.array([after - before for before, after in pairs])
    half_width = None
    if len(differences) > 1:
        quantile = student.ppf((1 + CONFIDENCE) / 2, len(differences) - 1)
        half_width = float(quantile * differences.std(ddof=1) / np.sqrt(len(differences)))
    return Rise(fewer, more, float(differences.mean()), half_width)


def answers(curve: LearningCurve, label: str) -> list[str]:
    """A sentence for each AUROC of a method that is defined for two numbers of images."""
    rises = [(rise(curve, label, area), TITLES[area]) for area in AREAS]
    return [each.text(title) for each, title in rises if each is not None]


def reasons(curve: LearningCurve, label: str) -> list[str]:
    """Why some numbers of images have no value, in sentences."""
    found = {one.reason: one.images for one in curve.measured if one.label == label}
    return [f"{images}: {reason}" for reason, images in found.items() if reason]


def curve_text(curve: LearningCurve, labels: Sequence[str], images: Sequence[int] = ()) -> str:
    """The curves of some methods as a table, for the command line.

    Says which methods were passed over, and which of the numbers of `images` that were asked for.
    """
    lines = [f"Learning curve, measured on {curve.tested} (mean ± standard deviation of draws)"]
    for area in AREAS:
        for label in labels:
            points = [
                f"{each.images}: {each.mean:.4f}"
                + (f" ± {each.deviation:.4f}" if len(each.areas) > 1 else "")
                for each in reached(curve, label, area)
            ]
            if points:
                lines.append(f"  {label}, {TITLES[area]}  " + "   ".join(points))
    beyond = [str(each) for each in images if each > curve.images]
    within = len(beyond) < len(images)
    for label in labels:
        lines += [f"{label}: {text}" for text in answers(curve, label)]
        lines += [f"{label}, images: {text}" for text in reasons(curve, label)]
        if within and not any(one.label == label for one in curve.measured):
            lines.append(
                f"{label} has no curve, since it is not trained on normal images alone, without "
                "their classes."
            )
    if beyond:
        lines.append(
            f"Passed over: {', '.join(beyond)} images; there are {curve.images} to draw from."
        )
    return "\n".join(lines)


def curve_facts(curve: LearningCurve | None) -> dict[str, Any] | None:
    """What `results.json` holds; None where nothing was measured."""
    if curve is None or not curve.measured:
        return None
    return {
        "normal_images": curve.images,
        "measured_on": curve.tested,
        "measured": [asdict(each) for each in curve.measured],
    }


def learning_figure(
    curve: LearningCurve, area: Area, colours: Mapping[str, str]
) -> "graph_objects.Figure | None":
    """The mean AUROC of each method over the number of images, with the draws as dots.

    `colours` are those of the methods by label. None where no method has a value.
    """
    figure = graph_objects.Figure()
    for at, (label, colour) in enumerate(colours.items()):
        points = reached(curve, label, area)
        if not points:
            continue
        name = escape(label)
        figure.add_scatter(
            x=[each.images for each in points],
            y=[each.mean for each in points],
            error_y={
                "type": "data",
                "symmetric": False,
                "array": [min(each.deviation, 1 - each.mean) for each in points],
                "arrayminus": [each.deviation for each in points],
            },
            customdata=[each.deviation for each in points],
            mode="lines+markers",
            name=name,
            legendgroup=name,
            line={"color": colour, "width": 2.5, "dash": DASHES[at // 8 % len(DASHES)]},
            hovertemplate="%{x} images, %{y:.4f} ± %{customdata:.4f}",
        )
        figure.add_scatter(
            x=[each.images for each in points for _ in each.areas],
            y=[value for each in points for value in each.areas.tolist()],
            mode="markers",
            name=name,
            legendgroup=name,
            showlegend=False,
            marker={"color": colour, "size": 5, "opacity": 0.45},
            hovertemplate="%{x} images, %{y:.4f} in one draw",
        )
    if not figure.data:
        return None
    numbers = sorted({one.images for one in curve.measured})
    figure.update_layout(
        title={"text": TITLES[area]},
        xaxis={
            "title": "Normal images for training",
            "type": "log",
            "tickvals": numbers,
            "ticktext": [str(number) for number in numbers],
        },
        yaxis={"title": TITLES[area]},
        legend={"orientation": "h", "y": -0.22, "yanchor": "top", "x": 0},
        height=420,
        margin={"l": 10, "r": 10, "t": 50, "b": 10},
    )
    return figure
