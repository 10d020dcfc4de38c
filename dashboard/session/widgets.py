"""The keys of all widgets, each written once, and the values that are kept under them.

Links hold the keys of what belongs to the view, so those must stay as they are.
"""

from collections.abc import Sequence

import streamlit as st

SESSION = "session"
"""Where the session itself is kept."""

SOURCE = "images.source"
SAMPLE = "images.sample"
PART = "images.part"
LAYOUT = "images.layout"
KIND = "images.kind"
"""Of which kind test images are shown."""
IMAGES_VIEW = "images.view"
"""Whether images are shown as a grid or as a table."""
ROLE = "images.role"
"""Of which role images are in the table."""
IMAGES_TABLE = "images.table"
LARGE = "images.large"
"""The place of the image that is shown large, among normal and then test images."""
FOLDER_DROP = "images.drop"
THUMBNAILS = "images.thumbnails"
LARGE_BEFORE = "images.large.before"
LARGE_NEXT = "images.large.next"
NEAR_COPIES = "images.near_copies"
"""The button that looks for near-duplicates."""
NEAR_COPIES_ASKED = "images.near_copies.asked"
"""The data set, by its `id`, for which it was pressed."""
REMOVE_UPLOADS = "images.remove"
DRAW = "images.draw"
FOR_CLASSES = "images.for_classes"
ARE_CLASSES = "images.are_classes"
PUT_BACK = "images.put_back"
NORMAL_METHOD = "normal.method"
NORMAL_PAGE = "normal.page"
LEARNING_METHODS = "learning.methods"
LEARNING_IMAGES = "learning.images"
LEARNING_DRAWS = "learning.draws"
LEARNING_RUN = "learning.run"
LEARNING_CANCEL = "learning.cancel"
DRAW_OPEN = "draw.open"
"""Whether the window is open. A page that is drawn again, as when a method finishes, must open it
again."""
DRAW_PURPOSE = "draw.purpose"
DRAW_IMAGE = "draw.image"

CANCEL = "cancel"

TUNED_METHODS = "tune.methods"
TUNED_TRIALS = "tune.trials"
TUNED_MINUTES = "tune.minutes"
TUNED_METRIC = "tune.metric"
TUNED_ON = "tune.on"
TUNED_KINDS = "tune.kinds"
TUNED_ASIDE = "tune.aside"
TUNE = "tune.start"
CANCEL_TUNING = "tune.cancel"
TAKE_TUNED = "tune.take"
SEARCH = "methods.search"
METHOD_CARDS = "methods.cards"

VIEW = "compare.view"
FILTER = "compare.filter"
PAGE = "compare.page"
BANDS = "compare.bands"
RATE_AXIS = "compare.axis"
PLOTTED = "compare.plotted"
PLOTTED_AMONG = "compare.plotted.among"
CURVE_PRESSES = "compare.presses"
GRID = "compare.grid"
ALL_METRICS = "table.all"
RESULTS_TABLE = "table"
WARNINGS = "compare-warnings"
"""A container; `page.css` names it too."""
P_VALUES = "p_values"
POINTS_METHOD = "points.method"
CLASSES_RATE = "classes.rate"
OSCR = "classes.oscr"
COST_METRIC = "cost.metric"
COST_PLOT = "cost.plot"
COST_TABLE = "cost.table"
THRESHOLD_RULE = "threshold.rule"
THRESHOLD_RATE = "threshold.rate"
THRESHOLD_RESET = "threshold.reset"

PRESENTED = "present.show"
PRESENT_TITLE = "present.title"
PRESENT_NOTES = "present.notes"

INSPECTED = "inspect.layers"
INSPECTED_PICTURE = "inspect-picture"
"""A container; `page.css` names it too."""
INSPECTED_IMAGE = "inspect.image"
IMAGE_BEFORE = "inspect.before"
IMAGE_AFTER = "inspect.after"
LEARNED = "inspect.learned"

KEEP = "share.keep"
ONNX_METHOD = "share.onnx"

APPLY_METHOD = "apply.method"
APPLY_PAGE = "apply.page"
APPLY_GRID = "apply.grid"
APPLY_TABLE = "apply.table"
APPLY_REMOVE = "apply.remove"
APPLY_ADD = "apply.add"
BUNDLE_UPLOAD = "apply.bundle"
NETWORK_UPLOAD = "apply.network"


def new_images(upload_round: int) -> str:
    """Where new images are uploaded; another key in every round, which empties it."""
    return f"apply.upload.{upload_round}"


def verdict(digest: str) -> str:
    """What a person says of an image."""
    return f"apply.verdict.{digest}"


def export_method(label: str) -> str:
    """The button that exports a method."""
    return f"share.export.{label}"


SUITE_TABLE = "leaderboard.upload"
SUITE_METRIC = "leaderboard.metric"
SUITE_METHODS = "leaderboard.methods"


def uploader(role: str, upload_round: int) -> str:
    """Where files are uploaded; another key in every round, which empties it."""
    return f"images.upload.{role}.{upload_round}"


def next_step(place: str, step: str) -> str:
    """The button that does what is possible now; several pages have one."""
    return f"{place}.next.{step}"


def folder_role(folder: str) -> str:
    """The role of all images in a folder."""
    return f"images.folder.{folder}"


def mask_fix(remedy: str, upload_round: int) -> str:
    """Whether a remedy is applied to masks."""
    return f"images.fix.{remedy}.{upload_round}"


def file_roles(given: int) -> str:
    """The table of all files; another key after every role that was given."""
    return f"images.roles.{given}"


def thumbnails_page(group: str) -> str:
    """Which thumbnails are seen."""
    return f"images.page.{group}"


def canvas(purpose: str, index: int, identity: str) -> str:
    """The shapes that are drawn on an image for a purpose."""
    return f"draw.canvas.{purpose}.{index}.{identity}"


def run(place: str) -> str:
    """The button that starts the comparison; several pages have one."""
    return f"run.{place}"


def method(number: int) -> str:
    """How the keys of a method in the comparison begin."""
    return f"method.{number}"


def part_of_method(number: int, part: str) -> str:
    """A button or field of a method in the comparison."""
    return f"{method(number)}.{part}"


def preset(number: int, title: str) -> str:
    """The button that sets the parameters of a method to a preset."""
    return part_of_method(number, f"preset.{title}")


def parameter(form: str, name: str) -> str:
    """A parameter in a form."""
    return f"{form}.{name}"


def add_recommended(name: str) -> str:
    """The button that puts a recommended method into the comparison."""
    return f"recommended.{name}"


def processing(field: str) -> str:
    """A field of the post-processing of masks."""
    return f"processing.{field}"


def curve(kind: str, level: str) -> str:
    """A plot of curves, and the point that was pressed in it."""
    return f"compare.curve.{kind}.{level}"


def image_scores(label: str) -> str:
    """The plot of the image scores of a method."""
    return f"compare.scores.{label}"


def calibration(level: str) -> str:
    """The plot of found against target rates."""
    return f"calibration.{level}"


def classes(label: str, at: int) -> str:
    """A plot of how a method recognises classes."""
    return f"classes.{label}.{at}"


def separation(what: str) -> str:
    """The plot of two distances of every image."""
    return f"points.{what}"


def take_out(place: int) -> str:
    """The button that takes a normal image out of the comparison."""
    return f"normal.take_out.{place}"


def learning(area: str) -> str:
    """The plot of an area under the curve over the number of normal images."""
    return f"learning.curve.{area}"


def training(label: str, network: int) -> str:
    """The plot of the training of a network of a method."""
    return f"compare.training.{label}.{network}"


def live_training(label: str) -> str:
    """The plot of a training that runs."""
    return f"run.training.{label}"


def steps_to_add(label: str) -> str:
    """For how many steps a method is trained on."""
    return f"training.steps.{label}"


def continue_training(label: str) -> str:
    """The button that trains a method for longer."""
    return f"training.continue.{label}"


def tuning_plot(label: str, what: str) -> str:
    """A plot or table of the search of a method."""
    return f"tune.plot.{label}.{what}"


def present_images(token: str) -> str:
    """Which test images of a comparison are presented."""
    return f"present.images.{token}"


def present_caption(token: str, index: int) -> str:
    """What is said of a test image of a comparison that is presented."""
    return f"present.caption.{token}.{index}"


def cloud(label: str) -> str:
    """The plot of a patch among normal ones."""
    return f"inspect.cloud.{label}"


def forget_unless(key: str, options: Sequence[object]) -> None:
    """Let a widget take its first value when the one that it has is not offered."""
    if key in st.session_state and st.session_state[key] not in options:
        del st.session_state[key]


def forget_absent(key: str, options: Sequence[object]) -> None:
    """Let a widget for several values take its first ones when one of those it has is not offered.

    A widget that was not drawn yet has none.
    """
    if any(value not in options for value in st.session_state.get(key, ())):
        del st.session_state[key]
