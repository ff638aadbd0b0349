"""Shopify: orders, and the notices that customers are to be forgotten."""

from typing import Any, ClassVar

from stream.errors import Rejected
from stream.sources.reading import boolean, dimensions, find, need, number, text, when
from stream.sources.schemes import Hmac, Scheme
from stream.sources.source import Event, Headers, Source

_TOPIC = "X-Shopify-Topic"


class Shopify(Source):
    """Shopify's webhooks, told apart by a header. Orders of guests belong to no customer, and are passed over.

    `customers/redact` and `customers/delete` are erasures. What asks for more than the service can do by itself, to
    show a customer's data or to forget a whole shop, goes to the dead letters, for somebody to see to.
    """

    name = "shopify"
    title: ClassVar[str] = "Shopify"
    setup: ClassVar[str] = """
    In the app's configuration subscribe to `orders/create`, `orders/updated`, `orders/cancelled`, `customers/redact`
    and `customers/delete` with the address; the secret is the app's client secret. Without an app: *Settings*,
    *Notifications*, *Webhooks*; the secret is shown there.
    """
    limits: ClassVar[str] = """
    Shopify waits 5 s, tries 8 times within 4 hours, and then may remove the subscription. A partial refund leaves the
    order at its first amount.
    """
    auth: ClassVar[Scheme] = Hmac(header="X-Shopify-Hmac-SHA256", encoding="base64")
    delivery: ClassVar[str] = "X-Shopify-Webhook-Id"
    keeps = (_TOPIC, "X-Shopify-Triggered-At")

    def events(self, payload: Any, headers: Headers) -> list[Event]:
        match headers.get(_TOPIC, "").lower().partition("/"):
            case ("orders", _, "create" | "updated" | "paid" | "cancelled" | "fulfilled" | "partially_fulfilled"):
                return self._order(payload)
            case ("customers", _, "redact"):
                return [self._erasure(need(payload, "customer.id"), headers)]
            case ("customers", _, "delete"):
                return [self._erasure(need(payload, "id"), headers)]
            case ("customers", _, "data_request") | ("shop", _, "redact"):
                msg = f"somebody has to see to {headers[_TOPIC]}: docs/privacy.md says what is kept where"
                raise Rejected("needs_somebody", "", msg)
            case _:
                return []

    def _erasure(self, customer: Any, headers: Headers) -> Event:
        # Left out, any time will do: an erasure counts where it stands in its topics.
        at = when(headers.get("X-Shopify-Triggered-At") or 0)
        return self.event("erasure", {}, customer_id=self.own(customer), occurred_at=at)

    def _order(self, order: Any) -> list[Event]:
        customer = find(order, "customer.id")
        if customer is None:
            return []
        so_far = number(find(order, "customer.orders_count"))
        return [
            self.event(
                "order", dimensions({"channel": find(order, "source_name")}),
                order_id=self.own(need(order, "id")),
                customer_id=self.own(customer),
                occurred_at=when(need(order, "created_at")),
                updated_at=when(find(order, "updated_at")),
                amount=text(need(order, "total_price")),
                currency=text(need(order, "currency")),
                kind={0: "first", 1: "first"}.get(so_far, "repeat") if isinstance(so_far, int) else None,
                status=_status(order),
                test=boolean(find(order, "test")),
            )
        ]  # fmt: skip


def _status(order: Any) -> str:
    if find(order, "financial_status") in {"refunded", "voided"}:
        return "refunded"
    return "cancelled" if find(order, "cancelled_at") else "placed"
