"""Alerts on the gateway: that it is there, and that senders get through."""

from stream.mixin import config
from stream.mixin.alert import Alert, Example
from stream.mixin.down import down

_REQUESTS = 'feedback_gateway_requests_total{{source="{}",outcome="{}"}}'
#: Deliveries that were turned away, or put aside, because of what they are.
_BAD = 'feedback_gateway_requests_total{outcome=~"unauthenticated|replayed|rejected|invalid",source!="unknown"}[15m]'
_ALL = 'feedback_gateway_requests_total{source!="unknown"}[15m]'


def alerts() -> list[Alert]:
    """In the order in which one would look."""
    return [gone(), refuses()]


def gone() -> Alert:
    """Nobody takes deliveries, where somebody did within a day."""
    minutes = int(config.DOWN_MINUTES.value)
    return down(
        config.GATEWAY_JOB, 8421, minutes,
        known=True,
        name="FeedbackGatewayDown",
        severity="page",
        summary="No gateway answers",
        description=f"No gateway has answered for {minutes} minutes: senders get no answer, and some of them give up "
        "within 4 hours.",
        why="A restart takes seconds. Senders try again for hours or days, then their deliveries are gone.",
        steps="""
            Are gateways running? `docker compose ps gateway`, or `kubectl get pods`. The last line of the
            log of one that has ended says why; status 2 means that a setting, a secret or the file of
            sources cannot be used.

            While Kafka is away a gateway runs, answers 503 and is not ready: that is no case of this alert,
            see [FeedbackDown](#feedbackdown).

            Afterwards look at each sender's own list of failed deliveries, and let it send them again: what
            had arrived counts once.
        """,
        says=f"No gateway has answered for {minutes} minutes: senders get no answer, and some of them give up within 4 "
        "hours.",
    )  # fmt: skip


def refuses() -> Alert:
    """A share of a sender's deliveries is not what it should be."""
    return Alert(
        name="FeedbackGatewayRefuses",
        severity="ticket",
        wait="5m",
        expr=f"sum by (source) (increase({_BAD})) >= {config.REJECTED_RECORDS.value:g}\n"
        f"and sum by (source) (increase({_BAD})) / sum by (source) (increase({_ALL}))"
        f" > {config.REJECTED_SHARE.value:g}",
        summary="Deliveries of {{ $labels.source }} are refused, or put aside",
        description='{{ $value | printf "%.0f" }} deliveries of {{ $labels.source }} within 15 minutes were not '
        "authentic, came too late, or could not be read.",
        why=f"{config.REJECTED_SHARE.why} {config.REJECTED_RECORDS.why}",
        steps="""
            `feedback_gateway_requests_total` says by its outcome which it is.

            `unauthenticated`: the sender's secret was changed, or somebody else tries. Put the new secret
            beside the old one ([Gateway](gateway.md#secrets)), and restart the gateways.

            `replayed`: clocks differ by more than five minutes; `feedback-stream doctor` looks at ours.

            `rejected`: the sender's form has changed. `feedback-stream dead-letters list --topic
            /in/SOURCE` shows the reasons; the sender was told that all is well, so nothing comes again.

            `invalid`: a program of yours sends events that are none; its answers say what is wrong.
        """,
        dashboard=config.PIPELINE,
        fires=Example(
            {
                _REQUESTS.format("typeform", "accepted"): "0+90x60",
                _REQUESTS.format("typeform", "rejected"): "0+6x60",
                _REQUESTS.format("typeform", "unauthenticated"): "0+4x60",
            },
            at="30m",
            labels={"source": "typeform"},
            says="150 deliveries of typeform within 15 minutes were not authentic, came too late, or could not be "
            "read.",
        ),
        # Strangers who try every address, and one bad delivery in a quiet quarter of an hour.
        quiet=Example(
            {
                _REQUESTS.format("unknown", "invalid"): "0+100x60",
                _REQUESTS.format("typeform", "rejected"): "0+0x20 1+0x40",
            },
            at="25m",
        ),
    )
