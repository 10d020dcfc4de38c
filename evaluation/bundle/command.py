"""`anomaly-compare predict`: score new images by a bundle.

anomaly-compare predict padim.safetensors IMAGES --out DIR
anomaly-compare predict padim.safetensors --watch FOLDER --out DIR
"""

import argparse
import logging
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from evaluation.bundle.bundle import Bundle, BundleError, open_bundle
from evaluation.bundle.ending import (
    DONE,
    DRIFTING,
    SOME_DEFECTIVE,
    SOME_SKIPPED,
    WRONG,
    told,
)
from evaluation.bundle.output import PICTURES, PREDICTIONS, Output, Picture
from evaluation.bundle.predict import Counts, Listener, Predictor, at_once
from evaluation.bundle.sources import FolderSource, source_of
from evaluation.bundle.watch import Watch
from evaluation.console import FilesLine
from evaluation.decisions.drift import RUN_LENGTH
from evaluation.terminal import STOPPED, TERMINAL
from evaluation.workers.threads import cores, each_with
from images.errors import shown
from images.words import count
from methods.detector import Detector
from methods.detectors.zero_shot import clip_source
from methods.errors import UnavailableError

CLIP = "clip"
"""The detector whose network is named by a variable of its own."""

EXIT_CODES = f"""exit codes:
  {DONE}    every image has a row
  {SOME_SKIPPED}    some images could not be scored (see skipped.csv), or nothing could be written
  {WRONG}    an argument or the bundle is wrong, or there is no image
  {SOME_DEFECTIVE}    with --signal: an image is defective
  {DRIFTING}    with --signal: the latest images no longer look like the normal images
  {STOPPED}  stopped; the same command goes on where it was
Of several, 1 comes before {DRIFTING}, and {DRIFTING} before {SOME_DEFECTIVE}."""


def predict(arguments: Sequence[str], *, program: str = "anomaly-compare predict") -> int:
    """Run `predict`; returns the exit code."""

    def run() -> int:
        options = _predict_parser(program).parse_args(arguments)
        with _details_in(options.log), each_with(max(1, cores() // at_once())):
            return _predict(options)

    return told(run)


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
        "--network",
        default="",
        metavar="FILE",
        help="file of the network that the bundle was fitted with, where it is not in its old "
        "place; for clip, MODEL@FILE",
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
    bundle = _opened(options.bundle, options.network)
    source = (
        FolderSource(options.watch, options.out)
        if options.watch is not None
        else source_of(options.images, options.out)
    )
    total = None if options.watch is not None else source.count()
    if total == 0 and not source.refused:
        raise BundleError(f"{shown(str(options.images[0]))} holds no images; expected one or more.")
    try:
        warming = threading.Thread(target=_warm_up, args=(bundle.detector,), daemon=True)
    except UnavailableError as error:
        raise BundleError(
            f"{error} Give the file of the network with --network, or list it in ANOMALY_BACKBONES."
        ) from error
    warming.start()
    output = Output(options.out, bundle, options.write)
    try:
        line = FilesLine()
        predictor = Predictor(
            bundle, output, _listener(line, quiet=options.quiet), options.run_length
        )
        if predictor.counts.known:
            TERMINAL.say(f"There is a row for {count(predictor.counts.known, 'image')} already.")
        for reason in source.refused:
            predictor.skip(options.images[0].name, reason)
        with _stop_requests() as stop:
            warming.join()  # else the network would be built twice
            try:
                if options.watch is not None:
                    Watch(predictor, source, stop, options.idle).run()
                else:
                    predictor.counts.total = total
                    predictor.run(source.files(), stop)
            finally:
                TERMINAL.leave()
                predictor.summarise()
        return _outcome(predictor, options, stopped=stop())
    finally:
        output.close()


def _opened(path: Path, network: str) -> Bundle:
    """The bundle, with the network that a person has named."""
    bundle = open_bundle(path)
    if not network:
        return bundle
    if bundle.facts.detector == CLIP:
        os.environ[clip_source.VARIABLE] = network
        return bundle
    return replace(bundle, network_file=network)


def _warm_up(detector: Detector) -> None:
    """Load the network while earlier rows are read; what fails is told when it is used."""
    try:
        detector.warm_up()
    except Exception:
        return


def _listener(line: FilesLine, *, quiet: bool) -> Listener:
    def on_image(counts: Counts) -> None:
        if not quiet:
            note = f"{counts.flagged:,} defective"
            note += f", {counts.skipped:,} skipped" if counts.skipped else ""
            line(counts.files, counts.total, note)

    return Listener(
        on_image,
        lambda name, reason: TERMINAL.say(reason),
        lambda text: TERMINAL.say(f"Warning: {text}"),
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
        f"{count(summary.images, 'image')}, {summary.flagged:,} of them defective, "
        f"{summary.skipped:,} skipped: {options.out / PREDICTIONS}"
    )
    if summary.drift_text:
        print(f"Warning: {summary.drift_text}")
    if stopped and options.watch is None:
        TERMINAL.say("Stopped; the same command goes on where it was.")
        return STOPPED
    if summary.skipped:
        return SOME_SKIPPED
    if options.signal and summary.drift.drifting:
        return DRIFTING
    return SOME_DEFECTIVE if options.signal and summary.flagged else DONE
