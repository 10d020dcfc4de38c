"""`python -m evaluation`, as a person or a script calls it."""

import csv
import json
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image as Pillow
from safetensors import safe_open

from evaluation.assessment import assess
from evaluation.bundle.bundle import open_bundle
from evaluation.bundle.export_command import export
from evaluation.bundle.judgement import judge
from evaluation.command import main
from evaluation.comparison.comparison import Comparison
from evaluation.comparison.learning_curve import stored_curve
from evaluation.comparison.storage import WriteError
from evaluation.decisions.image_scores import ImageScore
from evaluation.metrics.metrics import Protocol
from images.version import VERSION
from tests.evaluation.synthetic import data_set

QUICK = ["--methods", "pca-residual", "--set", "pca-residual.window=5"]


def save(array, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    Pillow.fromarray(array.astype(np.uint8)).save(path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("data") / "squares"
    data = data_set()
    for picture in data.normal:
        save(picture.read() * 255 + 0.5, root / "train" / "good" / picture.name.rpartition("/")[2])
    for picture in data.test:
        save(picture.read() * 255 + 0.5, root / "test" / picture.name)
        if picture.read_mask:
            stem = picture.name.removesuffix(".png")
            save(picture.mask() * 255, root / "ground_truth" / f"{stem}_mask.png")
    return root


def test_it_writes_what_it_found(folder, tmp_path, capsys):
    variants = "pca-residual,pca-residual@smooth"
    settings = ["--set", "pca-residual.window=5", "--set", "pca-residual@smooth.smoothing=8"]
    code = main(
        [str(folder), "--methods", variants, *settings, "--seed", "3", "--out", str(tmp_path)]
    )
    assert code == 0
    shown = capsys.readouterr()
    table = shown.out.splitlines()
    assert table[0].split() == [
        "method", "pixel_auroc", "aupro", "pixel_average_precision", "image_auroc",
        "fit_s", "s_per_image", "peak_mb",
    ]  # fmt: skip
    assert [line.split()[0] for line in table[1:3]] == variants.split(",")
    assert "T6 = mean(D2) + std(D2)" in shown.out
    assert re.search("^(About|Less than) .*, not yet measured on this machine", shown.err, re.M)
    assert "pca-residual@smooth: done 100 %" in shown.err

    results = json.loads((tmp_path / "results.json").read_text())
    assert results["data"] == "squares"
    assert results["versions"]["anomaly-compare"] == VERSION
    assert json.loads((tmp_path / "comparison.json").read_text())["version"] == VERSION
    fitted = tmp_path / "methods" / "pca-residual" / "model.safetensors"
    with safe_open(fitted, framework="numpy") as model:
        assert model.metadata()["version"] == VERSION
    first, second = results["methods"]
    assert {"name", "params", "seed", "fit_seconds", "score_seconds_per_image"} <= set(first)
    assert {"peak_memory_mb", "metrics", "undefined", "working_points"} <= set(first)
    assert first["name"] == "pca-residual"
    assert first["seed"] == 3
    assert (first["params"]["window"], first["params"]["smoothing"]) == (5, 4.0)
    assert (second["params"]["window"], second["params"]["smoothing"]) == (5, 8.0)
    assert first["metrics"]["pixel_auroc"] > 0.8
    assert first["undefined"] == {}
    assert set(first["working_points"]) == {"T1", "T2", "T3", "T4", "T5", "T6"}

    with (tmp_path / "scores.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2 * 5
    opened = Comparison.open(tmp_path)
    by_image = {row["image"]: float(row["score"]) for row in rows if row["method"] == first["name"]}
    for picture, scores in zip(opened.data.test, opened.results[0].maps, strict=True):
        highest = np.sort(scores, axis=None)[-round(scores.size / 100) :]
        assert by_image[picture.name] == pytest.approx(highest.mean())


def test_an_undefined_figure_is_null_with_a_reason(folder, tmp_path, capsys):
    for picture in (folder / "test" / "square").iterdir():
        save(np.asarray(Pillow.open(picture)), tmp_path / "data" / "test" / "square" / picture.name)
    for picture in (folder / "train" / "good").iterdir():
        save(np.asarray(Pillow.open(picture)), tmp_path / "data" / "train" / "good" / picture.name)
    out = tmp_path / "out"
    assert main([str(tmp_path / "data"), *QUICK, "--out", str(out)]) == 0
    (method,) = json.loads((out / "results.json").read_text())["methods"]
    assert method["metrics"]["image_auroc"] is None
    assert method["undefined"]["image_auroc"] == "no normal test image"
    assert method["undefined"]["pixel_auroc"] == "no pixel with known ground truth"
    assert "image_auroc is undefined: no normal test image." in capsys.readouterr().out


def test_damaged_and_repeated_files_are_named_and_the_rest_goes_on(folder, tmp_path, capsys):
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    learned = sorted((copy / "train" / "good").iterdir())[0]
    tests = sorted((copy / "test").rglob("*.png"))
    shutil.copy(learned, tests[0].with_name("repeated.png"))
    tests[0].with_name("cut.png").write_bytes(learned.read_bytes()[:-40])
    tests[0].with_name("empty.png").touch()
    assert main([str(copy), *QUICK, "--out", str(tmp_path / "out")]) == 0
    told = capsys.readouterr().err
    assert "cut.png is damaged or cut short" in told
    assert "empty.png is empty" in told
    assert f"repeated.png is also used for training, as train/good/{learned.name}" in told
    comparison = Comparison.open(tmp_path / "out")
    assert len(comparison.data.test) == len(tests) + 1


def test_the_image_score_is_one_for_all(folder, tmp_path):
    out = tmp_path / "out"
    rule = ["--image-score", "top", "--top-share", "0.1"]
    assert main([str(folder), *QUICK, *rule, "--out", str(out)]) == 0
    (method,) = json.loads((out / "results.json").read_text())["methods"]
    assert method["image_score"] == "mean of the highest 10 % of the scores"


def test_an_export_keeps_what_the_comparison_was_judged_by(folder, tmp_path):
    out, smoothed = tmp_path / "out", ["--image-score", "max", "--smoothing", "2"]
    measured = ["--fpr", "0.2", "--pro-limit", "0.1"]
    assert main([str(folder), *QUICK, *smoothed, *measured, "--out", str(out)]) == 0
    comparison = Comparison.open(out)
    assert comparison.protocol == Protocol(ImageScore("max", smoothing=2.0), 0.1, 0.2)
    (result,) = comparison.results
    path = tmp_path / "method.safetensors"
    assert export([str(out), result.variant.label, "--out", str(path)]) == 0
    bundle = open_bundle(path)
    with (out / "scores.csv").open() as file:
        written = {row["image"]: float(row["score"]) for row in csv.DictReader(file)}
    for picture in comparison.data.test:
        score = judge(bundle, picture.name, picture.read()).score
        assert f"{score:.9g}" == f"{written[picture.name]:.9g}"
    (method,) = json.loads((out / "results.json").read_text())["methods"]
    for name, metric in bundle.facts.card.metrics.items():
        assert metric.value == method["metrics"][name]


def test_masks_are_fixed_on_request(folder, tmp_path, capsys):
    odd = tmp_path / "odd"
    shutil.copytree(folder, odd)
    sound = {}
    for path in (odd / "ground_truth" / "square").iterdir():
        sound[path.name] = np.asarray(Pillow.open(path)) > 0
        save(np.where(sound[path.name], 0, 255), path)
    assert main([str(odd), *QUICK, "--out", str(tmp_path / "one")]) == 0
    said = capsys.readouterr().err
    assert "it may be inverted" in said
    assert (
        f"--fix-masks invert swaps marked and unmarked pixels ({len(sound)} of the masks)." in said
    )
    fix = ["--fix-masks", "invert, threshold", "--out", str(tmp_path / "two")]
    assert main([str(odd), *QUICK, *fix]) == 0
    assert "inverted" not in capsys.readouterr().err
    for picture in Comparison.open(tmp_path / "two").data.test:
        if picture.read_mask:
            name = picture.name.rpartition("/")[2].replace(".png", "_mask.png")
            assert (picture.mask() == sound[name]).all()
    assert main([str(odd), "--fix-masks", "wash"]) == 2
    assert "'wash'; expected some of threshold,invert,resize" in capsys.readouterr().err


def test_region_and_ignore_masks_from_files(folder, tmp_path):
    region, ignore = np.zeros((40, 48)), np.zeros((40, 48))
    region[:30] = 255
    ignore[10:18, 20:30] = 255
    save(region, tmp_path / "region.png")
    save(ignore, tmp_path / "ignore" / "square" / "1.png")
    masks = ["--region", str(tmp_path / "region.png"), "--ignore", str(tmp_path / "ignore")]
    assert main([str(folder), *QUICK, *masks, "--out", str(tmp_path / "out")]) == 0
    counted = [
        int(picture.read_counted().sum()) for picture in Comparison.open(tmp_path / "out").data.test
    ]
    assert sorted(counted) == [30 * 48 - 80] + [30 * 48] * 4


def test_a_defect_outside_the_region_is_told(folder, tmp_path, capsys):
    """Both squares lie above row 20."""
    region = np.zeros((40, 48))
    region[20:] = 255
    save(region, tmp_path / "region.png")
    assert main([str(folder), *QUICK, "--region", str(tmp_path / "region.png")]) == 0
    assert (
        "The mask of test/square/1.png marks nothing in the region of interest, and the image is "
        "still one that methods should flag."
    ) in capsys.readouterr().err


def refused(arguments, capsys):
    """The sentence with which a run is refused before any method begins."""
    assert main(arguments) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    (sentence,) = (line for line in shown.err.splitlines() if not line.startswith("Read "))
    return sentence


def ignore_mask(path, rows=slice(10, 18)):
    mask = np.zeros((40, 48))
    mask[rows] = 255
    save(mask, path)


def test_an_ignore_folder_that_is_missing_or_empty_is_refused(folder, tmp_path, capsys):
    missing, empty = tmp_path / "missing", tmp_path / "empty"
    empty.mkdir()
    assert refused([str(folder), *QUICK, "--ignore", str(missing)], capsys) == (
        f"{missing} does not exist; expected a folder of ignore masks."
    )
    assert refused([str(folder), *QUICK, "--ignore", str(empty)], capsys) == (
        f"{empty} contains no ignore masks."
    )


def test_a_region_that_is_missing_or_marks_nothing_is_refused(folder, tmp_path, capsys):
    missing, black = tmp_path / "missing.png", tmp_path / "black.png"
    save(np.zeros((40, 48)), black)
    assert refused([str(folder), *QUICK, "--region", str(missing)], capsys) == (
        f"{missing} cannot be opened: no such file or directory; expected a mask."
    )
    assert refused([str(folder), *QUICK, "--region", str(black)], capsys) == (
        "black.png has no marked pixels; the region of interest would be empty."
    )


@pytest.mark.parametrize("name", ["train/good/1.png", "square/1.png"])
def test_an_image_that_is_wholly_ignored_is_refused(folder, tmp_path, capsys, name):
    ignore_mask(tmp_path / name, rows=slice(None))
    told = refused([str(folder), *QUICK, "--ignore", str(tmp_path)], capsys)
    assert told.endswith(f"{name} has no pixels in the region of interest.")


def test_an_image_without_a_pixel_left_of_the_region_is_refused(folder, tmp_path, capsys):
    ignore_mask(tmp_path / "region.png", rows=slice(10, 20))
    ignore_mask(tmp_path / "ignore" / "square" / "1.png", rows=slice(5, 30))
    masks = ["--region", str(tmp_path / "region.png"), "--ignore", str(tmp_path / "ignore")]
    told = refused([str(folder), *QUICK, *masks], capsys)
    assert told.endswith("square/1.png has no pixels in the region of interest.")


def test_hidden_and_system_files_beside_ignore_masks_are_passed_over(folder, tmp_path):
    ignore_mask(tmp_path / "ignore" / "square" / "1.png")
    for name in (".DS_Store", "square/Thumbs.db", "__MACOSX/square/1.png"):
        path = tmp_path / "ignore" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"something else")
    masks = ["--ignore", str(tmp_path / "ignore")]
    assert main([str(folder), *QUICK, *masks, "--out", str(tmp_path / "out")]) == 0
    comparison = Comparison.open(tmp_path / "out")
    assert sum(picture.read_counted is not None for picture in comparison.data.test) == 1


def test_ignore_masks_that_can_be_meant_in_two_ways_are_refused(folder, tmp_path, capsys):
    ignore_mask(tmp_path / "a" / "square" / "1.png")
    ignore_mask(tmp_path / "a" / "square" / "1.bmp")
    told = refused([str(folder), *QUICK, "--ignore", str(tmp_path / "a")], capsys)
    assert re.fullmatch(r"1\.png is a second ignore mask of .*square/1\.png\.", told)
    ignore_mask(tmp_path / "b" / "1.png")
    told = refused([str(folder), *QUICK, "--ignore", str(tmp_path / "b")], capsys)
    assert told == "1.png matches 3 images as an ignore mask; expected one."
    pages = [Pillow.fromarray(np.full((40, 48), value, np.uint8)) for value in (0, 255)]
    (tmp_path / "c" / "square").mkdir(parents=True)
    pages[0].save(tmp_path / "c" / "square" / "1.tiff", save_all=True, append_images=pages[1:])
    told = refused([str(folder), *QUICK, "--ignore", str(tmp_path / "c")], capsys)
    assert told == "1.tiff has 2 pages; expected one mask."


def test_a_report_that_cannot_be_written_is_refused_before_work_begins(folder, tmp_path, capsys):
    for report, reason in (
        (tmp_path, "is a folder; expected a file to write."),
        (tmp_path / "no" / "a.html", "is in a folder that does not exist."),
    ):
        told = refused([str(folder), *QUICK, "--report", str(report)], capsys)
        assert told == f"--report {report} {reason}"


def test_what_was_computed_is_written_although_one_method_has_no_figures(
    folder, tmp_path, capsys, monkeypatch
):
    good = assess

    def assess_or_fail(comparison, result):
        assessment = good(comparison, result)
        if result.variant.label == "pca-residual@bad":
            (result.folder / "test" / "00002.tiff").write_bytes(b"")
        return assessment

    monkeypatch.setattr("evaluation.command.assess", assess_or_fail)
    out, report = tmp_path / "out", tmp_path / "a.html"
    methods = ["--methods", "pca-residual,pca-residual@bad", *QUICK[2:]]
    assert main([str(folder), *methods, "--out", str(out), "--report", str(report)]) == 1
    shown = capsys.readouterr()
    assert re.search(
        r"pca-residual@bad failed: No metrics: .*00002\.tiff cannot be read", shown.err
    )
    assert [line.split()[0] for line in shown.out.splitlines()[:2]] == ["method", "pca-residual"]
    results = json.loads((out / "results.json").read_text())
    assert [method["name"] for method in results["methods"]] == ["pca-residual"]
    assert set(results["failures"]) == {"pca-residual@bad"}
    assert len((out / "scores.csv").read_text().splitlines()) == 1 + 5
    assert report.is_file()


def test_a_report_is_written_although_the_tables_cannot_be(folder, tmp_path, capsys, monkeypatch):
    def fail(*arguments):
        raise WriteError("results.json could not be written: the disk is full.")

    monkeypatch.setattr("evaluation.command.write_results", fail)
    report = tmp_path / "a.html"
    arguments = ["--out", str(tmp_path / "out"), "--report", str(report)]
    assert main([str(folder), *QUICK, *arguments]) == 1
    shown = capsys.readouterr()
    assert "results.json could not be written: the disk is full." in shown.err
    assert shown.out.startswith("method")
    assert report.is_file()


def copied(folder, target, **places):
    """The data set with each of its folders under another name: `train="Training 1"`."""
    for path in folder.rglob("*.png"):
        name = path.relative_to(folder).as_posix()
        for part, other in places.items():
            name = name.replace(f"{part}/", f"{other}/", 1)
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target / name)
    return target


def test_it_says_how_the_set_was_read(folder, capsys):
    assert main([str(folder), *QUICK]) == 0
    shown = capsys.readouterr()
    line = "Read as MVTec AD: 3 normal images for training, 5 test images of 2 kinds, 3 masks."
    assert shown.err.splitlines()[0] == line
    assert line not in shown.out
    assert main([str(folder), *QUICK, "--layout", "by-name"]) == 0
    assert capsys.readouterr().err.startswith("Read by folder and file names: 3 normal")


def test_a_second_run_does_not_learn_what_the_first_one_stored(folder, tmp_path, capsys):
    data = copied(folder, tmp_path / "data")
    for out in (data / "out", data):
        for _ in range(2):
            assert main([str(data), *QUICK, "--out", str(out)]) == 0
            comparison = Comparison.open(out)
            assert len(comparison.data.normal) == 3
            assert len(comparison.data.test) == 5
    assert "was stored by a comparison and is not an image of this set." in capsys.readouterr().err


def test_nor_what_a_run_stored_that_was_stopped(folder, tmp_path, monkeypatch):
    data = copied(folder, tmp_path / "data")

    def stop(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr("evaluation.comparison.runner.write_json", stop)
    assert main([str(data), *QUICK, "--out", str(data / "out")]) == 130
    assert list((data / "out" / "data").rglob("*.tiff"))
    monkeypatch.undo()
    assert main([str(data), *QUICK, "--out", str(tmp_path / "other")]) == 0
    assert len(Comparison.open(tmp_path / "other").data.normal) == 3


def test_folders_that_say_nothing_are_asked_for(folder, tmp_path, capsys):
    data = copied(folder, tmp_path / "parts", good="0", square="1", test="train")
    assert sorted(path.name for path in (data / "train").iterdir()) == ["0", "1"]
    assert main([str(data), *QUICK]) == 2
    shown = capsys.readouterr()
    assert shown.err == (
        "The role of the folders train/0, train/1 in parts is unknown; set it, for example with "
        "--role 'train/0=normal' or --role 'train/1=not-used', or --layout known-classes if each "
        "is a class of normal images.\n"
    )
    assert shown.out == ""
    roles = ["--role", "train/0=normal", "--role", "train/1=test/hole"]
    assert main([str(data), *QUICK, *roles, "--out", str(tmp_path / "out")]) == 0
    found = Comparison.open(tmp_path / "out").data
    assert {picture.name.rpartition("/")[0] for picture in found.normal} == {"train/0"}
    assert {(it.name.rpartition("/")[0], it.kind) for it in found.test} == {("train/1", "hole")}
    # The older name of the role is understood as well.
    for name in ("not-used", "left-over"):
        left_out = ["--role", "train/0=normal", "--role", f"train/1/={name}"]
        assert main([str(data), *QUICK, *left_out]) == 2
        assert "parts has no test image" in capsys.readouterr().err


def test_one_of_several_sets(folder, tmp_path, capsys):
    for name in ("bottle", "cable"):
        shutil.copytree(folder, tmp_path / "all" / name)
    assert main([str(tmp_path / "all"), *QUICK]) == 2
    assert capsys.readouterr().err == (
        "all holds 2 data sets (bottle, cable); expected one, so choose one, such as --part "
        "bottle, or run all of them with --suite.\n"
    )
    out = tmp_path / "out"
    assert main([str(tmp_path / "all"), *QUICK, "--part", "cable", "--out", str(out)]) == 0
    assert Comparison.open(out).data.name == "cable"
    assert len(Comparison.open(out).data.test) == 5


def test_it_lists_methods_and_samples(capsys):
    assert main(["--list"]) == 0
    listing = capsys.readouterr().out
    assert re.search(r"mvtec-ad +MVTec AD\n", listing)
    assert re.search(r"pca-residual +PCA residual", listing)
    assert "brick" in listing


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "Give either DATA, a folder or ZIP archive, or --samples NAME."),
        (["a", "b"], "Unrecognized arguments: b."),
        (["/nowhere/at/all"], "does not exist; expected a folder or a ZIP archive."),
        (["--samples", "brik"], "There is no sample 'brik'; choose from brick, "),
        (["x", "--methods", "magic"], "There is no method 'magic'; choose from "),
        (["x", "--methods", " ,"], "--methods  , names no method."),
        (["x", *QUICK, "--set", "pca-residual.window=0"], "pca-residual.window is '0'; expected a"),
        (["x", *QUICK, "--set", "pca-residual.size=9"], "pca-residual has no parameter 'size'"),
        (["x", *QUICK, "--set", "pca-residual.stages=4;5"], "pca-residual.stages is '4;5'; expec"),
        (["x", *QUICK, "--set", "window=9"], "expected METHOD.PARAMETER=VALUE."),
        (["x", *QUICK, "--set", "other.window=9"], "names 'other', which is not in the comparison"),
        (["x", *QUICK, "--set", "pca-residual.window=[1"], "is invalid; '[1' is not JSON."),
        (["x", "--methods", "pca-residual,pca-residual"], "Two methods have the same name"),
        (["--pro-limit", "3"], "Argument --pro-limit: '3'; expected a number from 1e-06 to 1."),
        (["--seed", "many"], "Argument --seed: 'many'; expected a whole number from 0."),
        (["--colour"], "Unrecognized arguments: --colour."),
        (["x", "--layout", "magic"], "There is no layout 'magic'; choose from aitex, bmad,"),
        (["x", "--layout", "btad"], "squares is not in the layout BTAD; expected train/ok,"),
        (["x", "--part", "cable"], "squares has no data set in the folder cable; there is"),
        (["x", "--role", "train/0=normal"], "'train/0', which is not a folder or file of"),
        (["x", "--role", "train"], "Argument --role: 'train'; expected FOLDER=ROLE, where ROLE"),
        (["x", "--role", "train=nice"], "Argument --role: 'train=nice'; expected FOLDER=ROLE"),
        (["--samples", "brick", "--layout", "btad"], "--layout applies to DATA only"),
    ],
)
def test_a_wrong_argument_gets_one_sentence(folder, arguments, sentence, capsys):
    named = [str(folder) if argument == "x" else argument for argument in arguments]
    assert main(named) == 2
    shown = capsys.readouterr()
    assert sentence in shown.err
    assert shown.err.count("\n") == 1
    assert shown.out == ""


def test_a_failed_method_gives_another_exit_code(folder, capsys):
    raw = ["--set", "pca-residual.features=raw patches", "--set", "pca-residual.window=64"]
    assert main([str(folder), "--methods", "pca-residual", *raw]) == 1
    assert "pca-residual failed: " in capsys.readouterr().err


def test_it_runs_as_a_program(folder):
    done = subprocess.run(
        [sys.executable, "-m", "evaluation", str(folder), *QUICK],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("method")
    wrong = subprocess.run(
        [sys.executable, "-m", "evaluation", "--fpr", "x"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert wrong.returncode == 2
    assert "Traceback" not in wrong.stderr


def test_a_learning_curve(folder, tmp_path, capsys):
    out = tmp_path / "kept"
    page = tmp_path / "report.html"
    shots = ["--shots", "1,2,3", "--draws", "2", "--out", str(out), "--report", str(page)]
    assert main([str(folder), *QUICK, *shots]) == 0
    shown = capsys.readouterr()
    assert "Learning curve, measured on the same 5 labelled test images" in shown.out
    assert re.search(
        r"pca-residual, Pixel AUROC  1: [\d.]+ ± [\d.]+   2: .*   3: [\d.]+\n", shown.out
    )
    assert "pca-residual: From 2 to 3 images the pixel AUROC" in shown.out
    curve = stored_curve(out)
    assert curve is not None
    assert [(each.images, each.draw) for each in curve.measured] == [
        (1, 0), (1, 1), (2, 0), (2, 1), (3, 0),
    ]  # fmt: skip
    facts = json.loads((out / "results.json").read_text())["learning_curve"]
    assert facts["normal_images"] == 3
    assert facts["measured_on"] == "the same 5 labelled test images"
    first = curve.measured[0]
    assert facts["measured"][0] == {
        "label": "pca-residual", "images": 1, "draw": 0, "image_auroc": first.image_auroc,
        "pixel_auroc": first.pixel_auroc, "reason": "",
    }  # fmt: skip
    report = page.read_text()
    assert "<h2>Learning curve</h2>" in report
    assert "pca-residual: From 2 to 3 images the pixel AUROC" in report


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["--shots", "1,0"], "'1,0'; expected whole numbers from 1, separated by commas"),
        (["--shots", "1,4"], "--shots names 4, more than the 3 normal images of squares."),
        (["--draws", "0"], "'0'; expected a whole number from 1 to 20"),
        (["--draws", "2"], "--draws applies beside --shots only."),
        (
            ["--top-share", "0.1", "--image-score", "max"],
            "--top-share applies to --image-score top only.",
        ),
    ],
)
def test_arguments_that_do_not_fit_together(given, message, folder, capsys):
    assert main([str(folder), *QUICK, *given]) == 2
    assert message in capsys.readouterr().err
