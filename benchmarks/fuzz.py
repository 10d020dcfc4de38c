"""Coverage-guided fuzzing of all that reads files: `python -m benchmarks.fuzz` (needs atheris).

Each target starts from small valid files and runs in a process of its own, which ends when an input
takes more than 5 s or the memory goes over 3 GB (one picture may take 2). A crash is any exception
but those that carry a sentence for a person; the inputs that led to one are kept in --found. Prints
one JSON line: for each target the inputs, crashes (of different kinds), the slowest input, the peak
of the memory and whether it ran to its end.
"""

import argparse
import hashlib
import io
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
import warnings
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from pkgutil import walk_packages
from random import Random
from typing import Any

SECONDS = 5
MEGABYTES = 3072
LONGEST = 20_000
"""Bytes of an input."""
PNG = b"\x89PNG\r\n\x1a\n"
ODD: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    1,
    7,
    2**31,
    2**63,
    2**64,
    10**400,
    -0.5,
    0.5,
    1e300,
    "",
    "0",
    "nan",
    "x",
)
ODD += (
    "../../../etc/passwd",
    "\0",
    "\ud800",
    [],
    {},
    [[]],
    [1, 1],
    [2**40, 2**40],
    {"": ""},
    "F32",
    "I8",
)
"""What JSON is changed to."""
LARGEST_BODY = 2**22
"""Bytes behind the header of a saved detector."""
RESULT = "result.json"
INSTRUMENTED = ["images", "tifffile", "PIL", "pydicom", "zipfile", "json", "methods.detector"]
INSTRUMENTED += ["methods.registry", "methods.parameters", "methods.patches"]
INSTRUMENTED += ["methods.models.mean", "methods.detectors.patch_models"]
INSTRUMENTED += ["evaluation.comparison"]
"""Packages whose branches guide the fuzzer."""
COMPILED = [
    each.name
    for each in walk_packages(
        ["methods/detectors/sparse_coding/coding"], "methods.detectors.sparse_coding.coding."
    )
]
"""Modules that numba reads, which would not understand them so."""
SIDE = 24
"""Of the images in saved detectors and comparisons."""
QUICK = {"window": 6, "stride": 3, "smoothing": 1.0}


def main() -> None:
    """Fuzz the targets one after the other and print."""
    parser = argparse.ArgumentParser(description="Fuzz all that reads files.")
    parser.add_argument("--inputs", type=int, default=100_000, help="for each target")
    parser.add_argument("--targets", default=",".join(TARGETS))
    parser.add_argument("--found", type=Path, default=Path("test-output/fuzz"))
    parser.add_argument("--child", choices=TARGETS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        fuzz(options.child, options.inputs, options.found)
    outcome = {
        target: in_a_child(target, options.inputs, options.found / target)
        for target in options.targets.split(",")
    }
    print(json.dumps(outcome))


def in_a_child(target: str, inputs: int, found: Path) -> dict[str, Any]:
    """Fuzz one target in a process of its own; returns what is told of it."""
    found.mkdir(parents=True, exist_ok=True)
    (found / RESULT).unlink(missing_ok=True)
    command = [sys.executable, "-m", "benchmarks.fuzz", "--child", target]
    command += ["--inputs", str(inputs), "--found", str(found)]
    with (found / "log.txt").open("wb") as log:
        code = subprocess.run(command, stdout=log, stderr=log).returncode
    told: dict[str, Any] = {"inputs": 0}
    if (found / RESULT).is_file():
        told = json.loads((found / RESULT).read_text())
    return told | {"whole": code == 0}


def fuzz(target: str, inputs: int, found: Path) -> None:
    """Fuzz one target in this process, which ends with it."""
    import atheris

    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as folder:
        with atheris.instrument_imports(INSTRUMENTED, COMPILED):
            seeds, read = TARGETS[target](Path(folder))
        corpus = Path(folder, "corpus")
        corpus.mkdir()
        for number, seed in enumerate(seeds):
            (corpus / str(number)).write_bytes(seed)
        watch = Watch(read, inputs, found)
        flags = [f"-timeout={SECONDS}", f"-rss_limit_mb={MEGABYTES}", f"-max_len={LONGEST}"]
        flags += ["-len_control=0", f"-artifact_prefix={found}/", "-print_final_stats=1"]
        atheris.Setup([sys.argv[0], *flags, str(corpus)], watch, custom_mutator=mutate)
        atheris.Fuzz()


class Watch:
    """Reads input after input and keeps what is worth telling."""

    def __init__(self, read: Callable[[bytes], None], inputs: int, found: Path) -> None:
        self._read = read
        self._inputs = inputs
        self._found = found
        self._count = 0
        self._slowest = 0.0
        self._kinds: set[str] = set()

    def __call__(self, data: bytes) -> None:
        """Read one input; ends the process after the last one."""
        begin = time.perf_counter()
        try:
            self._read(data)
        except Exception as error:
            self._keep(error, data)
        seconds = time.perf_counter() - begin
        if seconds > self._slowest:
            self._slowest = seconds
            (self._found / "slowest").write_bytes(data)
        self._count += 1
        if self._count % 500 == 0 or self._count == self._inputs:
            self._tell()
        if self._count == self._inputs:
            os._exit(0)

    def _keep(self, error: Exception, data: bytes) -> None:
        """Write down an input whose error is of a new kind: another type or another line."""
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        assert trace is not None
        code = trace.tb_frame.f_code
        kind = f"{type(error).__name__} in {code.co_filename}:{trace.tb_lineno}: {error}"
        key = hashlib.sha256(kind.split(": ")[0].encode()).hexdigest()[:12]
        if key not in self._kinds:
            self._kinds.add(key)
            (self._found / f"crash-{key}").write_bytes(data)
            (self._found / f"crash-{key}.txt").write_text(kind)

    def _tell(self) -> None:
        told = {
            "inputs": self._count,
            "crashes": len(self._kinds),
            "slowest_s": round(self._slowest, 3),
            "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        }
        (self._found / RESULT).write_text(json.dumps(told))


def mutate(data: bytes, longest: int, seed: int) -> bytes:
    """Change an input so that its change is not refused for a wrong checksum or broken JSON."""
    import atheris

    random = Random(seed)
    start = 0 if data[:1] == b"{" else 1
    if random.random() < 0.7 and data[start : start + 1] == b"{":
        with suppress(ValueError, RecursionError):
            whole = [json.loads(data[start:])]
            replace_one(whole, random)
            return (data[:start] + json.dumps(whole[0]).encode())[:longest]
    changed: bytes = atheris.Mutate(data, longest)
    if changed.startswith(PNG) and random.random() < 0.7:
        changed = with_checksums(changed)
    return changed[:longest]


def replace_one(place: Any, random: Random) -> None:
    """Put an odd value somewhere into a list or an object."""
    keys = list(place) if isinstance(place, dict) else list(range(len(place)))
    key = random.choice(keys)
    below = place[key]
    if isinstance(below, str) and below.startswith("{") and random.random() < 0.8:
        inner = [json.loads(below)]
        replace_one(inner, random)
        place[key] = json.dumps(inner[0])
    elif isinstance(below, list | dict) and below and random.random() < 0.9:
        replace_one(below, random)
    elif isinstance(place, dict) and random.random() < 0.1:
        del place[key]
    else:
        place[key] = random.choice(ODD)


def with_checksums(data: bytes) -> bytes:
    """A PNG whose chunks have the right checksums, as far as their lengths allow."""
    whole, at = bytearray(data), len(PNG)
    while at + 12 <= len(whole):
        end = at + 8 + int.from_bytes(whole[at : at + 4])
        if end + 4 > len(whole):
            break
        whole[end : end + 4] = zlib.crc32(whole[at + 4 : end]).to_bytes(4)
        at = end + 4
    return bytes(whole)


Target = tuple[list[bytes], Callable[[bytes], None]]
"""Seeds, and what reads an input."""


def reader_target(_folder: Path) -> Target:
    """Every page of a picture."""
    from images.errors import ImageError
    from images.reading.reader import headers, read_image
    from tests.odd_input.test_hostile import EXAMPLES

    def read(data: bytes) -> None:
        with suppress(ImageError):
            for header in headers(io.BytesIO(data), "a.png"):
                read_image(data, header.index, name="a.png")

    return list(EXAMPLES.values()), read


def archive_target(_folder: Path) -> Target:
    """An archive, understood, and each of its pictures and masks."""
    import zipfile

    from images.errors import ImageError
    from images.reading.archive import zip_files
    from images.roles.understanding import understand
    from tests.odd_input.encoding import archive, archive_of_bytes, encoded, grey
    from tests.odd_input.test_hostile import EXAMPLES, with_zip64_end

    image = encoded(grey(6, 8), "PNG")
    names = ["train/good/a.png", "test/x/b.png", "ground_truth/x/b_mask.png", "../c.png"]
    files = dict.fromkeys(names, image) | {"test/x/d.tif": EXAMPLES["pages.tif"], "e.zip": b"PK"}

    def read(data: bytes) -> None:
        try:
            files = zip_files(data, "a.zip")
            files.check()
            understood = understand(files)
        except ImageError:
            return
        for picture in (*understood.normal, *understood.test):
            with suppress(ImageError):
                picture.read()
                picture.mask()

    seeds = [archive(files, kind) for kind in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)]
    seeds += [archive_of_bytes({"test/表.png".encode(kind): image}) for kind in ("cp932", "utf-8")]
    return [*seeds, with_zip64_end(1, 0), archive({})], read


def labels_target(_folder: Path) -> Target:
    """A set with a file of labels or annotations that is the input; its first byte says which."""
    from images.errors import ImageError
    from images.open import named_files
    from images.roles.understanding import understand
    from tests.images.annotations import test_coco, test_cvat, test_labelme, test_yolo
    from tests.images.layouts.made import image
    from tests.images.layouts.test_dagm import OLDER
    from tests.images.layouts.test_elpv import MINIATURE as ELPV
    from tests.images.layouts.test_severstal import MINIATURE as SEVERSTAL
    from tests.images.layouts.test_visa import SPLIT, below

    pair = {"a.png": image(1), "b.png": image(2)}
    runs = {"segmentation": {"size": [6, 8], "counts": "61Y1"}}
    dent = {"points": [[2, 1], [5, 1], [5, 4]]}
    bitmap = {"shape_type": "mask", "points": [[3, 1], [4, 2]], "mask": test_labelme.BITMAP}
    mask = '<mask rle="1, 2, 1" left="3" top="1" width="2" height="2"/>'
    sets: list[tuple[dict[str, bytes], str]] = [
        (SEVERSTAL, "train.csv"),
        (ELPV, "labels.csv"),
        (OLDER, "Class2_def/labels.txt"),
        ({**below("candle"), "split_csv/1cls.csv": SPLIT.encode()}, "split_csv/1cls.csv"),
        ({**pair, "a.json": test_coco.coco(test_coco.BOX, runs)}, "a.json"),
        ({**pair, "a.json": test_labelme.labelme(dent, bitmap)}, "a.json"),
        ({**pair, "a.xml": test_cvat.cvat(f'<polygon points="2,1;5,1;5,4"/>{mask}')}, "a.xml"),
        ({**pair, "a.txt": test_yolo.LINE}, "a.txt"),
    ]

    def read(data: bytes) -> None:
        files, labels = sets[data[0] % len(sets)] if data else sets[0]
        pile = {**files, labels: data[1:]}
        with suppress(ImageError):
            understood = understand(named_files(pile=pile.items()))
            for picture in understood.test:
                with suppress(ImageError):
                    picture.mask()

    return [bytes([at]) + files[labels] for at, (files, labels) in enumerate(sets)], read


def detector_target(folder: Path) -> Target:
    """The header of a saved detector of each kind, before as many zeros as it asks for."""
    from methods import registry
    from methods.detector import DetectorError
    from tests.methods.test_contract import NORMAL, fit, quick_parameters

    path = folder / "model.safetensors"
    seeds = []
    for name in registry.names():
        fit(registry.create(name, quick_parameters(name)), NORMAL).save(path)
        with path.open("rb") as saved:
            seeds.append(saved.read(int.from_bytes(saved.read(8), "little")))

    def read(data: bytes) -> None:
        path.write_bytes(len(data).to_bytes(8, "little") + data + bytes(_length(data)))
        with suppress(DetectorError):
            registry.load(path)

    return seeds, read


def _length(header: bytes) -> int:
    """How many bytes of numbers the header of a saved detector asks for, as far as they are few."""
    ends = [int(end) for end in re.findall(rb'"data_offsets": *\[\d+, *(\d{1,7})\]', header)]
    return min(max(ends, default=0), LARGEST_BODY)


def comparison_target(folder: Path) -> Target:
    """A kept comparison, one file of which is the input; its first byte says which."""
    from evaluation.comparison.comparison import Comparison, Variant
    from evaluation.comparison.runner import run
    from evaluation.comparison.storage import ComparisonError, read_image
    from images.dataset import GOOD, DataSet, Picture

    def picture(number: int, kind: str) -> Picture:
        image = list(small_images())[number]
        return Picture(f"{number}.png", kind, lambda: image, lambda: image > 0.5)

    data = DataSet("waves", (picture(0, GOOD), picture(1, GOOD)), (picture(2, "odd"),))
    place = folder / "comparison"
    run(data, [Variant("pca-residual", QUICK, label="one")], place)
    paths = sorted(path for path in place.rglob("*") if path.suffix in (".json", ".tiff"))
    whole = [path.read_bytes() for path in paths]

    def read(data: bytes) -> None:
        path = paths[data[0] % len(paths)] if data else paths[0]
        path.write_bytes(data[1:])
        with suppress(ComparisonError):
            if path.suffix == ".tiff":
                read_image(path)
            else:
                comparison = Comparison.open(place)
                for stored in (*comparison.data.normal, *comparison.data.test):
                    stored.read()
                for result in comparison.results:
                    _ = list(result.maps)
        path.write_bytes(whole[paths.index(path)])

    return [bytes([at]) + content for at, content in enumerate(whole)], read


def small_images() -> Iterator[Any]:
    """A few images of noise."""
    import numpy as np

    for seed in range(3):
        yield np.random.default_rng(seed).random((SIDE, SIDE), dtype=np.float32)


TARGETS: dict[str, Callable[[Path], Target]] = {
    "reader": reader_target,
    "archive": archive_target,
    "labels": labels_target,
    "detector": detector_target,
    "comparison": comparison_target,
}

if __name__ == "__main__":
    main()
