"""The pages in the order of the way through them; a page's module is imported when it is opened."""

import importlib
from dataclasses import dataclass

import streamlit as st

from dashboard.errors import guarded


@dataclass(frozen=True)
class PageEntry:
    """A page by the module that draws it."""

    module: str
    title: str
    icon: str
    address: str

    def page(self) -> st.Page:
        """The page as Streamlit takes it."""

        def draw() -> None:
            importlib.import_module(f"dashboard.pages.{self.module}").show()

        return st.Page(
            guarded(draw),
            title=self.title,
            icon=f":material/{self.icon}:",
            url_path=self.address,
            default=self is PAGES[0],
        )


IMAGES = PageEntry("images", "Images", "image", "images")
METHODS = PageEntry("methods", "Methods", "tune", "methods")
TUNE = PageEntry("tune", "Tune", "manage_search", "tune")
COMPARE = PageEntry("compare", "Compare", "compare", "compare")
INSPECT = PageEntry("inspect", "Inspect", "frame_inspect", "inspect")
PRESENT = PageEntry("present", "Present", "slideshow", "present")
SHARE = PageEntry("share", "Share", "ios_share", "share")
APPLY = PageEntry("apply", "Apply", "fact_check", "apply")
LEADERBOARD = PageEntry("leaderboard", "Leaderboard", "leaderboard", "leaderboard")
PAGES = (IMAGES, METHODS, TUNE, COMPARE, INSPECT, PRESENT, SHARE, APPLY, LEADERBOARD)


def switch_to(entry: PageEntry) -> None:
    """Open a page."""
    st.switch_page(entry.page())
