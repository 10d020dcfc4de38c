"""Everything that a comparison found as one ZIP archive, at the size of the source images.

results.json, scores.csv, report.html
maps/METHOD/IMAGE.tiff        scores, float32
overlays/METHOD/IMAGE.png     scores over the image, one colour scale a method
masks/METHOD/IMAGE.png        what the method calls defective at its threshold
"""

import io
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePath
from typing import IO

import numpy as np
from PIL import Image as Pillow

from evaluation.assessment import Assessment
from evaluation.comparison.comparison import Comparison
from evaluation.comparison.storage import folder_name, folder_names
from evaluation.decisions.masks import NO_PROCESSING, PostProcessing, decide
from evaluation.level_threshold import Thresholds, default_thresholds
from evaluation.report.display import overlay
from evaluation.report.html import ReportChoice, html_report
from evaluation.report.score_maps import OPACITY
from evaluation.report.tables import RESULTS_FILE, SCORES_FILE, results_json, scores_csv
from images.colour import Mask
from methods.progress import Progress, no_progress, span


def write_export(
    comparison: Comparison,
    assessments: Sequence[Assessment],
    target: Path | IO[bytes],
    *,
    thresholds: Mapping[str, Thresholds] | None = None,
    processing: PostProcessing = NO_PROCESSING,
    progress: Progress = no_progress,
) -> None:
    """Write the archive; memory holds one image at a time.

    `thresholds` are those of pixels and of images by the labels of the methods; by default 1 % of
    the held-out normal pixels or images reach them.
    """
    thresholds = thresholds or default_thresholds(assessments)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr(RESULTS_FILE, results_json(comparison, assessments))
        archive.writestr(SCORES_FILE, scores_csv(comparison, assessments))
        archive.writestr(
            "report.html",
            html_report(comparison, assessments, ReportChoice(thresholds, processing=processing)),
        )
        labels = [assessment.result.variant.label for assessment in assessments]
        for at, (assessment, method) in enumerate(
            zip(assessments, folder_names(labels), strict=True)
        ):
            _write_method(
                archive,
                method,
                comparison,
                assessment,
                thresholds[assessment.result.variant.label]["pixel"].value,
                processing,
                span(progress, at / len(assessments), (at + 1) / len(assessments)),
            )


def _write_method(
    archive: zipfile.ZipFile,
    method: str,
    comparison: Comparison,
    assessment: Assessment,
    threshold: float,
    processing: PostProcessing,
    progress: Progress,
) -> None:
    scale = assessment.display_range(threshold)
    for index, picture in enumerate(comparison.data.test):
        scores = assessment.result.maps[index]
        name = f"{index:04d}-{folder_name(PurePath(picture.name).stem, 'image')}"
        archive.write(assessment.result.maps.path(index), f"maps/{method}/{name}.tiff")
        drawn = overlay(picture.read(), scores, scale, OPACITY)
        _write_png(archive, f"overlays/{method}/{name}.png", Pillow.fromarray(drawn))
        counted = picture.read_counted() if picture.read_counted else None
        mask = decide(scores, threshold, processing, counted=counted)
        _write_png(archive, f"masks/{method}/{name}.png", _mask_picture(mask))
        progress((index + 1) / len(comparison.data.test))


def _mask_picture(mask: Mask) -> Pillow.Image:
    return Pillow.fromarray(np.where(mask, np.uint8(255), np.uint8(0)))


def _write_png(archive: zipfile.ZipFile, name: str, picture: Pillow.Image) -> None:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", compress_level=3)
    archive.writestr(name, buffer.getvalue(), zipfile.ZIP_STORED)
