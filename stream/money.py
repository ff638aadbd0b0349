"""Amounts of money as whole numbers of a currency's smallest unit."""

from decimal import ROUND_HALF_EVEN, Decimal

#: Decimals of the currencies that do not have two, as ISO 4217 lists them.
_DECIMALS = {
    **dict.fromkeys({"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND"}, 0),
    **dict.fromkeys({"VUV", "XAF", "XOF", "XPF"}, 0),
    **dict.fromkeys({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"}, 3),
    **dict.fromkeys({"CLF", "UYW"}, 4),
}

#: Of one order, in smallest units: beyond it sums would not fit into 64 bits.
MAX_AMOUNT = 10**12


def per_unit(currency: str) -> int:
    """How many of its smallest units a currency's unit has.

    >>> per_unit("EUR"), per_unit("JPY"), per_unit("KWD")
    (100, 1, 1000)
    """
    return int(10 ** _DECIMALS.get(currency, 2))


def smallest(amount: Decimal, currency: str) -> int:
    """An amount in the currency's smallest unit; what is less than that is rounded, half to even.

    >>> smallest(Decimal("12.50"), "EUR"), smallest(Decimal("1200"), "JPY")
    (1250, 1200)
    """
    return int((amount * per_unit(currency)).quantize(Decimal(1), ROUND_HALF_EVEN))
