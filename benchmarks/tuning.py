"""Does tuning on painted defects help? `python -m benchmarks.tuning --data FOLDER --rows DIR`.

For a few random settings of four methods on several sets: the pixel AUROC on painted defects, of
all kinds and of each, and on the real test images. Prints the rank correlation (Spearman) of the
two orders of settings, and the real AUROC of the setting that tuning would take beside that of the
default. Images are reduced and sets cut to a few dozen images, so that it takes minutes. What was
measured is kept in DIR and not measured again. Ends with one line of JSON.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from scipy.stats import spearmanr

from benchmarks.reduced import reduced
from evaluation.comparison.comparison import Variant
from evaluation.decisions.image_scores import ImageScore
from evaluation.metrics.curves import Undefined, auroc, rank
from evaluation.metrics.regions import rank_pixels
from evaluation.metrics.truth import Truths, known_labels
from evaluation.tuning.judging import Judge
from evaluation.tuning.space import Plain, default_settings, settings
from evaluation.tuning.validation import Validation, painted_validation
from images.dataset import GOOD, DataSet, Picture
from images.errors import AnomalyError
from images.open import open_path
from images.painting.kinds import KINDS
from images.samples.catalogue import load_sample, samples
from methods import registry
from methods.detector import Detector
from methods.features.remembered import FeatureStore
from methods.patches.grid import ScoreMap
from methods.search import Choices, Search

METHODS = ("mean-feature", "padim", "nearest-neighbour", "sparse-coding")
PER_KIND = 4


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tuning", description=__doc__)
    parser.add_argument("--data", type=Path, help="folder with data sets in it")
    parser.add_argument("--sets", required=True, help="names of sets, with commas between")
    parser.add_argument("--methods", default=",".join(METHODS))
    parser.add_argument("--settings", type=int, default=6, help="of each method, with the default")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rows", type=Path, required=True, help="folder for what was measured")
    options = parser.parse_args(arguments)
    options.rows.mkdir(parents=True, exist_ok=True)
    rows = []
    for name in options.sets.split(","):
        for method in options.methods.split(","):
            path = options.rows / f"{name} {method} {options.seed} {options.settings}.json"
            if not path.is_file():
                row = measure(reduced(_set(options.data, name)), method, options)
                path.write_text(json.dumps(row), encoding="utf-8")
            rows.append(json.loads(path.read_text(encoding="utf-8")))
            print(_line(rows[-1]), file=sys.stderr, flush=True)
    print(json.dumps(summary(rows)))


def _set(folder: Path | None, name: str) -> DataSet:
    if name in samples():
        return load_sample(name)
    if folder is None:
        raise SystemExit(f"{name} is no sample; give --data FOLDER.")
    return open_path(folder / name)


def measure(data: DataSet, method: str, options: argparse.Namespace) -> dict[str, Any]:
    """Some settings of a method on painted and on real defects."""
    begin = time.monotonic()
    validation = painted_validation(data, per_kind=PER_KIND, seed=options.seed)
    validation = replace(
        validation, searched=_held(validation.searched), confirmed=_held(validation.confirmed)
    )
    tried = []
    with tempfile.TemporaryDirectory() as scratch:
        maps, features = Path(scratch) / "maps", Path(scratch) / "features"
        maps.mkdir()
        features.mkdir()
        judge = Judge(validation.train, "pixel_auroc", maps, True, FeatureStore(features))
        best: tuple[float, int, Detector] | None = None
        default: Detector | None = None
        for number, chosen in enumerate(some_settings(method, options.settings, options.seed)):
            try:
                detector = judge.fitted(Variant(method, chosen, options.seed))
            except AnomalyError as error:
                print(error, file=sys.stderr)
                continue
            found: dict[str, Any] = {"settings": chosen, **_on_painted(detector, validation),
                     "real": _areas(detector, data.test)}  # fmt: skip
            tried.append(found)
            default = detector if number == 0 else default
            if best is None or found["painted"] > best[0]:
                best = found["painted"], len(tried) - 1, detector
        assert best is not None
        assert default is not None
        taken = _taken(judge, validation, default, best[2]) if best[1] else False
    return {
        "set": data.name,
        "method": method,
        "settings": tried,
        "best": best[1],
        "taken": taken,
        "seconds": time.monotonic() - begin,
    }


def _taken(judge: Judge, validation: Validation, default: Detector, best: Detector) -> bool:
    """Whether the rule of the search takes the best setting; see `MethodSearch`."""
    _, before = judge.estimated(default, validation.confirmed)
    _, after = judge.estimated(best, validation.confirmed)
    lead = after.lead(before, judge.metric)
    return lead is not None and lead.low > 0


def some_settings(method: str, count: int, seed: int) -> Iterator[dict[str, Any]]:
    """The default, then random values of all searched parameters."""
    model = registry.get(method).Params
    yield dict(default_settings(model, {}, method))
    rng = np.random.default_rng(seed)

    def draw(name: str, search: Search, whole: bool) -> Plain:
        if isinstance(search, Choices):
            return search.values[int(rng.integers(len(search.values)))]
        if search.log:
            value = float(np.exp(rng.uniform(np.log(search.low), np.log(search.high))))
        else:
            value = float(rng.uniform(search.low, search.high))
        return round(value) if whole else value

    for _ in range(count - 1):
        yield settings(model, {}, method, draw)


def _on_painted(detector: Detector, validation: Validation) -> dict[str, Any]:
    """Pixel AUROC on the painted defects of each kind, with all normal images, their mean, which is
    what tuning goes by, and that of all defects together."""
    pictures = validation.searched
    maps = [detector.score_map(picture.read()) for picture in pictures]

    def area(kinds: Sequence[str]) -> float:
        places = [at for at, one in enumerate(pictures) if one.kind == GOOD or one.kind in kinds]
        return _pixel_area([maps[at] for at in places], [pictures[at] for at in places])

    kinds = {kind: area([kind]) for kind in KINDS}
    return {"painted": fmean(kinds.values()), "pooled": area(list(KINDS)), "kinds": kinds}


def _areas(detector: Detector, pictures: Sequence[Picture]) -> dict[str, float | None]:
    """Pixel and image AUROC on test images; None where undefined."""
    maps = [detector.score_map(picture.read()) for picture in pictures]
    found: dict[str, float | None] = {"pixel": None, "image": None}
    truths = Truths(pictures)
    known, defective = known_labels([truth.defective for truth in truths])
    scores = ImageScore().of_all(maps, truths)
    try:
        found["pixel"] = _pixel_area(maps, pictures)
        found["image"] = auroc(rank(scores[known], defective[known]))
    except Undefined:
        pass
    return found


def _pixel_area(maps: Sequence[ScoreMap], pictures: Sequence[Picture]) -> float:
    return auroc(rank_pixels(maps, Truths(pictures)))


def _held(pictures: Sequence[Picture]) -> tuple[Picture, ...]:
    """The same pictures, painted once."""
    held = []
    for picture in pictures:
        image, mask = picture.read(), picture.mask()
        assert mask is not None
        held.append(Picture(picture.name, picture.kind, image.copy, mask.copy))
    return tuple(held)


def correlation(row: Mapping[str, Any], by: str = "painted", real: str = "pixel") -> float:
    """Spearman's rank correlation over the settings; NaN where it is undefined.

    `by` is a kind of painted defect, ``"painted"`` for the mean over all or ``"pooled"``.
    """
    tried = row["settings"]
    painted = [one["kinds"].get(by, one.get(by)) for one in tried]
    found = [one["real"][real] for one in tried]
    if None in found or len(set(found)) < 2 or len(set(painted)) < 2:
        return float("nan")
    return float(spearmanr(painted, found).statistic)


def summary(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Means over sets and methods, and each row."""

    def mean(values: Sequence[float]) -> float | None:
        known = [value for value in values if np.isfinite(value)]
        return float(np.mean(known)) if known else None

    real = [row for row in rows if row["settings"][0]["real"]["pixel"] is not None]

    def gain(row: Mapping[str, Any], at: int) -> float:
        areas = [one["real"]["pixel"] for one in row["settings"]]
        return float(areas[at] - areas[0])

    return {
        "spearman": mean([correlation(row) for row in rows]),
        "spearman_pooled": mean([correlation(row, "pooled") for row in rows]),
        "spearman_image": mean([correlation(row, real="image") for row in rows]),
        "spearman_by_method": {
            name: mean([correlation(row) for row in rows if row["method"] == name])
            for name in dict.fromkeys(row["method"] for row in rows)
        },
        "spearman_by_kind": {
            kind: mean([correlation(row, kind) for row in rows]) for kind in KINDS
        },
        "taken": sum(row["taken"] for row in real),
        "of": len(real),
        "gain_when_taken": mean([gain(row, row["best"]) for row in real if row["taken"]]),
        "gain_by_rule": mean([gain(row, row["best"]) if row["taken"] else 0.0 for row in real]),
        "gain_of_best_painted": mean([gain(row, row["best"]) for row in real]),
        "gain_of_best_real": mean(
            [max(gain(row, at) for at in range(len(row["settings"]))) for row in real]
        ),
        "rows": [
            {
                "set": row["set"],
                "method": row["method"],
                "spearman": _rounded(correlation(row)),
                "default": row["settings"][0]["real"]["pixel"],
                "tuned": row["settings"][row["best"] if row["taken"] else 0]["real"]["pixel"],
                "taken": row["taken"],
            }
            for row in rows
        ],
    }


def _rounded(value: float) -> float | None:
    return round(value, 3) if np.isfinite(value) else None


def _line(row: Mapping[str, Any]) -> str:
    tried = row["settings"]
    pairs = ", ".join(
        f"{one['painted']:.3f}/{one['real']['pixel'] or float('nan'):.3f}" for one in tried
    )
    kinds = ", ".join(f"{kind} {correlation(row, kind):.2f}" for kind in KINDS)
    return (
        f"{row['set']} {row['method']}: Spearman {correlation(row):.2f} ({kinds}); painted/real "
        f"{pairs}; best {row['best']}, taken {row['taken']}; {row['seconds']:.0f} s"
    )


if __name__ == "__main__":
    main()
