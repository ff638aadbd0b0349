"""Stripe: customers who join and leave, by their subscriptions."""

from typing import Any, ClassVar

from pydantic import Field

from stream.sources.reading import find, need, text, when
from stream.sources.schemes import Hmac, Scheme
from stream.sources.source import Event, Headers, Options, Source

_PAYING = {"active", "trialing"}


class StripeOptions(Options):
    """What can be said of Stripe."""

    test: bool = Field(False, description="Whether what happens in test mode counts.")


class Stripe(Source):
    """Stripe's webhook. A subscription's end is a customer lost when it ended, not when the end was asked for.

    A cancellation that was not asked for (failed or disputed payments) is not voluntary. The deletion of a customer is
    an erasure.
    """

    name = "stripe"
    title: ClassVar[str] = "Stripe"
    setup: ClassVar[str] = """
    *Workbench*, *Webhooks*: create an event destination with the address, the payload *snapshot* and the events
    `customer.subscription.created`, `.updated`, `.deleted` and `customer.deleted`. The secret is the
    destination's *signing secret*, which begins with `whsec_`.
    """
    limits: ClassVar[str] = """
    A customer with two subscriptions who ends one counts as lost. The order of events is not kept. Test mode is passed
    over, unless `test` says otherwise.
    """
    auth: ClassVar[Scheme] = Hmac(
        header="Stripe-Signature", separator=",", prefix="v1=", timestamp_prefix="t=", signed="{timestamp}.{body}"
    )
    delivery: ClassVar[str] = "$.id"
    takes: ClassVar[type[Options]] = StripeOptions

    def events(self, payload: Any, headers: Headers) -> list[Event]:
        if find(payload, "livemode") is False and not self.options.test:
            return []
        kind, thing = need(payload, "type"), find(payload, "data.object")
        if kind == "customer.deleted":
            at = when(need(payload, "created"))
            return [self.event("erasure", {}, customer_id=self.own(need(thing, "id")), occurred_at=at)]
        change = _change(kind, find(thing, "status"), find(payload, "data.previous_attributes.status"))
        return [] if change is None else [self._churn(change, payload, thing)]

    def _churn(self, change: str, payload: Any, thing: Any) -> Event:
        lost, at = change == "lost", need(payload, "created")
        began = find(thing, "start_date") or find(thing, "created")
        ended = find(thing, "ended_at") or find(thing, "canceled_at")
        reason = text(find(thing, "cancellation_details.reason"))
        feedback = text(find(thing, "cancellation_details.feedback"))
        return self.event(
            "churn", {},
            customer_id=self.own(find(thing, "customer.id") or need(thing, "customer")),
            change=change,
            occurred_at=when(at),
            effective_at=when({"lost": ended, "joined": began}.get(change) or at),
            voluntary=reason == "cancellation_requested" if lost and reason else None,
            reason=feedback or reason if lost else None,
        )  # fmt: skip


def _change(kind: str, status: Any, before: Any) -> str | None:
    """What an event of a subscription says of its customer, if anything.

    >>> _change("customer.subscription.updated", "active", "incomplete")
    'joined'
    """
    match kind:
        case "customer.subscription.created":
            return "joined" if status in _PAYING else None  # else its first payment is still open
        case "customer.subscription.updated":
            return "joined" if status in _PAYING and before == "incomplete" else None
        case "customer.subscription.deleted":
            return "lost"
        case _:
            return None
