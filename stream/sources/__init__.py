"""The catalogue of sources: every file here that defines a `Source` with a name is one, found by looking."""

from importlib import import_module
from pkgutil import iter_modules

from stream.sources.source import Event, Headers, Options, Question, Source


def _catalogue() -> dict[str, type[Source]]:
    modules = [import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)]
    found = [
        source
        for module in modules
        for source in vars(module).values()
        if isinstance(source, type) and issubclass(source, Source) and source.__module__ == module.__name__
    ]
    return {source.name: source for source in found if hasattr(source, "name")}


#: Every source by its name.
CATALOGUE: dict[str, type[Source]] = _catalogue()

__all__ = ["CATALOGUE", "Event", "Headers", "Options", "Question", "Source"]
