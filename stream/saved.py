"""What saved state must agree on with the program that reads it, and what of an older one is read as it is."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from stream import __version__
from stream.errors import ANEW, BrokerError
from stream.kpi import Accumulator

#: Of changelog records; another version is never read as if it were this one.
STATE_VERSION = 1
#: Of the entries of indexes; one with others is built anew from its source topic. CHANGELOG.md names both.
INDEX_VERSION = 1

#: For each scope, the longest window that each advance is kept for, in seconds.
Sizes = Mapping[str, Mapping[int, int]]


def format_of(kpi: type[Accumulator], sizes: Sizes, made_with: str = "") -> dict[str, Any]:
    """What a position record says of the rows around it: who wrote them, and how they are to be read.

    `made_with` tells the key of pseudonyms among the members, where there are any, from other keys.
    """
    said = {
        "program": __version__,
        "version": STATE_VERSION,
        "fields": list(kpi.field_names()),
        "definition": kpi.definition(),
        "sizes": sizes,
    }
    return said | {"made_with": made_with} if made_with else said


def read_format(kpi: type[Accumulator], sizes: Sizes, found: Mapping[str, Any], made_with: str = "") -> list[str]:
    """How rows that were saved in one format are read in ours, a sentence for each thing that differs.

    Fields that were appended are read as zero where the KPI says that they are (`Accumulator.appended`); scopes and
    windows that are gone or shorter are passed over. Nothing else of another format would come out exact.

    Raises:
        BrokerError: if they cannot be read; with all that differs, and what to do.

    >>> from stream.kpi.nps import Nps
    >>> saved = format_of(Nps, {"all": {60: 3600, 900: 86400}}) | {"program": "0.0.1"}
    >>> saved["sizes"] = {"all": {"60": 3600, "900": 86400}}  # as JSON has it
    >>> read_format(Nps, {"all": {60: 3600}}, saved)
    ['scope all is no longer kept by 900 s']
    >>> read_format(Nps, {"all": {60: 7200, 900: 86400}}, saved)
    Traceback (most recent call last):
    stream.errors.BrokerError: the changelog of nps, written by feedback-stream 0.0.1, cannot be read by this program \
and its settings: scope all is kept by 60 s for 3600 s, not for 7200 s; ...
    """
    problems = list(_problems(kpi, sizes, found))
    if made_with and found.get("made_with", made_with) != made_with:
        problems.append("its agents are pseudonyms of another key")
    if problems:
        msg = (
            f"the changelog of {kpi.name}, written by feedback-stream {found.get('program', 'of an early version')}, "
            f"cannot be read by this program and its settings: {', and '.join(problems)}; {ANEW}"
        )
        raise BrokerError(msg)
    return list(_read_differently(kpi, sizes, found))


def whole_row(kpi: type[Accumulator], fields: Sequence[int], *, opening: bool) -> list[int]:
    """A row's fields, with zeros for those that were appended since; an opening's end with one number more.

    Raises:
        BrokerError: if there are too few or too many.

    >>> from stream.kpi.nps import Nps
    >>> whole_row(Nps, [3, 1, 2, 0], opening=False)
    [3, 1, 2, 0]
    """
    wanted, found = len(kpi.field_names()), len(fields) - opening
    if found == wanted:
        return list(fields)
    if not wanted - len(kpi.appended) <= found < wanted:
        msg = f"the changelog of {kpi.name} holds {found} fields, but this program has {wanted}; {ANEW}"
        raise BrokerError(msg)
    return [*fields[:found], *[0] * (wanted - found), *fields[found:]]


def _problems(kpi: type[Accumulator], sizes: Sizes, found: Mapping[str, Any]) -> Iterator[str]:
    if found.get("version") != STATE_VERSION:
        yield f"its format is version {found.get('version')}, not {STATE_VERSION}"
    fields, saved = list(kpi.field_names()), list(found.get("fields", []))
    if saved != fields[: len(saved)] or not kpi.appended.issuperset(fields[len(saved) :]):
        yield f"it has the fields {', '.join(saved) or 'none'}, not {', '.join(fields)}"
    if found.get("definition") != kpi.definition():
        yield f"it was counted with {found.get('definition')}, not with {kpi.definition()}"
    for scope, advances in sizes.items():
        kept = found.get("sizes", {}).get(scope, {})
        for advance, size in advances.items():
            longest = kept.get(str(advance), 0)
            if not longest:
                yield f"scope {scope} is not kept by {advance} s"
            elif longest < size:
                yield f"scope {scope} is kept by {advance} s for {longest} s, not for {size} s"


def _read_differently(kpi: type[Accumulator], sizes: Sizes, found: Mapping[str, Any]) -> Iterator[str]:
    for name in kpi.field_names()[len(found["fields"]) :]:
        yield f"field {name} is new, and zero in all that was counted before"
    for scope, kept in found["sizes"].items():
        own = sizes.get(scope, {})
        if not own:
            yield f"scope {scope} is no longer kept"
        for advance, size in kept.items() if own else ():
            if int(advance) not in own:
                yield f"scope {scope} is no longer kept by {advance} s"
            elif own[int(advance)] < size:
                yield f"scope {scope} is kept by {advance} s for {own[int(advance)]} s, no longer for {size} s"
