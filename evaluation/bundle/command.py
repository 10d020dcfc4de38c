"""`anomaly-compare export` and `anomaly-compare predict`.

anomaly-compare export COMPARISON METHOD --out padim.safetensors
anomaly-compare predict padim.safetensors IMAGES --out DIR
anomaly-compare predict padim.safetensors --watch FOLDER --out DIR
"""

import argparse
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from evaluation.bundle.bundle import SUFFIX, BundleError, open_bundle
from evaluation.bundle.output import PICTURES, PREDICTIONS, Output, Picture
from evaluation.bundle.predict import Counts, Listener, Predictor
from evaluation.bundle.sources import FolderSource, source_of
from evaluation.bundle.watch import Watch
from evaluation.comparison.storage import WriteError
from evaluation.console import FilesLine
from evaluation.decisions.drift import RUN_LENGTH
from images.errors import AnomalyError, explained

if TYPE_CHECKING:
    from evaluation.bundle.bundle import Bundle

DONE, SOME_SKIPPED, WRONG, SOME_DEFECTIVE, DRIFTING, STOPPED = 0, 1, 2, 3, 4, 130
EXIT_CODES = f"""exit codes:
  {DONE}    every image has a row
  {SOME_SKIPPED}    some images could not be scored (see skipped.csv), or nothing could be written
  {WRONG}    an argument or the bundle is wrong
  {SOME_DEFECTIVE}    with --signal: an image is defective
  {DRIFTING}    with --signal: the latest images no longer look like the normal images
  {STOPPED}  stopped; the same command goes on where it was
Of several, 1 comes before {DRIFTING}, and {DRIFTING} before {SOME_DEFECTIVE}."""


def predict(arguments: Sequence[str], *, program: str = "anomaly-compare predict") -> int:
    """Run `predict`; returns the exit code."""

    def run() -> int:
        options = _predict_parser(program).parse_args(arguments)
        with _details_in(options.log):
            return _predict(options)

    return _told(run)


def export(arguments: Sequence[str], *, program: str = "anomaly-compare export") -> int:
    """Run `export`; returns the exit code: 0, 1 for an internal error, 2 for wrong arguments."""
    return _told(lambda: _export(_export_parser(program).parse_args(arguments)))


def _told(run: Callable[[], int]) -> int:
    """The exit code of `run`, with a sentence where it fails."""
    try:
        return run()
    except AnomalyError as error:
        print(error, file=sys.stderr)
        return SOME_SKIPPED if isinstance(error, WriteError) else WRONG
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return STOPPED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return SOME_SKIPPED
    except Exception as error:
        print(explained(error), file=sys.stderr)
        return SOME_SKIPPED


@contextmanager
def _details_in(path: Path | None) -> Iterator[None]:
    """The details of errors, of which a person is told in a sentence, are written to a file."""
    handler = logging.FileHandler(path, delay=True) if path is not None else logging.NullHandler()
    logging.getLogger().addHandler(handler)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(handler)


def _predict_parser(program: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=program,
        description="Score new images by an exported method. The same command again goes on where "
        "an earlier one was stopped.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("bundle", type=Path, help="file that export or the page Share wrote")
    parser.add_argument(
        "images", nargs="*", type=Path, help="image files, or one folder, or one ZIP archive"
    )
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="DIR",
        help="folder for predictions.csv, summary.json and the pictures",
    )
    parser.add_argument(
        "--watch", type=Path, metavar="FOLDER", help="score what is in a folder and what arrives"
    )
    parser.add_argument(
        "--idle",
        type=float,
        metavar="S",
        help="with --watch: end when nothing has arrived for so many seconds (default: never)",
    )
    parser.add_argument(
        "--write",
        type=_pictures,
        default=PICTURES,
        metavar="WHAT",
        help="pictures to write beside the table: some of maps,masks,overlays, or none (default: "
        "all)",
    )
    parser.add_argument(
        "--run-length",
        type=_run_length,
        default=RUN_LENGTH,
        metavar="IMAGES",
        help=f"images between two false alarms for drift, on average (default {RUN_LENGTH:g})",
    )
    parser.add_argument(
        "--signal", action="store_true", help="exit codes 3 and 4 for defective images and drift"
    )
    parser.add_argument("--quiet", action="store_true", help="no progress")
    parser.add_argument("--log", type=Path, metavar="FILE", help="write details of errors")
    return parser


def _pictures(text: str) -> tuple[Picture, ...]:
    names = [] if text == "none" else [name.strip() for name in text.split(",")]
    if not set(names) <= set(PICTURES):
        raise argparse.ArgumentTypeError(
            f"{text!r}; expected some of {','.join(PICTURES)}, or none"
        )
    return tuple(picture for picture in PICTURES if picture in names)


def _run_length(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 10 <= value <= 1e9:
        raise argparse.ArgumentTypeError(f"{text!r}; expected a number from 10 to 1e9")
    return value


def _predict(options: argparse.Namespace) -> int:
    if bool(options.images) == (options.watch is not None):
        raise BundleError("Give either images, a folder or a ZIP archive, or --watch FOLDER.")
    if options.watch is not None and not options.watch.is_dir():
        raise BundleError(f"--watch {options.watch} is not a folder.")
    if options.idle is not None and options.watch is None:
        raise BundleError("--idle applies to --watch only.")
    bundle = open_bundle(options.bundle)
    source = (
        FolderSource(options.watch, options.out)
        if options.watch is not None
        else source_of(options.images, options.out)
    )
    begun = threading.Thread(target=_warm_up, args=(bundle,), daemon=True)
    begun.start()
    _ = bundle.detector
    output = Output(options.out, bundle, options.write)
    try:
        line = FilesLine()
        predictor = Predictor(
            bundle, output, _listener(line, quiet=options.quiet), options.run_length
        )
        if predictor.counts.known:
            line.say(f"{predictor.counts.known:,} images have their rows already.")
        for reason in source.refused:
            predictor.skip(options.images[0].name, reason)
        with _stop_requests() as stop:
            try:
                if options.watch is not None:
                    Watch(predictor, source, stop, options.idle).run()
                else:
                    predictor.counts.total = source.count()
                    predictor.run(source.files(), stop)
            finally:
                line.end()
                predictor.summarise()
        return _outcome(predictor, options, stopped=stop())
    finally:
        output.close()


def _warm_up(bundle: "Bundle") -> None:
    """Load the network while the files are looked at; what fails is told when it is used."""
    try:
        bundle.detector.warm_up()
    except Exception:
        return


def _listener(line: FilesLine, *, quiet: bool) -> Listener:
    def on_image(counts: Counts) -> None:
        if not quiet:
            note = f"{counts.flagged:,} defective"
            note += f", {counts.skipped:,} skipped" if counts.skipped else ""
            line(counts.files, counts.total, note)

    return Listener(
        on_image, lambda name, reason: line.say(reason), lambda text: line.say(f"Warning: {text}")
    )


@contextmanager
def _stop_requests() -> Iterator[Callable[[], bool]]:
    """Whether the process was asked to end; the image at hand is finished first.

    A second request ends it at once.
    """
    asked = threading.Event()

    def ask(number: int, frame: object) -> None:
        if asked.is_set():
            raise KeyboardInterrupt
        asked.set()

    if threading.current_thread() is not threading.main_thread():
        yield asked.is_set
        return
    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked.is_set
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _outcome(predictor: Predictor, options: argparse.Namespace, *, stopped: bool) -> int:
    """Say what has come of the images; returns the exit code."""
    summary = predictor.summary()
    print(
        f"{summary.images:,} images, {summary.flagged:,} of them defective, "
        f"{summary.skipped:,} skipped: {options.out / PREDICTIONS}"
    )
    if summary.drift_text:
        print(f"Warning: {summary.drift_text}")
    if stopped and options.watch is None:
        print("Stopped; the same command goes on where it was.", file=sys.stderr)
        return STOPPED
    if summary.skipped:
        return SOME_SKIPPED
    if options.signal and summary.drift.drifting:
        return DRIFTING
    return SOME_DEFECTIVE if options.signal and summary.flagged else DONE


def _export_parser(program: str) -> argparse.ArgumentParser:
    from evaluation.decisions.thresholds import DEFAULT_RATE, RULES

    parser = argparse.ArgumentParser(
        prog=program, description="Export a method of a comparison as one file, for predict."
    )
    parser.add_argument("comparison", type=Path, help="folder that run --out wrote")
    parser.add_argument("method", help="name of the method in the comparison")
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help=f"file to write (default: METHOD{SUFFIX})"
    )
    parser.add_argument(
        "--rule",
        choices=RULES.names(),
        metavar="RULE",
        help="rule that sets the thresholds, as list --rules names it (default: target false "
        "positive rate on normal images)",
    )
    parser.add_argument(
        "--rate",
        type=float,
        default=DEFAULT_RATE,
        help=f"target false positive rate of the rule (default {DEFAULT_RATE:g})",
    )
    return parser


def _export(options: argparse.Namespace) -> int:
    from evaluation.assessment import assess
    from evaluation.bundle.export import bundle_of
    from evaluation.comparison.comparison import Comparison
    from evaluation.comparison.storage import folder_name

    if not 0 <= options.rate <= 1:
        raise BundleError(f"--rate {options.rate:g}: expected a number from 0 to 1.")
    comparison = Comparison.open(options.comparison)
    results = {result.variant.label: result for result in comparison.results}
    if options.method not in results:
        raise BundleError(
            f"{options.comparison} has no finished method {options.method!r}; it has "
            f"{', '.join(results) or 'none'}."
        )
    target = options.out or Path(folder_name(options.method) + SUFFIX)
    if target.is_dir():
        raise BundleError(f"--out {target} is a folder; expected a file to write.")
    assessment = assess(comparison, results[options.method])
    bundle = bundle_of(comparison, assessment, rule=options.rule or "", rate=options.rate)
    bundle.save(target)
    image, pixel = bundle.facts.image_threshold, bundle.facts.pixel_threshold
    print(f"{target}: {target.stat().st_size / 2**20:.1f} MB")
    print(f"Image threshold {image.value:.6g}, pixel threshold {pixel.value:.6g}: {image.title}.")
    return DONE
