"""A value as messages show it: short, however long or deep it is."""

from reprlib import Repr
from typing import Any

_repr = Repr()
_repr.maxstring = 80


def shown(value: Any) -> str:
    """The value as Python writes it, shortened; `repr` itself fails on a thousand lists in one another.

    >>> shown("9"), shown([[[[[[[["9"]]]]]]]])
    ("'9'", '[[[[[[...]]]]]]')
    """
    return _repr.repr(value)
