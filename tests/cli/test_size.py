"""`size`: figures for people and programs, and what it says of loads that cannot be."""

import json

import pytest

from .conftest import Cli

LOAD = ("--rate", "20000", "--members", "500", "--crosses", "2000", "--bytes", "350")


def test_a_load_is_sized_for_people_and_for_programs(cli: Cli) -> None:
    told, written = cli("size", *LOAD), cli("size", *LOAD, "--format", "json")
    assert (told.status, told.err, written.status, written.err) == (0, "", 0, "")
    found = json.loads(written.out)
    shown = dict(line.split(maxsplit=2)[:2] for line in told.out.splitlines() if line.strip())
    assert shown["partitions"] == str(found["partitions"])
    assert shown["series"] == f"{sum(found['series'].values()):,}"
    assert found["events_per_second"] == 60_000
    assert found["source_bytes_per_second"] == 60_000 * 350
    assert found["index_entries"] == 20_000 * 14 * 86_400


def test_options_and_settings_count(cli: Cli) -> None:
    def asked(*more: str, **settings: object) -> dict[str, float]:
        found: dict[str, float] = json.loads(cli("size", *LOAD, "--format", "json", *more, **settings).out)
        return found

    usual = asked()
    assert asked("--horizon", "7d")["index_entries"] == usual["index_entries"] / 2
    assert asked("--peak", "6")["events_per_second"] == 2 * usual["events_per_second"]
    assert asked("--partitions", "128")["partitions"] == 128
    assert asked("--windows", "24h/1h")["state_keys"] < usual["state_keys"]
    assert asked("--kpi", "nps")["state_keys"] < usual["state_keys"]
    assert asked("--headroom", "0.8")["workers"] > usual["workers"]
    assert asked(flush_interval=3)["changelog_records_per_second"] < usual["changelog_records_per_second"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--rate", "many"), "a rate is events a second above 0, such as `20000`"),
        (("--rate", "calls:5"), "topics are surveys, churn, contacts"),
        (("--rate", "5", "--kpi", "clv"), "kpi must be one that the rates feed (nps, csat, ces, enps); got 'clv'"),
        (("--rate", "5", "--rate", "orders:5", "--kpi", "nps"), "no kpi is left for the events of feedback.orders"),
        (("--rate", "5", "--crosses", "20000"), "crosses can be 10,000 at most (setting max_crosses)"),
        (("--rate", "9e4", "--partitions", "1"), "partitions are too few; got 1"),
        (("--rate", "1e12",), "not even 4,096 partitions are enough"),
        (("--rate", "5", "--horizon", "soon"), "a duration is a whole number"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said_in_a_sentence(cli: Cli, arguments: tuple[str, ...], said: str) -> None:
    ran = cli("size", "--members", "50", *arguments)
    assert ran.status == 2
    assert said in ran.err
    assert not ran.out
