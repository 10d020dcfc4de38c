"""Rows as images come: the scores of the bundle, each once, whatever stops the run."""

import csv
import json
import os
import signal
import subprocess
import sys
import threading
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
import tifffile

from dashboard.command import main
from evaluation.bundle import watch
from evaluation.bundle.bundle import open_bundle
from evaluation.bundle.ending import DONE, SOME_DEFECTIVE, SOME_SKIPPED, WRONG
from evaluation.bundle.facts import StoredRange
from evaluation.bundle.incoming import read_page
from evaluation.bundle.judgement import judge
from evaluation.bundle.output import Output
from evaluation.bundle.predict import Listener, Predictor
from evaluation.bundle.sources import FolderSource
from evaluation.decisions.thresholds import manual
from images.errors import ImageError
from images.reading.files import FileOnDisk, Upload
from images.reading.reader import read_image
from methods.features.backbones import registry as backbones
from tests.dashboard.small import defective_image, normal_image, png
from tests.evaluation.bundle.small import assessment, bundle_file, write_images, write_png

Row = dict[str, str]


@pytest.fixture(autouse=True)
def _any_network_after_the_test(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backbones, "_allowed", None)


def predict(out: Path, *arguments: object) -> int:
    return main(["predict", str(bundle_file()), *map(str, arguments), "--out", str(out), "--quiet"])


def rows(out: Path) -> list[Row]:
    with (out / "predictions.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_row_for_each_image(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_images(tmp_path / "new", 4, defective=(1, 3))
    out = tmp_path / "new" / "out"  # in the folder that is read, and passed over there
    assert predict(out, tmp_path / "new") == DONE
    assert "4 images, 2 of them defective, 0 skipped" in capsys.readouterr().out
    opened = open_bundle(bundle_file())
    for row in rows(out):
        image = read_image(tmp_path / "new" / row["image"])
        found = judge(opened, row["image"], image)
        assert np.float32(row["score"]) == np.float32(found.score)
        assert float(row["p_value"]) == pytest.approx(found.p_value, rel=1e-5)
        assert (row["decision"] == "defective") == found.defective
        assert float(row["defective_share"]) == pytest.approx(found.mask.mean(), rel=1e-5)
        assert (
            int(row["regions"])
            == len(found.boxes)
            == len(list(filter(None, row["boxes"].split(";"))))
        )
        np.testing.assert_array_equal(
            tifffile.imread(out / "maps" / f"{row['image']}.tiff"), found.scores
        )
        mask = read_image(out / "masks" / f"{row['image']}.png") > 0.5
        np.testing.assert_array_equal(mask, found.mask)
        assert read_image(out / "overlays" / f"{row['image']}.jpg").shape == (64, 64, 3)
    assert [row["decision"] for row in rows(out)] == ["normal", "defective"] * 2
    assert predict(tmp_path / "new" / "again", tmp_path / "new") == DONE
    assert len(rows(tmp_path / "new" / "again")) == 4
    summary = json.loads((out / "summary.json").read_text())
    assert (summary["images"], summary["flagged"], summary["skipped"]) == (4, 2, 0)
    assert summary["drift"]["flagged_share"] == 0.5


def test_a_box_surrounds_the_square(tmp_path: Path) -> None:
    """The square is 12 x 12 pixels; windows of 8 pixels see it from up to 8 pixels away."""
    write_images(tmp_path / "new", 1, defective=(0,))
    predict(tmp_path / "out", tmp_path / "new", "--write", "none")
    left, top, width, height = map(int, rows(tmp_path / "out")[0]["boxes"].split(";")[0].split())
    assert 20 <= left <= 30
    assert 42 <= left + width <= 52
    assert 10 <= top <= 20
    assert 32 <= top + height <= 42
    assert not (tmp_path / "out" / "maps").exists()


def test_without_images_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Hidden files and the folder that is written to hold none. All that have a row is no error."""
    new = tmp_path / "new"
    (new / "out").mkdir(parents=True)
    (new / ".hidden.png").write_bytes(b"")
    zipfile.ZipFile(tmp_path / "new.zip", "w").close()
    for given in (new, tmp_path / "new.zip"):
        assert predict(new / "out", given) == WRONG
        assert capsys.readouterr().err == f"{given} holds no images; expected one or more.\n"
    assert not list((new / "out").iterdir())
    write_images(new, 1)
    assert [predict(new / "out", new) for _ in range(2)] == [DONE, DONE]


def test_killed_and_started_again_it_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    count = 150
    write_images(tmp_path / "new", count, defective=(5, 70))
    out = tmp_path / "out"
    command = [sys.executable, "-m", "dashboard", "predict", str(bundle_file())]
    command += [str(tmp_path / "new"), "--out", str(out), "--write", "masks"]
    root = Path(__file__).parents[3]
    with subprocess.Popen(command, cwd=root, stderr=subprocess.DEVNULL) as process:
        until = time.monotonic() + 120
        table = out / "predictions.csv"
        while not (table.exists() and table.read_bytes().count(b"\n") > 5):
            assert process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
    killed = table.read_bytes()
    assert killed.endswith(b"\n")
    assert 5 < killed.count(b"\n") <= count
    assert predict(out, tmp_path / "new", "--write", "masks") == DONE
    assert table.read_bytes().startswith(killed)
    predict(tmp_path / "whole", tmp_path / "new", "--write", "none")
    assert rows(out) == rows(tmp_path / "whole")
    assert len(rows(out)) == count == len(list((out / "masks").iterdir()))
    drift = [
        json.loads((each / "summary.json").read_text())["drift"]
        for each in (out, tmp_path / "whole")
    ]
    assert drift[0] == drift[1]


def test_a_row_that_was_cut_short_is_written_again(tmp_path: Path) -> None:
    write_images(tmp_path / "new", 3)
    predict(tmp_path / "out", tmp_path / "new")
    table = tmp_path / "out" / "predictions.csv"
    whole = table.read_bytes()
    for cut in (len(whole) - 3, len(whole) - 1, 30, 0):
        table.write_bytes(whole[:cut])
        assert predict(tmp_path / "out", tmp_path / "new") == DONE
        assert table.read_bytes() == whole


def test_a_file_that_was_written_anew_is_scored_again(tmp_path: Path) -> None:
    write_images(tmp_path / "new", 2)
    predict(tmp_path / "out", tmp_path / "new")
    write_png(tmp_path / "new" / "000.png", defective_image(1))
    os.utime(tmp_path / "new" / "000.png", (2e9, 2e9))
    predict(tmp_path / "out", tmp_path / "new")
    assert [row["image"] for row in rows(tmp_path / "out")] == ["000.png", "001.png", "000.png"]


def test_what_cannot_be_read_is_told_and_passed_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_images(tmp_path / "new", 2)
    (tmp_path / "new" / "=bad.png").write_bytes(png(normal_image(1))[:500])
    (tmp_path / "new" / "line\nbreak.png").write_bytes(png(normal_image(1)))
    assert predict(tmp_path / "out", tmp_path / "new") == SOME_SKIPPED
    said = capsys.readouterr().err
    assert "=bad.png is damaged or cut short" in said
    assert "has a line break in its name." in said
    assert [row["image"] for row in rows(tmp_path / "out")] == ["000.png", "001.png"]
    with (tmp_path / "out" / "skipped.csv").open(newline="") as file:
        assert {row["image"] for row in csv.DictReader(file)} == {"'=bad.png", "line\nbreak.png"}
    (tmp_path / "new" / "line\nbreak.png").unlink()
    (tmp_path / "new" / "=bad.png").write_bytes(png(normal_image(1)))
    assert predict(tmp_path / "out", tmp_path / "new") == DONE
    assert rows(tmp_path / "out")[-1]["image"] == "'=bad.png"
    assert not (tmp_path / "out" / "skipped.csv").exists()


def test_archives_pages_and_single_files(tmp_path: Path) -> None:
    levels = np.rint(255 * np.stack([normal_image(1), defective_image(2)])).astype(np.uint8)
    tifffile.imwrite(tmp_path / "two.tif", levels, photometric="minisblack")
    write_png(tmp_path / "one.png", normal_image(3))
    with zipfile.ZipFile(tmp_path / "both.zip", "w") as archive:
        archive.write(tmp_path / "two.tif", "a/two.tif")
        archive.write(tmp_path / "one.png", "b/one.png")
        archive.writestr("../escaped.png", png(normal_image(1)))
    assert predict(tmp_path / "zip", tmp_path / "both.zip") == SOME_SKIPPED
    named = {row["image"]: row["decision"] for row in rows(tmp_path / "zip")}
    assert named == {"a/two.tif#1": "normal", "a/two.tif#2": "defective", "b/one.png": "normal"}
    assert predict(tmp_path / "zip", tmp_path / "both.zip") == SOME_SKIPPED
    assert len(rows(tmp_path / "zip")) == 3
    files = [tmp_path / "two.tif", f"{tmp_path}/x/../one.png"]
    (tmp_path / "x").mkdir()
    assert predict(tmp_path / "files", *files, files[0], "--signal") == SOME_DEFECTIVE
    assert len(rows(tmp_path / "files")) == 3
    assert len(list((tmp_path / "files" / "maps").rglob("*.tiff"))) == 3
    assert predict(tmp_path / "mixed", tmp_path / "one.png", tmp_path / "both.zip") == WRONG


def test_what_macos_adds_to_an_archive_is_passed_over_as_in_a_folder(tmp_path: Path) -> None:
    write_images(tmp_path / "new", 1)
    with zipfile.ZipFile(tmp_path / "new.zip", "w") as archive:
        archive.write(tmp_path / "new" / "000.png", "new/000.png")
        archive.writestr("__MACOSX/new/._000.png", b"")
    assert predict(tmp_path / "out", tmp_path / "new.zip") == DONE
    assert not (tmp_path / "out" / "skipped.csv").exists()


def test_another_bundle_does_not_continue_a_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from evaluation.bundle.export import bundle_of

    write_images(tmp_path / "new", 1)
    other = tmp_path / "other.safetensors"
    bundle_of(*assessment(), chosen={"image": manual(0.5)}).save(other)
    assert (
        main(["predict", str(other), str(tmp_path / "new"), "--out", str(tmp_path / "out")]) == DONE
    )
    assert predict(tmp_path / "out", tmp_path / "new") == WRONG
    assert "holds predictions of another bundle, PCA of " in capsys.readouterr().err
    (tmp_path / "out" / "run.json").unlink()
    assert predict(tmp_path / "out", tmp_path / "new") == WRONG
    assert "its origin is unknown" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "Give either images, a folder or a ZIP archive, or --watch FOLDER."),
        (["missing"], "missing does not exist; expected images."),
        (["--watch", "missing"], "--watch missing is not a folder."),
    ],
)
def test_wrong_arguments(
    arguments: list[str], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert predict(tmp_path / "out", *arguments) == WRONG
    assert capsys.readouterr().err == f"{sentence}\n"


@pytest.mark.parametrize("given", [[], ["--watch"]])
def test_the_folder_of_the_images_is_not_written_to(
    given: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_images(tmp_path / "new", 1)
    assert predict(tmp_path / "new", *given, tmp_path / "new") == WRONG
    assert "is the folder of the images; expected another one" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["000.png"]


def test_a_file_is_no_folder_to_write_to(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_images(tmp_path / "new", 1)
    (tmp_path / "out").write_text("About predictions.")
    assert predict(tmp_path / "out", tmp_path / "new") == WRONG
    assert capsys.readouterr().err == f"--out {tmp_path / 'out'} is a file; expected a folder.\n"


def test_two_runs_do_not_write_to_one_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_images(tmp_path / "new", 1)
    first = Output(tmp_path / "out", open_bundle(bundle_file()), ())
    assert predict(tmp_path / "out", tmp_path / "new") == WRONG
    assert "Another process writes to " in capsys.readouterr().err
    first.close()
    assert predict(tmp_path / "out", tmp_path / "new") == DONE


def test_black_and_white_are_those_of_the_comparison(tmp_path: Path) -> None:
    """A 12-bit camera's 16-bit files: 4095 is white, although this file reaches 1000 alone."""
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.full((4, 4), 1000, np.uint16), byteorder=">")
    (page,) = FileOnDisk("a.tif", path).pages
    read = read_page(page, {"<u2": StoredRange(low=0, high=4095)}, measured=False)
    assert read.pixels == pytest.approx(1000 / 4095)
    with pytest.raises(ImageError) as caught:
        read_page(page, {}, measured=False)
    assert str(caught.value) == (
        "a.tif has 16-bit samples (uint16), of which the images of the comparison had none, so "
        "black and white are unknown; expected 8 bits alone."
    )
    (page,) = Upload("b.png", png(normal_image(1))).pages
    assert read_page(page, {}, measured=True).properties is not None


def test_a_watched_folder_is_scored_as_it_fills(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(watch, "SETTLED_SECONDS", 0.1)
    folder, told = tmp_path / "new", []
    write_images(folder, 1)
    output = Output(tmp_path / "out", open_bundle(bundle_file()), ())
    predictor = Predictor(
        open_bundle(bundle_file()), output, Listener(on_skip=lambda name, reason: told.append(name))
    )
    stop = threading.Event()
    watching = watch.Watch(
        predictor, FolderSource(folder, tmp_path / "out"), stop.is_set, patience=1.5
    )
    thread = threading.Thread(target=watching.run)
    thread.start()

    def wait_for(count: int) -> None:
        until = time.monotonic() + 20
        while len(rows(tmp_path / "out")) < count:
            assert time.monotonic() < until
            time.sleep(0.02)

    try:
        wait_for(1)
        data = png(defective_image(7))
        (folder / "bad.png").write_bytes(data[:300])
        with (folder / "slow.png").open("wb") as file:
            for start in range(0, len(data), len(data) // 4 + 1):
                file.write(data[start : start + len(data) // 4 + 1])
                file.flush()
                time.sleep(0.3)
        wait_for(2)
        until = time.monotonic() + 20
        while not told:
            assert time.monotonic() < until
            time.sleep(0.02)
    finally:
        stop.set()
        thread.join(20)
        output.close()
    assert told == ["bad.png"]
    assert [row["image"] for row in rows(tmp_path / "out")] == ["000.png", "slow.png"]
    write_png(folder / "late.png", normal_image(8))
    os.utime(folder / "bad.png", (1e9, 1e9))
    assert predict(tmp_path / "out", "--watch", folder, "--idle", "0.2") == SOME_SKIPPED
    assert [row["image"] for row in rows(tmp_path / "out")] == ["000.png", "slow.png", "late.png"]


def test_drift_is_told_with_what_differs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(12):
        noise = np.random.default_rng(number).random((64, 64), dtype=np.float32)
        write_png(tmp_path / "new" / f"{number}.png", noise)
    assert predict(tmp_path / "out", tmp_path / "new", "--signal", "--write", "none") == 4
    said = capsys.readouterr()
    assert "Warning: The latest images no longer look like the normal images: " in said.err
    assert "Warning: The latest images no longer look like the normal images: " in said.out
    assert "Most of the latest images are " in said.out
    assert "noisier (pixel noise " in said.out
    assert json.loads((tmp_path / "out" / "summary.json").read_text())["drift"]["drifting"]


def test_export_names_what_there_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = assessment()[0].folder
    out = tmp_path / "a.safetensors"
    assert main(["export", str(folder), "PCA", "--out", str(out), "--rate", "0.05"]) == 0
    assert open_bundle(out).facts.image_threshold.rate == 0.05
    told = capsys.readouterr().out.splitlines()
    assert told[1].startswith("Threshold of pixels ")
    assert told[1].endswith(": Target false positive rate.")
    rule = ["--rule", "conformal", "--rate", "0.01"]
    assert main(["export", str(folder), "PCA", "--out", str(out), *rule]) == 0
    pixels, images = capsys.readouterr().out.splitlines()[1:]
    assert "since conformal sets none: p-values are defined for whole images only." in pixels
    assert "with 30 normal images the lowest possible rate is 0.032." in images
    assert main(["export", str(folder), "padim"]) == WRONG
    assert "has no finished method 'padim'; it has PCA." in capsys.readouterr().err
