"""Alertmanager: who is told of what, what is told together, and what is kept quiet while something worse is known."""

from typing import Any

from stream.mixin.config import Severity

#: Receivers by severity: their names, how long to wait for alerts that belong together, when to say it again.
_ROUTES: dict[Severity, dict[str, Any]] = {
    # One incident rings once, however many of its alerts fire.
    "page": {"receiver": "on-call", "group_by": ["severity"], "group_wait": "10s", "repeat_interval": "1h"},
    "ticket": {"receiver": "engineers", "group_by": ["alertname", "topic"], "repeat_interval": "1d"},
    # A drop is found for all customers and for its members within minutes: one message tells of them together.
    # What a long incident adds to it, member by member, is news twice an hour.
    "inform": {
        "receiver": "experience",
        "group_by": ["alertname"],
        "group_wait": "2m",
        "group_interval": "30m",
        "repeat_interval": "1d",
    },
}

_OURS = 'alertname=~"Feedback.+"'

_INHIBITIONS = [
    # Without workers, everything else that is said of the service follows from that, except of gateways
    # and of what fetches.
    {
        "source_matchers": ['alertname="FeedbackDown"'],
        "target_matchers": [_OURS, 'alertname!~"Feedback(Gateway|Fetch).+"', 'severity=~"page|ticket"'],
    },
    # While the service does not count, a score that moves or stays is no news about customers.
    {"source_matchers": [_OURS, 'severity="page"'], "target_matchers": [_OURS, 'severity="inform"']},
    # Nothing is also far less than usual.
    {
        "source_matchers": ['alertname=~"Feedback.+Silent"'],
        "target_matchers": ['alertname="FeedbackVolumeCollapsed"'],
        "equal": ["topic"],
    },
]

_SECRETS = "/etc/alertmanager/secrets"
#: What was said is said again when it is over: the message before may be a week old.
_TITLE = '{{ if eq .Status "resolved" }}Over: {{ end }}{{ .CommonAnnotations.summary }}'
_TEXT = """\
{{ range .Alerts.Firing }}• {{ .Annotations.description }}
{{ end }}{{ range .Alerts.Resolved }}\
• Over since {{ .EndsAt.UTC.Format "2 Jan 15:04" }} UTC; it was: {{ .Annotations.description }}
{{ end }}<{{ .CommonAnnotations.dashboard_url }}|Dashboard>, <{{ .CommonAnnotations.runbook_url }}|what to do>\
"""

#: What a receiver is told by. Secrets are files, so that this one can be read by anybody.
_EXAMPLES: dict[str, Any] = {
    "on-call": {
        "webhook_configs": [
            {
                "url": "https://pager.example.org/alerts",
                "http_config": {"authorization": {"credentials_file": f"{_SECRETS}/pager-token"}},
            }
        ]
    },
    "engineers": {"email_configs": [{"to": "engineers@example.org", "send_resolved": True}]},
    "experience": {
        "slack_configs": [
            {
                "api_url_file": f"{_SECRETS}/slack-url",
                "channel": "#customer-experience",
                "send_resolved": True,
                "title": _TITLE,
                "title_link": "{{ .CommonAnnotations.dashboard_url }}",
                "text": _TEXT,
            }
        ]
    },
}
_MAIL = {
    "smtp_smarthost": "mail.example.org:587",
    "smtp_from": "alerts@example.org",
    "smtp_auth_username": "alerts@example.org",
    "smtp_auth_password_file": f"{_SECRETS}/smtp-password",
}


def routed(*, example: bool) -> dict[str, Any]:
    """The configuration: with receivers that show alerts on Alertmanager's page only, or that tell people as well."""
    return ({"global": _MAIL} if example else {}) | {
        "route": {
            # What nobody has given a severity must not get lost.
            "receiver": "engineers",
            "group_by": ["alertname"],
            "group_wait": "30s",
            "group_interval": "5m",
            "repeat_interval": "1d",
            "routes": [
                {"matchers": [f'severity="{severity}"']} | route for severity, route in _ROUTES.items()
            ],
        },
        "inhibit_rules": _INHIBITIONS,
        "receivers": [{"name": name} | (told if example else {}) for name, told in _EXAMPLES.items()],
    }  # fmt: skip
