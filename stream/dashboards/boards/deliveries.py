"""*Deliveries*: whether what senders post reaches Kafka, and what they only tell of is fetched."""

from collections.abc import Iterator

from grafana_foundation_sdk.models.common import StackingMode
from grafana_foundation_sdk.models.dashboard import Dashboard, Panel

from stream.dashboards.board import Row, board, listed
from stream.dashboards.boards.pipeline import quantiles
from stream.dashboards.panels import About, Query, lines

_NO_GATEWAY = "no data: does a gateway run, is a source on, and is it scraped?"
_NO_FETCH = "no data: does `fetch` run, and is it scraped?"
_SOURCE = 'source=~"$source"'


def boards() -> Iterator[Dashboard]:
    """One dashboard of the gateways' own metrics, and of what fetches."""
    source = listed(
        "source", "Source", "Senders to look at.", "label_values(feedback_gateway_requests_total, source)", many=True
    )
    yield board(
        "feedback-deliveries",
        "Deliveries",
        "What senders post to the gateway: what becomes of it, how long they wait, and what is fetched for it.",
        [Row("Gateway", [*_gateway()]), Row("Fetched", [*_fetched()])],
        variables=[source],
        since="now-3h",
    )


def _gateway() -> Iterator[Panel]:
    yield lines(
        About("Deliveries by outcome", "Deliveries a second; docs/gateway.md says what each outcome means.", "reqps",
              nothing=_NO_GATEWAY),
        [Query(_rate("feedback_gateway_requests_total", "outcome"), "{{outcome}}")], stacked=StackingMode.NORMAL,
    )  # fmt: skip
    yield lines(
        About("Deliveries by source", "Deliveries a second, by sender; `unknown` is an address that is none.", "reqps",
              nothing=_NO_GATEWAY),
        [Query(_rate("feedback_gateway_requests_total", "source"), "{{source}}")], stacked=StackingMode.NORMAL,
    )  # fmt: skip
    yield lines(
        About("Time to the answer", "From a delivery's headers to its answer, which comes once Kafka has the events: "
              "half, 95 % and 99 % are faster. Senders give up after some seconds.", "s", nothing=_NO_GATEWAY),
        quantiles(f"feedback_gateway_seconds_bucket{{{_SOURCE}}}"),
    )  # fmt: skip
    yield lines(
        About("Events sent on", "Events a second that Kafka has acknowledged, by sender.", "cps", nothing=_NO_GATEWAY),
        [Query(_rate("feedback_gateway_events_total", "source"), "{{source}}")],
    )  # fmt: skip
    yield lines(
        About("Held in memory", "Bytes of deliveries that wait for Kafka; new ones are refused where it is full.",
              "bytes", nothing=_NO_GATEWAY),
        [Query("sum by (instance) (feedback_gateway_pending_bytes)", "{{instance}}")],
    )  # fmt: skip
    yield lines(
        About("Kafka away", "1 while Kafka owes a gateway acknowledgements: it answers 503 then.", "short",
              nothing=_NO_GATEWAY),
        [Query("max by (instance) (feedback_gateway_kafka_away)", "{{instance}}")],
    )  # fmt: skip


def _fetched() -> Iterator[Panel]:
    yield lines(
        About("Notifications by outcome", "Notifications a second: fetched, to be tried later, given up or rejected; "
              "the last two are dead letters.", "cps", nothing=_NO_FETCH),
        [Query(_rate("feedback_fetch_notifications_total", "outcome"), "{{outcome}}")], stacked=StackingMode.NORMAL,
    )  # fmt: skip
    yield lines(
        About("Requests to APIs", "Requests a second by HTTP status; `none` is no answer.", "reqps",
              nothing="no requests, or no data"),
        [Query(_rate("feedback_fetch_requests_total", "status"), "{{status}}")], stacked=StackingMode.NORMAL,
    )  # fmt: skip
    yield lines(
        About("Notifications that wait", "How many are to be fetched, now or later.", "short", nothing=_NO_FETCH),
        [Query("sum by (topic) (feedback_fetch_lag_records)", "{{topic}}")],
    )  # fmt: skip
    yield lines(
        About("The oldest that cannot be fetched", "For how long what an API refuses, or allows too few requests for, "
              "has waited.", "s", nothing="all can be fetched, or nothing is fetched here"),
        [Query(f"time() - min by (source) (feedback_fetch_oldest_timestamp_seconds{{{_SOURCE}}})", "{{source}}")],
    )  # fmt: skip


def _rate(counter: str, by: str) -> str:
    return f"sum by ({by}) (rate({counter}{{{_SOURCE}}}[$__rate_interval]))"
