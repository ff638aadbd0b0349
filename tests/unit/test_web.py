"""The pages of the service: what they show, to whom, and when."""

import json
import re
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from faust.types import TP
from prometheus_client import CollectorRegistry
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_text

from stream import __version__
from stream.drops.alerts import Alert, Chart
from stream.drops.detector import Standing
from stream.drops.explain import Part
from stream.errors import FeedbackError
from stream.events.times import isoformat
from tests.unit.engines import NOW, SURVEYS, survey
from tests.unit.site import Site, running


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with running(Site()) as site:
        site.answer(
            survey("a", 10, 3_000, channel="phone", team="north, by the sea"),
            survey("b", 9, 3_010, channel="phone", team="south"),
            survey("c", 0, 3_020, channel="chat"),
            survey("d", 5, 3_030, kpi="csat", channel="chat"),
        )
        yield site


def at(site: Site, seconds: float) -> None:
    site.clock.at = NOW + seconds


async def test_the_api_shows_every_score_of_one_moment(site: Site) -> None:
    rows = await site.scores()
    assert {row["as_of"] for row in rows} == {"2026-03-01T10:00:00Z"}
    assert {(row["kpi"], row["window"]) for row in rows} == {
        (kpi, window) for kpi in ("nps", "csat", "csat_mean") for window in ("1h", "24h")
    }
    (row,) = await site.scores("?kpi=nps&window=1h&scope=all")
    assert (row["n"], row["suppressed"], row["fields"]["promoters"]) == (3, False, 2)
    assert row["value"] == pytest.approx(100 / 3)


async def test_withheld_scores_are_null(site: Site) -> None:
    (row,) = await site.scores("?kpi=nps&window=1h&scope=channel&member=chat")
    assert (row["value"], row["lower"], row["upper"], row["n"], row["suppressed"]) == (None, None, None, 1, True)


@pytest.mark.parametrize(
    ("query", "members"),
    [
        ("scope=channel", {"phone", "chat"}),
        ("scope=channel&member=phone", {"phone"}),
        ("scope=channel&scope=all", {"phone", "chat", "all"}),
        ("scope=channel,all", {"phone", "chat", "all"}),
        ("member=phone&member=chat", {"phone", "chat"}),
        ("member=north, by the sea", {"north, by the sea"}),
        ("scope=", {"phone", "chat", "all", "unknown", "north, by the sea", "south"}),
        ("scope=shop", set()),
        ("kpi=NPS", set()),
    ],
    ids=lambda value: value if isinstance(value, str) else "",  # a set has another order in each process
)
async def test_the_api_can_be_narrowed(site: Site, query: str, members: set[str]) -> None:
    rows = await site.scores("?window=1h&" + query)
    assert {row["member"] for row in rows} == members


@pytest.mark.parametrize(
    ("accept", "read"),
    [("text/plain", read_text), ("application/openmetrics-text;version=1.0.0", read_openmetrics)],
    ids=["text", "openmetrics"],
)
async def test_metrics_can_be_read_in_both_formats(site: Site, accept: str, read: Callable[[str], Any]) -> None:
    status, kind, text = await site.get("/metrics", Accept=accept)
    assert (status, kind) == (200, accept.partition(";")[0])
    families = list(read(text))
    assert len({family.name for family in families}) == len(families)
    samples = {
        (sample.name, *sorted(sample.labels.items())): sample.value for family in families for sample in family.samples
    }
    labels = ("member", "all"), ("scope", "all"), ("window", "1h")
    assert samples["feedback_nps_score", *labels] == pytest.approx(100 / 3)
    assert samples["feedback_nps_sample_size", *labels] == 3
    assert samples["feedback_events_total", ("outcome", "accepted"), ("topic", SURVEYS)] == 4
    slice_ = ("channel", "phone"), ("segment", "unknown"), ("touchpoint", "unknown"), ("window", "24h")
    assert samples["feedback_nps_promoters", *slice_] == 2


async def test_metrics_hold_the_sample_but_not_the_score_where_it_is_withheld(site: Site) -> None:
    _, _, text = await site.get("/metrics")
    chat = 'member="chat",scope="channel",window="1h"'
    assert f"feedback_nps_sample_size{{{chat}}} 1.0" in text
    assert f"feedback_nps_score{{{chat}}}" not in text
    assert "feedback_ces_score{" not in text


async def test_scores_move_with_the_clock(site: Site) -> None:
    assert len(await site.scores("?window=1h")) > 0
    at(site, 3_600)
    assert await site.scores("?window=1h") == []
    assert len(await site.scores("?window=24h")) > 0


async def test_a_look_soon_after_another_shows_the_same(site: Site) -> None:
    before = await site.scores()
    site.answer(survey("e", 0, 3_040))
    at(site, 0.05)
    assert await site.scores() == before
    at(site, 0.2)
    assert await site.scores() != before


async def test_a_clock_that_is_set_back_does_not_freeze_the_scores(site: Site) -> None:
    await site.scores()
    site.answer(survey("e", 0, 3_040))
    at(site, -3)
    (row,) = await site.scores("?kpi=nps&window=1h&scope=all")
    assert (row["n"], row["as_of"]) == (4, "2026-03-01T09:59:57Z")


async def test_nothing_is_shown_before_it_is_whole() -> None:
    async with running(Site()) as site:
        site.unready = "tables are recovered"
        site.answer(survey("a", 10, 3_000), survey("b", 10, 3_000))
        assert await site.scores() == []
        assert "feedback_nps_score{" not in (await site.get("/metrics"))[2]

        site.unready = ""
        assert await site.scores("?kpi=nps") != []
        # A rebalance later takes nothing away: the state is there.
        site.unready = "partitions are being assigned"
        assert await site.scores("?kpi=nps") != []
        assert "feedback_nps_score{" in (await site.get("/metrics"))[2]
        assert "feedback_nps_promoters{" in (await site.get("/metrics"))[2]


async def test_without_a_view_there_are_only_the_metrics_of_the_service() -> None:
    async with running(Site(view=False)) as site:
        site.answer(survey("a", 10, 3_000), survey("b", 10, 3_000))
        assert await site.scores() == []
        _, _, text = await site.get("/metrics")
        assert f'feedback_events_total{{outcome="accepted",topic="{SURVEYS}"}} 2.0' in text
        assert "feedback_nps" not in text
        assert f'feedback_build_info{{version="{__version__}"}} 1.0' in text


async def test_without_a_cross_there_are_no_slices() -> None:
    async with running(Site(cross="")) as site:
        site.answer(survey("a", 10, 3_000), survey("b", 10, 3_000))
        _, _, text = await site.get("/metrics")
        assert "feedback_nps_score{" in text
        assert "feedback_nps_promoters{" not in text


@pytest.mark.parametrize("page", ["healthz", "readyz"])
async def test_health_says_what_is_wrong(site: Site, page: str) -> None:
    assert await site.get(f"/{page}") == (200, "text/plain", "ok\n")
    site.unready = site.unwell = "the moon is full"
    assert await site.get(f"/{page}") == (503, "text/plain", "the moon is full\n")


async def test_health_and_readiness_are_two_things(site: Site) -> None:
    site.unready = "still starting"
    assert (await site.get("/healthz"))[0] == 200
    site.unready, site.unwell = "", "stuck"
    assert (await site.get("/readyz"))[0] == 200


async def test_the_board_is_a_page(site: Site) -> None:
    status, kind, text = await site.get("/")
    assert (status, kind) == (200, "text/html")
    assert "api/scores" in text


async def test_lag_and_watermarks_are_those_of_held_partitions(site: Site) -> None:
    tp = TP(SURVEYS, 2)
    site.metrics.lag = lambda: {tp: 7}
    site.metrics.seen(tp, NOW, [(NOW - 1) * 1_000], NOW)
    _, _, text = await site.get("/metrics")
    held = f'{{partition="2",topic="{SURVEYS}"}}'
    assert f"feedback_consumer_lag_records{held} 7.0" in text
    samples = {sample.name: sample.value for family in read_text(text) for sample in family.samples if sample.labels}
    assert samples["feedback_watermark_timestamp_seconds"] == NOW - site.settings.grace

    site.metrics.released([tp])
    site.metrics.lag = dict
    _, _, text = await site.get("/metrics")
    assert held not in text


@pytest.mark.parametrize("http", ["127.0.0.1", "127.0.0.1:http", "203.0.113.1:8420", ""])
async def test_an_address_that_cannot_be_had_is_named(http: str) -> None:
    with pytest.raises(FeedbackError, match=rf"cannot listen at {http} \(setting http, a free host:port\)"):
        await Site(http=http).web.start(CollectorRegistry())


async def test_an_address_that_is_taken_is_named(site: Site) -> None:
    with pytest.raises(FeedbackError, match="address already in use"):
        await Site(http=site.url.removeprefix("http://")).web.start(CollectorRegistry())


async def test_drops_are_shown_and_leave_no_stale_series() -> None:
    site = Site()
    lookout = site.web._lookout
    assert lookout is not None
    async with running(site):
        charts = [Chart("nps", "all", "all"), Chart("nps", "team", "<b>north</b>"), Chart("churn", "all", "all")]
        lookout.standings = [Standing(chart, 30.2, 21.3, 31.0, 28.5) for chart in charts]
        why = (Part("channel", "phone", 0.82, 17.1, 0.4),)
        size = 21.3, 14, 28.6, 30.2, 1985, 78, 374
        alert = Alert("nps", *charts[1][1:], "raised", NOW, NOW - 60, None, *size, explained_by=why)
        lookout._detector.book.take(alert)
        _, _, text = await site.get("/metrics")
        assert 'feedback_nps_dropped{member="all",scope="all"} 0.0' in text
        assert 'feedback_nps_dropped{member="<b>north</b>",scope="team"} 1.0' in text
        assert 'feedback_nps_drop_points{member="all",scope="all"} 21.3' in text
        assert 'feedback_nps_drop_statistic{member="<b>north</b>",scope="team"} 31.0' in text
        assert 'feedback_churn_rise_threshold{member="all",scope="all"} 28.5' in text
        assert 'feedback_nps_usual_points{member="all",scope="all"} 30.2' in text
        samples = [sample for family in read_text(text) for sample in family.samples]
        begun = "feedback_nps_drop_begin_timestamp_seconds"
        assert [sample.value for sample in samples if sample.name == begun] == [NOW - 60]
        part = 'by_member="phone",by_scope="channel",member="<b>north</b>",scope="team"'
        assert f"feedback_nps_drop_explained_ratio{{{part}}} 0.82" in text
        _, kind, text = await site.get("/api/alerts")
        assert kind == "application/json"
        [row] = json.loads(text)["alerts"]
        assert row["id"] == alert.id
        assert row["sentence"].startswith(f"{isoformat(NOW)}  NPS of team <b>north</b> is 21.3 points below")

        lookout.standings = lookout.standings[:1]
        lookout._detector.book.take(alert.closed(NOW + 60, NOW + 30, accepted=False))
        assert "north" not in (await site.get("/metrics"))[2]
        assert json.loads((await site.get("/api/alerts"))[2]) == {"alerts": []}


async def test_without_a_view_no_drop_is_shown() -> None:
    async with running(Site(view=False)) as site:
        assert "_dropped{" not in (await site.get("/metrics"))[2]
        assert json.loads((await site.get("/api/alerts"))[2]) == {"alerts": []}


async def test_targets_are_shown_as_they_are_set() -> None:
    async with running(Site(targets="nps:40, response_time_p90:300, response_time:60")) as site:
        _, _, text = await site.get("/metrics")
        assert re.findall(r"^feedback_(\w+_target\S* \S+)$", text, re.MULTILINE) == [
            "nps_score_target 40.0",
            'response_time_seconds_target{quantile="0.5"} 60.0',
            'response_time_seconds_target{quantile="0.9"} 300.0',
        ]
        assert text.count("# TYPE feedback_response_time_seconds_target gauge") == 1
