"""Orders, with money as decimals."""

import re
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BeforeValidator, StringConstraints, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from stream.events.base import UNKNOWN, Event, Key, Observation
from stream.events.shown import shown
from stream.events.times import EventTime
from stream.histories.orders import OrderFacts
from stream.money import MAX_AMOUNT, smallest

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

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.amount.copy_abs() > MAX_AMOUNT or abs(smallest(self.amount, self.currency)) > MAX_AMOUNT:
            message = "an amount is at most {limit} of the currency's smallest unit; got {given}"
            context = {"limit": MAX_AMOUNT, "given": shown(str(self.amount)), "field": "amount"}
            raise PydanticCustomError("out_of_range", message, context)
        return self

    def observe(self) -> Observation:
        facts = OrderFacts(
            self.order_id,
            smallest(self.amount, self.currency),
            self.kind or UNKNOWN,
            self.status == "placed" and not self.test,
            self.currency,
        )
        return self._of_history("", facts, self.occurred_at, self.updated_at, self.customer_id)
