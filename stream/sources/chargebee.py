"""Chargebee: customers who join, leave and come back, by their subscriptions, and paid invoices as orders."""

from decimal import Decimal
from typing import Any, ClassVar

from pydantic import Field

from stream.errors import Rejected
from stream.events.shown import shown
from stream.sources.reading import find, need, number, text, when
from stream.sources.schemes import Basic, Scheme
from stream.sources.source import Event, Headers, Options, Source

_PAYING = {"active", "in_trial", "non_renewing"}
#: Why a subscription ends that its customer has not ended.
_INVOLUNTARY = {
    "not_paid", "no_card", "fraud_review_failed", "non_compliant_eu_customer", "tax_calculation_failed",
    "currency_incompatible_with_gateway", "non_compliant_customer",
}  # fmt: skip
#: Currencies whose smallest unit is not a hundredth, by ISO 4217.
_WHOLE = {
    "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF",
    "XPF",
}  # fmt: skip
_THOUSANDTHS = {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"}


class ChargebeeOptions(Options):
    """What can be said of Chargebee."""

    own_customers: bool = Field(True, description="Whether customer ids are Chargebee's own, known to no one else.")


class Chargebee(Source):
    """Chargebee's webhook. A cancelled subscription is a customer lost, who can be reactivated.

    Whom Chargebee itself has cancelled, such as for not paying, has not left voluntarily. An invoice is an order once
    it is paid; voided or deleted, the order is cancelled. The deletion of a customer is an erasure.
    """

    name = "chargebee"
    title: ClassVar[str] = "Chargebee"
    setup: ClassVar[str] = """
    *Settings*, *Configure Chargebee*, *Webhooks*: add the address, protected by basic authentication with a user and a
    password of your own, which with `:` between them are the secret; API version 2; the events of subscriptions,
    invoices and deleted customers.
    """
    limits: ClassVar[str] = """
    Deliveries are not signed, come out of order, and up to seven times within two days. A customer with two
    subscriptions who ends one counts as lost. A partial refund leaves the order at its first amount.
    """
    auth: ClassVar[Scheme] = Basic()
    delivery: ClassVar[str] = "$.id"
    patience: ClassVar[float] = 20.0
    takes: ClassVar[type[Options]] = ChargebeeOptions

    def events(self, payload: Any, headers: Headers) -> list[Event]:
        kind, content = str(need(payload, "event_type")), find(payload, "content")
        if kind == "customer_deleted":
            customer, at = self._customer(need(content, "customer.id")), when(need(payload, "occurred_at"))
            return [self.event("erasure", {}, customer_id=customer, occurred_at=at)]
        if kind.startswith("invoice_") or kind == "payment_succeeded":
            invoice = find(content, "invoice")
            return [] if invoice is None else self._order(invoice, need(payload, "occurred_at"))
        change = _change(kind, find(content, "subscription.status"))
        return [] if change is None else [self._churn(change, payload, find(content, "subscription"))]

    def _churn(self, change: str, payload: Any, subscription: Any) -> Event:
        lost, at = change == "lost", need(payload, "occurred_at")
        cause = text(find(subscription, "cancel_reason"))
        began = find(subscription, "started_at") or find(subscription, "created_at")
        ended = find(subscription, "cancelled_at")
        customer = find(subscription, "customer_id") or need(payload, "content.customer.id")
        reason = text(find(subscription, "cancel_reason_code")) or cause
        return self.event(
            "churn", {},
            customer_id=self._customer(customer),
            change=change,
            occurred_at=when(at),
            effective_at=when({"lost": ended, "joined": began}.get(change) or at),
            voluntary=cause not in _INVOLUNTARY if lost else None,
            reason=reason[:64] if lost and reason else None,
        )  # fmt: skip

    def _order(self, invoice: Any, at: Any) -> list[Event]:
        status = find(invoice, "status")
        gone = status == "voided" or find(invoice, "deleted") is True
        if status != "paid" and not gone:
            return []
        currency = str(need(invoice, "currency_code"))
        return [
            self.event(
                "order", {},
                order_id=self.own(need(invoice, "id")),
                customer_id=self._customer(need(invoice, "customer_id")),
                occurred_at=when(need(invoice, "date")),
                updated_at=when(find(invoice, "resource_version") or find(invoice, "updated_at") or at),
                amount=_money(need(invoice, "total"), currency),
                currency=currency,
                kind="first" if find(invoice, "first_invoice") is True else "repeat",
                status="cancelled" if gone else "placed",
            )
        ]  # fmt: skip

    def _customer(self, id_: Any) -> str | None:
        return self.own(id_) if self.options.own_customers else text(id_)


def _change(kind: str, status: Any) -> str | None:
    """What an event of a subscription says of its customer, if anything.

    >>> _change("subscription_created", "future"), _change("subscription_started", "in_trial")
    (None, 'joined')
    """
    match kind:
        case "subscription_created" | "subscription_started":
            return "joined" if status in _PAYING else None  # one for later is started later
        case "subscription_cancelled":
            return "lost"
        case "subscription_reactivated":
            return "reactivated"
        case _:
            return None


def _money(cents: Any, currency: str) -> str:
    """An amount in a currency's smallest unit.

    Raises:
        Rejected: `unexpected_form`.

    >>> _money(12300, "USD"), _money(980, "JPY"), _money(1500, "KWD")
    ('123.00', '980', '1.500')
    """
    amount = number(cents)
    if not isinstance(amount, int) or isinstance(amount, bool):
        msg = f"an amount is a whole number of a currency's smallest unit; got {shown(cents)}"
        raise Rejected("unexpected_form", "total", msg)
    places = 0 if currency in _WHOLE else 3 if currency in _THOUSANDTHS else 2
    return str(Decimal(amount).scaleb(-places))
