"""`python -m evaluation` is `evaluation.command`, which takes a second to be imported."""

import sys

from evaluation.terminal import stopped


def main() -> int:
    """Run the command line; returns the exit code."""
    try:
        from evaluation.command import main as run_comparison

        return run_comparison()
    except KeyboardInterrupt:
        return stopped()


if __name__ == "__main__":
    sys.exit(main())
