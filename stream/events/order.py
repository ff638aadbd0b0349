"""Orders, with money as decimals."""

import re
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from stream.events.base import Event, Key, Observation
from stream.events.shown import shown
from stream.events.times import EventTime

#: `Decimal` itself would also read `1_000`, `1e5` and blanks.
_MONEY = r"[+-]?[0-9]+(\.[0-9]+)?"


def _money(text: Any) -> Decimal:
    if not isinstance(text, str) or re.fullmatch(_MONEY, text) is None:
        message = 'an amount is a decimal as a string, such as "12.50"; got {given}'
        raise PydanticCustomError("invalid_amount", message, {"given": shown(text)})
    return Decimal(text)


Money = Annotated[Decimal, BeforeValidator(_money), WithJsonSchema({"type": "string", "pattern": f"^{_MONEY}$"})]


class Order(Event):
    """An order, or a later state of it.

    >>> Order.read('{"order_id":"o1","customer_id":"c1","occurred_at":"2026-03-01T09:30:00Z",'
    ...            '"amount":"12.50","currency":"EUR"}').amount
    Decimal('12.50')
    """

    name: ClassVar[str] = "order"
    topic: ClassVar[str] = "feedback.orders"
    mark: ClassVar[str] = "order_id"
    key: ClassVar[str] = "customer_id"

    type: Literal["order"] = "order"
    order_id: Key
    customer_id: Key
    occurred_at: EventTime
    amount: Money
    currency: Annotated[str, StringConstraints(strict=True, pattern=r"^[A-Z]{3}$")]
    kind: Literal["first", "repeat", "upsell", "cross_sell"] | None = None
    status: Literal["placed", "cancelled", "refunded"] = "placed"
    test: bool = False
    updated_at: EventTime | None = None

    def observe(self) -> Observation:
        return self._versioned(self.order_id, self.occurred_at, self.updated_at, self.customer_id)
