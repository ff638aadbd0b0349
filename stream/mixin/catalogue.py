"""Every alert, for those who write rules and for those who write of them."""

from stream.mixin import drops, flow, service, targets
from stream.mixin.alert import Alert


def alerts() -> dict[str, list[Alert]]:
    """Every alert, by the group of rules that it is in.

    >>> [alert.name for alert in alerts()["feedback-workers"]][:2]
    ['FeedbackDown', 'FeedbackWorkerDown']
    """
    return {
        "feedback-workers": service.alerts(),
        "feedback-feeds": flow.alerts(),
        "feedback-experience": [*drops.alerts(), *targets.alerts()],
    }
