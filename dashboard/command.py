"""`anomaly-compare`: start the dashboard, run a comparison, tune methods, list what there is.

    anomaly-compare ui --port 8502
    anomaly-compare run --samples brick --methods sparse-coding
    anomaly-compare tune --samples brick --methods padim --trials 20
    anomaly-compare export COMPARISON METHOD
    anomaly-compare predict BUNDLE IMAGES --out DIR
    anomaly-compare list --backbones
    anomaly-compare export-onnx results/brick padim --out padim-onnx

It stands beside the pages since it starts them; Streamlit is imported by `ui` alone. What a command
needs is imported when it is called, so that `predict` starts at once.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from evaluation.terminal import stopped
from images.version import VERSION

PROGRAM = "anomaly-compare"
PORTS = range(1, 65536)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code: 2 for wrong arguments, 130 when stopped."""
    try:
        return _run(list(sys.argv[1:] if arguments is None else arguments))
    except KeyboardInterrupt:  # while what the command needs is imported
        return stopped()


def _run(given: list[str]) -> int:
    if given[:1] == ["predict"]:
        return _predict(given[1:])
    if given[:1] == ["export"]:
        from evaluation.bundle.export_command import export

        return export(given[1:])
    if given[:1] == ["export-onnx"]:
        from evaluation.onnx_export.command import main as export_onnx

        return export_onnx(given[1:], program=f"{PROGRAM} export-onnx")
    if given[:1] in (["run"], ["tune"]):
        from evaluation.command import main as run_comparison

        tune = given[0] == "tune"
        return run_comparison(given[1:], program=f"{PROGRAM} {given[0]}", tune=tune)
    from evaluation.listing import KINDS, listing

    parser = argparse.ArgumentParser(
        prog=PROGRAM,
        description="Compare visual anomaly detectors in the browser or from a script.",
    )
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {VERSION}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_ui(commands.add_parser("ui", help="open the dashboard"))
    commands.add_parser("run", help="compare methods on one data set or many")
    commands.add_parser("tune", help="search parameters without the test images, then compare")
    commands.add_parser("export", help="write a method of a comparison as one file")
    commands.add_parser("predict", help="score new images by an exported method")
    _add_list(commands.add_parser("list", help="list methods and what else can be named"))
    commands.add_parser("export-onnx", help="write a method of a comparison as ONNX")
    options, others = parser.parse_known_args(given)
    if options.command == "ui":
        return _open_dashboard(options, others)
    if others:
        parser.error(f"unrecognized arguments: {' '.join(others)}")
    kinds = [kind for kind in KINDS if getattr(options, kind)]
    print(listing(kinds or ["methods"]))
    return 0


def _predict(given: Sequence[str]) -> int:
    """A bundle names its network, so here as in the browser those alone are taken that whoever runs
    the machine allows."""
    from dashboard import networks
    from evaluation.bundle.command import predict

    networks.offer()
    return predict(given)


def _add_ui(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Open the dashboard. Options of `streamlit run`, such as --server.baseUrlPath, are "
        "passed on."
    )
    parser.add_argument("--port", type=_port, help="port to listen on (default: 8501)")
    parser.add_argument("--address", help="address to listen on (default: this machine only)")
    parser.add_argument(
        "--suite",
        metavar="DIR",
        help="show the results of a suite, which --out named, on the page Leaderboard",
    )


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) not in PORTS:
        raise argparse.ArgumentTypeError(
            f"{text!r}; expected a whole number from {PORTS[0]} to {PORTS[-1]}"
        )
    return int(text)


def _add_list(parser: argparse.ArgumentParser) -> None:
    from evaluation.listing import KINDS

    parser.description = "List names and titles; methods unless told otherwise."
    for kind in KINDS:
        parser.add_argument(
            f"--{kind}", action="store_true", help=f"list {KINDS[kind].title.lower()}"
        )


def _open_dashboard(options: argparse.Namespace, others: Sequence[str]) -> int:
    """Start Streamlit in this process; it ends when the server is stopped."""
    from streamlit.web import cli

    from dashboard.session.suites import VARIABLE

    if options.suite is not None:
        os.environ[VARIABLE] = options.suite
    flags = []
    if options.port is not None:
        flags += ["--server.port", str(options.port)]
    if options.address is not None:
        flags += ["--server.address", options.address]
    cli.main(["run", str(start_script()), *flags, *others], prog_name="streamlit")
    return 0


def start_script() -> Path:
    """The script that Streamlit runs, with its settings in `.streamlit` beside it.

    The build copies both into the package; in a checkout they stand at the top.
    """
    package = Path(__file__).parent
    installed = package / "start" / "app.py"
    return installed if installed.is_file() else package.parent / "app.py"
