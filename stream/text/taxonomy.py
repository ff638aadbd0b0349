"""The themes that comments are looked through for: a YAML file that its users edit."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from importlib.resources import files
from pathlib import Path

from stream.errors import SettingsError
from stream.text.phrases import Match, Phrases
from stream.text.taxonomy_file import Entry, Reader


class Taxonomy:
    """Themes, in their order, and where a text speaks of them.

    >>> taxonomy = Taxonomy.parse('''
    ... themes:
    ...   price:
    ...     en: [price*, too expensive]
    ...     except: [price list]
    ... ''', "example")
    >>> taxonomy.themes
    ('price',)
    >>> [(taxonomy.themes[match.value], match.start) for match in taxonomy.find("the prices rise".split(), "en")]
    [('price', 1)]
    >>> list(taxonomy.find("the price list".split(), "en"))
    []
    """

    def __init__(self, themes: Sequence[str], entries: Mapping[str, Sequence[tuple[str, Entry]]]) -> None:
        self.themes = tuple(themes)
        self._entries = entries

    @cached_property
    def _phrases(self) -> dict[str | None, Phrases[Entry]]:
        return {None: Phrases(()), **{language: Phrases(entries) for language, entries in self._entries.items()}}

    @classmethod
    def load(cls, path: str = "") -> "Taxonomy":
        """The taxonomy in a file, or the default one.

        Raises:
            SettingsError: if it cannot be used; with the file, the line, what is wrong there, and what to do.
        """
        if not path:
            return cls.parse(
                files("stream.text").joinpath("taxonomy.yaml").read_text(encoding="utf-8"), "taxonomy.yaml"
            )
        try:
            return cls.parse(Path(path).read_text(encoding="utf-8"), path)
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not UTF-8"
            msg = f"the taxonomy {path} (setting taxonomy) cannot be read: {reason}"
            raise SettingsError(msg) from None

    @classmethod
    def parse(cls, text: str, name: str) -> "Taxonomy":
        """Likewise from a file's text."""
        return cls(*Reader(name).read(text))

    def find(self, text: Sequence[str], language: str | None) -> Iterator[Match[int]]:
        """Every place that speaks of a theme, by the theme's number."""
        found = list(self._phrases[language].all(text))
        hidden = {(value.theme, at) for start, end, value in found if value.is_exception for at in range(start, end)}
        for start, end, (theme, is_exception) in found:
            if not is_exception and not all((theme, at) in hidden for at in range(start, end)):
                yield Match(start, end, theme)
