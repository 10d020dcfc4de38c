"""A disk that is full or read-only gives a sentence, and nothing half-written counts as whole."""

import errno
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from dashboard.session.jobs import Job
from evaluation.assessment import assess
from evaluation.comparison.comparison import Comparison, Failure, Variant
from evaluation.comparison.runner import run
from evaluation.comparison.storage import (
    ComparisonError,
    WriteError,
    copy_folder,
    write_array,
    writing,
)
from evaluation.report.html import write_report
from evaluation.report.tables import write_results
from tests.dashboard.small import QUICK, compared, small_set

VARIANTS = [Variant("pca-residual", QUICK, label="one")]
FULL = OSError(errno.ENOSPC, "No space left on device")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real disk of 256 kB, where such can be made."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(place)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("no disk can be mounted here")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def fail_after(writes: int) -> Callable[..., None]:
    """Stands in for what writes an array: a disk that is full after a few."""
    import tifffile

    write, left = tifffile.imwrite, iter(range(writes))

    def write_or_fail(*arguments: object, **options: object) -> None:
        if next(left, None) is None:
            raise FULL
        write(*arguments, **options)

    return write_or_fail


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (FULL, "the disk is full"),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), "the disk is full"),
        (OSError("Not enough free space to write 9 bytes after offset 0"), "the disk is full"),
        (OSError(errno.EROFS, "Read-only file system"), "read-only file system"),
        (PermissionError(errno.EACCES, "Permission denied"), "permission denied"),
    ],
)
def test_what_the_system_says_becomes_a_sentence(error: OSError, reason: str) -> None:
    with pytest.raises(WriteError) as caught, writing(Path("a/b.tiff")):
        raise error
    assert str(caught.value) == f"a/b.tiff could not be written: {reason}."


def test_images_that_find_no_room_stop_a_comparison(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tifffile.imwrite", fail_after(2))
    with pytest.raises(WriteError) as caught:
        run(small_set(), VARIANTS, tmp_path)
    path = tmp_path / "data/normal/00002.tiff"
    assert str(caught.value) == f"{path} could not be written: the disk is full."
    with pytest.raises(ComparisonError, match="does not contain a finished comparison"):
        Comparison.open(tmp_path)


def test_score_maps_that_find_no_room_fail_their_method(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrays_of_the_set = 4 + 4 + 2  # normal, test, masks
    monkeypatch.setattr("tifffile.imwrite", fail_after(arrays_of_the_set))
    found = run(small_set(), VARIANTS, tmp_path)
    path = tmp_path / "methods/one/normal/00002.tiff"  # the first that a fold holds out
    reason = f"{path} could not be written: the disk is full."
    assert found.failures == (Failure(VARIANTS[0], reason),)
    assert Comparison.open(tmp_path).failures == found.failures


def test_a_model_that_finds_no_room_fails_its_method(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from safetensors import SafetensorError

    def fail(*arguments: object, **options: object) -> None:
        raise SafetensorError("I/O error: No space left on device (os error 28)")

    monkeypatch.setattr("safetensors.numpy.save_file", fail)
    (failure,) = run(small_set(), VARIANTS, tmp_path).failures
    assert failure.reason == (
        f"{tmp_path / 'methods/one/model.safetensors'} could not be written: I/O error: No space "
        "left on device (os error 28)."
    )


def test_results_and_report_that_find_no_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    comparison = run(small_set(), VARIANTS, tmp_path)
    assessments = [assess(comparison, result) for result in comparison.results]

    def fail(*arguments: object, **options: object) -> None:
        raise FULL

    monkeypatch.setattr(Path, "write_text", fail)
    with pytest.raises(WriteError, match=r"results\.json could not be written: the disk is full"):
        write_results(comparison, assessments)
    with pytest.raises(WriteError, match=r"a\.html could not be written: the disk is full"):
        write_report(comparison, assessments, tmp_path / "a.html")


def test_a_copy_is_there_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = tmp_path / "source", tmp_path / "kept/target"
    (source / "deep").mkdir(parents=True)
    for name in ("a", "b", "deep/c"):
        (source / name).write_text(name)
    copy = shutil.copyfile

    def fail_on_c(path: Path, to: Path) -> None:
        if path.name == "c":
            raise FULL
        copy(path, to)

    monkeypatch.setattr(shutil, "copyfile", fail_on_c)
    with pytest.raises(WriteError, match="could not be written: the disk is full"):
        copy_folder(source, target)
    assert list((tmp_path / "kept").iterdir()) == []
    monkeypatch.undo()
    copy_folder(source, target, without=("b",))
    assert sorted(path.relative_to(target).as_posix() for path in target.rglob("*")) == [
        "a",
        "deep",
        "deep/c",
    ]


def test_a_comparison_that_cannot_be_kept_says_so_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = compared(small_set())
    monkeypatch.setattr("dashboard.session.kept.KEPT", tmp_path / "results")

    def fail(*arguments: object) -> None:
        raise FULL

    monkeypatch.setattr(shutil, "copyfile", fail)
    with pytest.raises(WriteError, match="could not be written: the disk is full"):
        session.comparisons.keep()
    assert list((tmp_path / "results").iterdir()) == []


def test_a_comparison_without_a_folder_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.gettempdir", lambda: "/nowhere/at/all")
    with pytest.raises(WriteError) as caught:
        Job(small_set(), VARIANTS)
    assert str(caught.value) == (
        "The folder for temporary files could not be written: no such file or directory."
    )


def test_folders_of_killed_servers_go_and_those_of_others_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    gone = subprocess.Popen(["true"])
    gone.wait()
    stays = (f"anomaly-compare-{os.getpid()}-a", "anomaly-compare-mine-b", "other-1-c")
    for name in (f"anomaly-compare-{gone.pid}-a", *stays):
        (tmp_path / name).mkdir()
    job = Job(small_set(), VARIANTS)
    assert job.wait(60)
    assert {path.name for path in tmp_path.iterdir()} == {*stays, job.folder.name}
    assert re.fullmatch(rf"anomaly-compare-{os.getpid()}-\w+", job.folder.name)


def test_a_real_disk_that_is_full(small_disk: Path) -> None:
    path = small_disk / "a.tiff"
    with pytest.raises(WriteError) as caught:
        write_array(path, np.zeros((512, 512), np.float32))
    assert str(caught.value) == f"{path} could not be written: the disk is full."
    with pytest.raises(WriteError, match="could not be written: the disk is full"):
        run(small_set(), VARIANTS, small_disk / "comparison")
    source = small_disk.parent / "source"
    source.mkdir()
    (source / "large").write_bytes(bytes(2**20))
    with pytest.raises(WriteError, match="large could not be written: the disk is full"):
        copy_folder(source, small_disk / "copy")
    assert not (small_disk / "copy").exists()


def test_a_real_disk_that_is_read_only(small_disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(WriteError) as caught:
        run(small_set(), VARIANTS, small_disk / "comparison")
    assert str(caught.value) == (
        f"{small_disk / 'comparison'} could not be written: read-only file system."
    )
