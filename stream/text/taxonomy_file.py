"""Reading a taxonomy's YAML, with a sentence that names the line where something is wrong in it."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import yaml

from stream.errors import SettingsError
from stream.text.lexicon import LANGUAGES
from stream.text.phrases import Phrases

_MAX_THEMES = 64
#: As long as an event's names may be.
_MAX_NAME = 64
_EXCEPT = "except"


class Entry(NamedTuple):
    """An expression of a theme: the theme's number, and whether it is what only looks like the theme."""

    theme: int
    is_exception: bool


class Reader:
    """Goes through the nodes of a file's YAML, which know their lines; `name` is the file's."""

    def __init__(self, name: str) -> None:
        self._name = name

    def read(self, text: str) -> tuple[list[str], dict[str, list[tuple[str, Entry]]]]:
        try:
            root = yaml.compose(text, Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            raise self._problem(
                line, f"this is no YAML: {error.problem}", "look at indents, colons and quotes"
            ) from None
        except yaml.YAMLError as error:
            raise self._problem(
                1, f"this is no YAML: {getattr(error, 'reason', error)}", "save it as UTF-8 text"
            ) from None
        top = dict(self._mapping(root, "the file")) if root is not None else {}
        themes = {key.value: node for key, node in self._items(root, "the file", {"themes"})} if top else {}
        if "themes" not in themes:
            raise self._problem(1, "there are no themes", "begin with `themes:`, and the themes indented below it")
        entries: dict[str, list[tuple[str, Entry]]] = {language: [] for language in LANGUAGES}
        names: list[str] = []
        for key, node in self._items(themes["themes"], "themes"):
            names.append(self._theme_name(key))
            self._theme(len(names) - 1, key, node, entries)
        if not 1 <= len(names) <= _MAX_THEMES:
            raise self._problem(1, f"there are {len(names)} themes", f"write 1 to {_MAX_THEMES}")
        return names, entries

    def _theme_name(self, key: Any) -> str:
        if len(key.value) > _MAX_NAME or not key.value.isprintable() or not key.value.strip():
            advice = f"write at most {_MAX_NAME} characters that can be printed"
            raise self._problem(_line(key), f"{key.value[:80]!r} is no name of a theme", advice)
        return str(key.value)

    def _theme(self, number: int, key: Any, node: Any, entries: dict[str, list[tuple[str, Entry]]]) -> None:
        where = f"theme {key.value!r}"
        words = 0
        for part, values in self._items(node, where, {*LANGUAGES, _EXCEPT}):
            is_exception = part.value == _EXCEPT
            languages: Iterable[str] = LANGUAGES if is_exception else (part.value,)
            for value in self._expressions(values, f"{part.value} of {where}"):
                words += not is_exception
                for language in languages:
                    entries[language].append((value, Entry(number, is_exception)))
        if not words:
            raise self._problem(_line(key), f"{where} has no words", f"list some under {' or '.join(LANGUAGES)}")

    def _expressions(self, node: Any, where: str) -> Iterator[str]:
        if not isinstance(node, yaml.SequenceNode):
            raise self._problem(
                _line(node), f"{where} is no list", "write [word, other word] or lines that begin with -"
            )
        for item in node.value:
            if not isinstance(item, yaml.ScalarNode):
                raise self._problem(
                    _line(item), f"{where} holds something that is no word", "quote what has : or # in it"
                )
            try:
                Phrases([(item.value, None)])
            except ValueError as error:
                raise self._problem(_line(item), f"{where}: {error}", "") from None
            yield item.value

    def _items(self, node: Any, where: str, allowed: set[str] | None = None) -> Iterator[tuple[Any, Any]]:
        seen: set[str] = set()
        for key, value in self._mapping(node, where):
            if allowed is not None and key.value not in allowed:
                advice = f"there may be {', '.join(sorted(allowed))}"
                raise self._problem(_line(key), f"{key.value!r} in {where} is not known", advice)
            if key.value in seen:
                raise self._problem(_line(key), f"{key.value!r} is in {where} twice", "make one of both")
            seen.add(key.value)
            yield key, value

    def _mapping(self, node: Any, where: str) -> list[tuple[Any, Any]]:
        if not isinstance(node, yaml.MappingNode):
            line = 1 if node is None else _line(node)
            raise self._problem(
                line, f"{where} must hold names with a colon", "write `name:` and what belongs to it below"
            )
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise self._problem(_line(key), f"{where} has a name that is no text", "write a word before the colon")
        return list(node.value)

    def _problem(self, line: int, what: str, advice: str) -> SettingsError:
        return SettingsError(f"taxonomy {self._name}, line {line}: {what}{'; ' if advice else ''}{advice}")


def _line(node: Any) -> int:
    return int(node.start_mark.line) + 1
