"""Copies the script that Streamlit runs, and its settings, into the package.

In a checkout both stand at the top, where `streamlit run app.py` looks for them. All else about
the package is in pyproject.toml.
"""

from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

STARTED = ("app.py", ".streamlit/config.toml")


class BuildWithStart(build_py):
    """Copies the start of the dashboard to `dashboard/start/`, where the command finds it."""

    def run(self) -> None:
        """Build as ever, then copy; an editable install takes both from the checkout."""
        super().run()
        if not self.editable_mode:
            for name in STARTED:
                target = Path(self.build_lib, "dashboard", "start", name)
                self.mkpath(str(target.parent))
                self.copy_file(name, str(target))


setup(cmdclass={"build_py": BuildWithStart})
