"""Run the methods of a comparison: one after the other here, or in other processes."""

import time
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from evaluation.comparison.comparison import (
    CALIBRATION_SECONDS,
    COMPARISON_FILE,
    CURVE_FILE,
    DATA_FOLDER,
    FORMAT,
    Comparison,
    Description,
    Event,
    Failure,
    MethodResult,
    Variant,
    method_folders,
)
from evaluation.comparison.folds import Split
from evaluation.comparison.heard import EventReader, EventWriter
from evaluation.comparison.method import (
    LOOK_EVERY,
    STOP_FILE,
    failed,
    identity,
    run_method,
    take_over,
)
from evaluation.comparison.storage import open_data, store_data, write_json, writing
from evaluation.metrics.metrics import USUAL, Protocol
from images.dataset import DataSet, Pixels
from images.errors import explained
from images.shared_pixels import groups_of
from images.version import VERSION
from methods.detector import DetectorError
from methods.progress import Cancelled
from methods.registry import get

DIED = "The process that it ran in ended early, which happens when memory runs out."


def run(
    data: DataSet,
    variants: Sequence[Variant],
    folder: Path,
    *,
    seed: int = 0,
    known: Sequence[MethodResult] = (),
    executor: Executor | None = None,
    calibration_seconds: float = CALIBRATION_SECONDS,
    protocol: Protocol = USUAL,
    on_begin: Callable[[Comparison], None] = lambda comparison: None,
    on_event: Callable[[Event], None] = lambda event: None,
    on_result: Callable[[MethodResult | Failure], None] = lambda result: None,
) -> Comparison:
    """Fit every variant on the normal images, calibrate it and score the test images.

    A detector that needs no normal images is fitted on the test images, without their labels, or on
    nothing; it is calibrated on the normal images, if there are any, which it never saw.

    A method is calibrated by cross-fitting (`evaluation.comparison.folds`) with as many folds as
    it needs, and more, up to ten, as long as their fits keep to `calibration_seconds` by declared
    times (`evaluation.comparison.expected.fold_count`). `protocol` is kept for whoever judges the
    methods; nothing here depends on it. `on_begin` is handed the comparison without
    results: its data set holds the pictures that could be read. A result in `known` with the
    method, parameters and seed of a variant is taken over instead of running it again, and one of
    the training that a variant continues is what it starts from; it must come from the same data
    set and seed.

    With an `executor` of the `concurrent.futures` protocol every method is a call of `run_method`
    there, such as in processes of a ``ProcessPoolExecutor`` that are spawned; scores are the same.
    Events come through files in their folders, and `on_event` is called now and then also where
    nothing is new, so that it can cancel. Without one, methods run in this thread one after the
    other.

    A method that fails is reported as a `Failure` and the rest goes on. `Cancelled` raised from
    `on_event` stops everything and passes through; methods that had finished were handed to
    `on_result` before. Raises `DetectorError` when there is no variant, no image that one of
    them could learn from or two variants have one label, and `ParameterError` for a wrong
    parameter, before anything runs.
    """
    if not variants:
        raise DetectorError("No method was given; expected at least one.")
    labels = [variant.label for variant in variants]
    folders = method_folders(folder, variants)
    if len(set(folders)) < len(labels):
        raise DetectorError(f"Two methods have the same name: {', '.join(labels)}.")
    for variant in variants:
        variant.checked()
    begun = _keep(data, variants, folder, seed, calibration_seconds, protocol, on_event)
    on_begin(begun)
    earlier = {identity(result.variant): result for result in known}
    finished: dict[str, MethodResult | Failure] = {}

    def note(result: MethodResult | Failure) -> None:
        finished[result.variant.label] = result
        on_result(result)

    def start_of(variant: Variant) -> MethodResult | None:
        before = variant.earlier
        return earlier.get(identity(before)) if before is not None else None

    waiting: list[tuple[Variant, Path]] = []
    for variant, own_folder in zip(variants, folders, strict=True):
        if same := earlier.get(identity(variant)):
            note(take_over(same, variant, own_folder, begun, on_event))
        elif executor is None:
            note(run_method(folder, variant, on_event, start_of(variant)))
        else:
            waiting.append((variant, own_folder))
    if executor is not None:
        with closing(_run_elsewhere(executor, waiting, folder, start_of, on_event)) as results:
            for result in results:
                note(result)
    ordered = [finished[label] for label in labels]
    return replace(
        begun,
        results=tuple(result for result in ordered if isinstance(result, MethodResult)),
        failures=tuple(result for result in ordered if isinstance(result, Failure)),
    )


def _keep(
    data: DataSet,
    variants: Sequence[Variant],
    folder: Path,
    seed: int,
    calibration_seconds: float,
    protocol: Protocol,
    on_event: Callable[[Event], None],
) -> Comparison:
    """Store the data set in the folder; methods then learn from the stored pictures."""

    def tell() -> None:
        on_event(Event(variants[0].label, "fit", 0.0))

    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        # Until all is stored this one tells whoever reads the folder what the images in it are.
        (folder / COMPARISON_FILE).with_suffix(".part").touch()
        for outdated in (COMPARISON_FILE, STOP_FILE, CURVE_FILE):
            (folder / outdated).unlink(missing_ok=True)
    stored = store_data(data, folder / DATA_FOLDER, tell)
    needy = [variant.label for variant in variants if get(variant.detector).needs_normal()]
    if not stored.normal and len(needy) == len(variants):
        unread = [finding.text for finding in stored.findings if finding.role == "not used"]
        raise DetectorError(
            f"{data.name} has no normal images, and {', '.join(needy)} cannot do without. "
            f"{unread[0] if unread else ''}".rstrip()
        )
    groups = tuple(groups_of(Pixels(open_data(stored, folder / DATA_FOLDER).normal), tell))
    description = Description(
        FORMAT,
        seed,
        groups,
        Split.draw(groups, seed, [picture.known_class for picture in stored.normal]),
        calibration_seconds,
        stored,
        tuple(variants),
        VERSION,
        protocol,
    )
    write_json(folder / COMPARISON_FILE, description)
    return description.begun(folder)


def _run_elsewhere(
    executor: Executor,
    waiting: Sequence[tuple[Variant, Path]],
    folder: Path,
    start_of: Callable[[Variant], MethodResult | None],
    on_event: Callable[[Event], None],
) -> Generator[MethodResult | Failure, None, None]:
    """Let an executor run methods, and give what each found as soon as it has ended."""
    runs: dict[Future[MethodResult | Failure], _Run] = {}
    try:
        for variant, own_folder in waiting:
            run = _Run(variant, own_folder)
            try:
                tell = EventWriter(own_folder)
                future = executor.submit(run_method, folder, variant, tell, start_of(variant))
                runs[future] = run
            except BrokenExecutor:
                yield failed(variant, DIED, own_folder)
        left = set(runs)
        while left:
            done, left = wait(left, LOOK_EVERY, FIRST_COMPLETED)
            for future in done:
                runs[future].pass_on(on_event)
                runs[future].close()
                yield _outcome(future, runs[future], on_event)
            # One of those that wait will do where none runs, so that a person can cancel.
            for future in [one for one in left if one.running()] or list(left)[:1]:
                if not runs[future].pass_on(on_event):
                    runs[future].repeat(on_event)
    except BaseException:
        (folder / STOP_FILE).touch()
        wait([future for future in runs if not future.cancel()])
        (folder / STOP_FILE).unlink(missing_ok=True)
        for run in runs.values():
            run.close()
        raise


class _Run:
    """A method that runs elsewhere, and what was heard of it."""

    def __init__(self, variant: Variant, folder: Path) -> None:
        self.variant = variant
        self.folder = folder
        self._heard = EventReader(folder)
        self._latest = Event(variant.label, "fit", 0.0)
        self._when: float | None = None

    def pass_on(self, on_event: Callable[[Event], None]) -> bool:
        """Pass on what is new; returns whether anything was. That it is done is said later."""
        new = [event for event in self._heard() if event.phase != "done"]
        for event in new:
            self._latest, self._when = event, time.monotonic()
            on_event(event)
        return bool(new)

    def repeat(self, on_event: Callable[[Event], None]) -> None:
        """Tell once more what was heard last, and how long the method has run."""
        now = time.monotonic()
        self._when = now if self._when is None else self._when
        passed, left = now - self._when, self._latest.seconds_left
        on_event(
            replace(
                self._latest,
                seconds=self._latest.seconds + passed,
                seconds_left=None if left is None else max(0.0, left - passed),
            )
        )

    def close(self) -> None:
        """Nothing more will be heard."""
        self._heard.close()


def _outcome(
    future: Future[MethodResult | Failure], run: _Run, on_event: Callable[[Event], None]
) -> MethodResult | Failure:
    """What a method found; why not, where its process did not live to say it."""
    try:
        result = future.result()
    except Cancelled:
        raise
    except BrokenExecutor:
        return failed(run.variant, DIED, run.folder)
    except Exception as error:
        return failed(run.variant, explained(error), run.folder)
    if isinstance(result, MethodResult):
        on_event(Event(run.variant.label, "done", 1.0))
    return result
