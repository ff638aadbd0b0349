"""What can go wrong, as a tree.

FeedbackError
├── Rejected            one record cannot be read; it goes to the dead letters with this reason
├── SettingsError       a setting cannot be used
├── BrokerError         the broker is away, or holds something this program must not touch
│   └── AccessError     it is there, and refuses this client
└── FencedError         this process may no longer write what it holds
"""

#: What to do where saved tables cannot be used.
ANEW = "`feedback-stream rebuild` counts everything anew from the source topics (docs/upgrade.md)"


class FeedbackError(Exception):
    """Base of the errors that are shown to a person as one sentence."""


class Rejected(FeedbackError):  # noqa: N818  a verdict on a record, not a fault of the program
    """A record that cannot be counted: `reason` for programs, `field` and the message for people.

    >>> error = Rejected("out_of_range", "score", "score must be 0 to 10; got 11")
    >>> error.reason, error.field, str(error)
    ('out_of_range', 'score', 'score must be 0 to 10; got 11')
    """

    def __init__(self, reason: str, field: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.field = field


class SettingsError(FeedbackError, ValueError):
    """A setting whose value cannot be used; the message names it, its value and what is allowed."""


class BrokerError(FeedbackError):
    """The broker cannot be reached, or a topic is not as it must be."""


class AccessError(BrokerError):
    """The broker refuses credentials, a certificate or a right, or shows a certificate that is not trusted."""


class FencedError(FeedbackError):
    """The partitions that this process holds may be another worker's by now."""
