"""Numbers that point to a person: what they look like, and whether one is valid.

Only imported where a text may hold one: the libraries' tables take a moment to load.
"""

import re
from collections.abc import Callable

import phonenumbers
from stdnum import iban, luhn
from stdnum.be import nn
from stdnum.ch import ssn as ahv
from stdnum.de import idnr
from stdnum.es import dni, nie
from stdnum.fr import nir
from stdnum.it import codicefiscale
from stdnum.us import ssn

#: People group digits with one of these, or with none.
_GAP = r"[\s.\-‐‑‒–/·]?"
_START = r"(?<![^\W_])"


def _looks(pattern: str) -> re.Pattern[str]:
    return re.compile(_START + pattern.replace("~", _GAP), re.IGNORECASE)


def compact(text: str) -> str:
    """Letters and digits alone, in capitals, digits of any script as 0 to 9.

    >>> compact("fr76-3000 ٦")
    'FR7630006'
    """
    return "".join(str(int(char)) if char.isdecimal() else char.upper() for char in text if char.isalnum())


def _valid(check: Callable[[str], bool]) -> Callable[[str], bool]:
    return lambda text: check(compact(text))


#: First digits and lengths of the cards that are in use: Visa, Mastercard, American Express, Discover, Diners, JCB,
#: UnionPay, Maestro.
_CARDS = re.compile(
    r"4\d{12}(\d{3}){0,2}|(5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}|3[47]\d{13}"
    r"|(6011|64[4-9]\d|65\d\d)\d{12,15}|3(0[0-5]|09|[689]\d)\d{11,16}|35\d{14,17}|62\d{14,17}|(50|5[6-9]|6\d)\d{10,17}"
)
#: By the rules for letters of the United Kingdom's tax office; it has no checksum.
_NINO = re.compile(r"(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]\d{6}[A-D]")


def _is_card(digits: str) -> bool:
    return _CARDS.fullmatch(digits) is not None and luhn.is_valid(digits)


def _is_nino(text: str) -> bool:
    return _NINO.fullmatch(text) is not None


#: Where two share it, letters take the place of digits.
_CODICE_FISCALE = r"[A-Z](?:~[A-Z]){5}(?:~#){2}~[A-EHLMPRST](?:~#){2}~[A-Z](?:~#){3}~[A-Z]".replace("#", "[0-9L-NP-V]")

#: Mark, what it looks like (`~` is a gap), and whether it is one.
KINDS: tuple[tuple[str, re.Pattern[str], Callable[[str], bool]], ...] = (
    ("[iban]", _looks(r"[A-Z]~[A-Z]~\d~\d(?:~[A-Z\d]){11,30}"), _valid(iban.is_valid)),
    ("[card]", _looks(r"[2-6](?:~\d){11,18}"), _valid(_is_card)),
    ("[id]", _looks(r"[1-8](?:~[\dAB]){14}"), _valid(nir.is_valid)),  # France
    ("[id]", _looks(r"7~5~6(?:~\d){10}"), _valid(ahv.is_valid)),  # Switzerland
    ("[id]", _looks(_CODICE_FISCALE), _valid(codicefiscale.is_valid)),  # Italy
    ("[id]", _looks(r"[A-Z]~[A-Z](?:~\d){6}~[A-D]"), _valid(_is_nino)),  # United Kingdom
    ("[id]", _looks(r"\d(?:~\d){7}~[A-Z]"), _valid(dni.is_valid)),  # Spain
    ("[id]", _looks(r"[XYZ](?:~\d){7}~[A-Z]"), _valid(nie.is_valid)),  # Spain, foreigners
    ("[id]", _looks(r"[1-9](?:~\d){10}"), _valid(idnr.is_valid)),  # Germany
    ("[id]", _looks(r"\d(?:~\d){10}"), _valid(nn.is_valid)),  # Belgium
    # Nine digits in a row are more often something else.
    ("[id]", _looks(r"\d{3}[\s\-‐‑–]\d\d[\s\-‐‑–]\d{4}"), _valid(ssn.is_valid)),  # United States
)

PHONE = re.compile(r"(?<![^\W_])(?<!\+)[(+]{0,2}\d(?:[\s().\-‐‑‒–/·]{0,3}\d){6,16}")
_DATE = re.compile(r"(?<!\d)(19|20)\d\d-[01]\d-[0-3]\d(?!\d)")


def is_phone(text: str, region: str) -> bool:
    """Whether it is a valid phone number, with a country's code or as it is dialled in the region.

    >>> is_phone("06 12 34 56 78", "FR"), is_phone("+49 30 901820", "FR"), is_phone("2026-03-01 09", "US")
    (True, True, False)
    """
    if _DATE.search(text):
        return False
    digits, code = compact(text), str(phonenumbers.country_code_for_region(region))
    # Where numbers are dialled with a 0 first, a number without it is something else.
    trunk = phonenumbers.ndd_prefix_for_region(region, True) or ""
    if trunk == "0" and "+" not in text and not digits.startswith(("0", code)):
        return False
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse("+" * ("+" in text) + digits, region))
    except phonenumbers.NumberParseException:
        return False
