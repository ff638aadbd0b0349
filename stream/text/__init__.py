"""What customers write: language, sentiment and themes of comments, and the stage that makes verbatims of them."""

from importlib.util import find_spec

from stream.errors import FeedbackError

_NEEDED = ("py3langid", "yaml")


def is_installed() -> bool:
    """Whether the extra `text` is installed."""
    return all(find_spec(module) is not None for module in _NEEDED)


def require(what: str) -> None:
    """Go on only with the extra `text`.

    Raises:
        FeedbackError: if it is not installed; with the command that installs it.
    """
    if not is_installed():
        msg = f"{what} needs the extra `text`: pip install 'feedback-stream[text]'"
        raise FeedbackError(msg)
