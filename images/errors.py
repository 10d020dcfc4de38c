"""The error of everything that a person hands in."""


class ImageError(ValueError):
    """A file cannot be used; the text is one sentence that names it and what was expected.

    `name` is the name of the file as it was given.
    """

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{shown(name)} {reason}.")
        self.name = name
        self.reason = reason


def shown(name: str) -> str:
    """A name as it may stand in a sentence: one line, no control characters, of bounded length."""
    plain = "".join(
        letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in name
    )
    return plain if len(plain) <= 200 else f"{plain[:120]} ... {plain[-60:]}"
