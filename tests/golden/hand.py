"""Summaries and key values of the golden cases, counted by hand from the events and the definitions."""

from typing import Any

#: KPI, window, scope and member, and a label after them where there is one.
Place = tuple[str, ...]


def _summary(accepted: int, *, duplicates: int = 0, corrections: int = 0, deletions: int = 0, **rejected: int) -> Any:
    return {
        "accepted": accepted, "duplicates": duplicates, "corrections": corrections, "deletions": deletions,
        "late": 0, "rejected": rejected,
    }  # fmt: skip


_BORDERS = _summary(12)

SUMMARIES: dict[str, Any] = {
    "readme": _summary(1),
    # n10 to n15 are refused: 0 on 1 to 10 and 11; 6.5; "9"; no score; a 1 to 5 question is no NPS question.
    "traps": _summary(19, out_of_range=2, fractional_score=1, wrong_type=1, missing_field=1, unknown_scale=1),
    # CSAT on 0 to 100 and upside down; CES on 11 steps.
    "scales": _summary(24, unknown_scale=3),
    "scales_by_setting": _summary(25, unknown_scale=2),
    # Eleven answers of other identities first: one of them a deletion. r1 ×2, r2 ×2, deleted-first, r4 ×2 and
    # corrected-first come once more or too late; r1, r2, r4, moved, old-then-in and became-skipped are corrected.
    "changes": _summary(11, duplicates=8, corrections=6, deletions=3),
    "borders": _BORDERS,
    "borders_passed": _BORDERS,
    "borders_left_out": _BORDERS,
    "panes": _summary(7),
    # The count of premium customers, c2 and n5 come twice; `switched` is no change, and −1 no count.
    "customers": _summary(20, duplicates=3, out_of_range=1, unknown_value=1),
    # k1, q6 and the older o6 come twice; k7, o5, i1, i4 and r4 are corrected, r5 is deleted.
    "journeys": _summary(41, duplicates=3, corrections=5, deletions=1, out_of_order=1, invalid_amount=1),
    "bad_lines": _summary(
        6,  # g1 to g5, and an order that no KPI looks at
        duplicates=1,  # g1
        invalid_json=5,  # blank, text, cut short, and two that are not UTF-8
        not_an_object=3,
        missing_field=4,  # {}, response_id, score, a score that is null though answered
        unknown_type=2,
        unknown_kpi=1,
        unknown_scale=1,
        out_of_range=3,  # 11, −1, revision −1
        fractional_score=1,
        wrong_type=3,  # "9", true, team 5
        time_without_zone=1,
        invalid_time=2,  # yesterday, a number
        time_in_future=2,  # occurred_at, updated_at
        too_long=1,
        empty=1,
        unknown_value=2,  # status, high_is
        invalid_amount=1,
        invalid_value=1,  # currency
        too_large=1,
    ),
}


def _all(kpi: str, window: str = "1h") -> Place:
    return (kpi, window, "all", "all")


#: Case, KPI and place, value (None where withheld), n (None where nothing may be printed).
KEY_VALUES: list[tuple[str, Place, float | None, int | None]] = [
    *(("readme", ("nps", window, "channel", "phone"), 100.0, 1) for window in ("5m", "1h", "24h", "7d", "30d")),
    ("readme", ("nps", "5m", "team", "unknown"), 100.0, 1),
    ("readme", _all("csat"), None, None),
    # 0, 10, 9, 7 and 1 (of 1 to 10): two promoters, two detractors; the value 0 is shown as 0.
    ("traps", _all("nps"), 0.0, 5),
    ("traps", ("nps", "1h", "channel", "phone"), 100 * (1 - 2) / 3, 3),
    ("traps", ("nps", "1h", "channel", "chat"), 100 * (1 - 0) / 2, 2),
    ("traps", ("nps", "1h", "channel", "email"), None, None),  # skipped only
    ("traps", _all("csat"), (1 + 0 + 0 + 1) / 4, 4),
    ("traps", _all("csat_mean"), (8 / 10 + 0 + 0 + 3 / 4) / 4, 4),
    ("traps", _all("ces"), (7 + 6 + 3 + 7) / 4, 4),
    ("traps", _all("ces_easy"), 3 / 4, 4),
    ("traps", _all("enps"), None, 1),
    ("traps", ("enps", "1h", "channel", "unknown"), None, None),
    # One answer at the threshold and one below it on each scale.
    *(
        ("scales", ("csat", "1h", "survey", scale), 0.5, 2)
        for scale in ("1-2", "1-3", "1-4", "1-5", "0-5", "1-6", "1-7", "1-10", "0-10")
    ),
    ("scales", ("csat_mean", "1h", "survey", "1-6"), (3 / 5 + 4 / 5) / 2, 2),
    ("scales", ("csat_mean", "1h", "survey", "1-10"), (6 / 9 + 7 / 9) / 2, 2),
    ("scales", ("csat", "1h", "survey", "worse"), 0.5, 2),
    ("scales", ("nps", "1h", "survey", "worse"), 100.0, 1),
    ("scales", ("ces", "1h", "survey", "harder"), 6.0, 1),
    ("scales", ("ces", "1h", "survey", "easier"), (5 + (1 + 6 * 6 / 10)) / 2, 2),
    ("scales", ("ces_easy", "1h", "survey", "easier"), 1 / 2, 2),  # 5 is easy, 4.6 is not
    ("scales", ("csat", "1h", "survey", "percent"), None, None),
    ("scales_by_setting", _all("csat"), (9 + 1 + 0) / (18 + 2 + 1), 21),
    # phone: corrected-first 10, r1 3, r4 9, moved 7; chat: r2 10, two 10 and 0; became-skipped apart.
    ("changes", ("nps", "1h", "channel", "phone"), 100 * (2 - 1) / 4, 4),
    ("changes", ("nps", "1h", "channel", "chat"), 100 * (2 - 1) / 3, 3),
    ("changes", _all("nps"), 100 * (4 - 2) / 7, 7),
    ("changes", _all("csat"), 1.0, 1),
    # Each window holds two answers more than the one before; only the answer at the border itself is a detractor.
    *(
        ("borders", _all("nps", window), 100.0, n)
        for window, n in (("5m", 2), ("1h", 4), ("24h", 6), ("7d", 8), ("30d", 10))
    ),
    *(
        (name, _all("nps", window), 100 * (n - 2) / n, n)
        for name in ("borders_passed", "borders_left_out")
        for window, n in (("5m", 2), ("1h", 4), ("24h", 6), ("7d", 8), ("30d", 10))
    ),
    # [09:45, 10:00): c, e (a tenth of a microsecond before, rounded) and f; [09:00, 10:00): a and g too.
    ("panes", _all("nps", "15m"), 100 * (2 - 0) / 3, 3),
    ("panes", _all("nps"), 100 * (3 - 0) / 5, 5),
    # S = 60 + 40. Lost: c1 to c4 premium; c5, c6, c8 basic; c11 trial. c7 and c9 take effect outside. c1 came back.
    ("customers", _all("churn", "30d"), (8 - 1) / 100, 100),
    ("customers", _all("retention", "30d"), (100 - 8 + 1) / 100, 100),
    ("customers", _all("retention_gross", "30d"), (100 - 8 + 1 + 5) / 100, 100),
    ("customers", ("churn", "30d", "segment", "premium"), (4 - 1) / 60, 60),
    ("customers", ("churn", "30d", "segment", "basic"), 3 / 40, 40),
    ("customers", ("churn", "30d", "segment", "trial"), None, None),
    ("customers", ("retention", "30d", "segment", "premium"), (60 - 4 + 1) / 60, 60),
    ("customers", ("retention_gross", "30d", "segment", "premium"), (60 - 4 + 1 + 3) / 60, 60),
    ("customers", ("retention_gross", "30d", "segment", "basic"), (40 - 3 + 2) / 40, 40),
    ("bad_lines", _all("nps"), 100.0, 5),
    # k2 is followed by k3 after seven days, k5 is k4 transferred, k6 is outbound, k9 is of the last seven days.
    ("journeys", _all("fcr", "30d"), 5 / 6, 6),
    ("journeys", _all("fcr_provisional", "30d"), 1 / 6, 6),
    ("journeys", ("fcr", "30d", "channel", "phone"), 2 / 3, 3),
    # 30, 60, 61, 61 and 7200 seconds; of those by phone the last is too long, and the e-mail.
    ("journeys", _all("response_time", "30d"), 61, 5),
    ("journeys", _all("response_time_within_target", "30d"), 3 / 5, 5),
    # Only c2 used two channels: phone, then chat.
    ("journeys", _all("omnichannel", "30d"), 1 / 6, 6),
    ("journeys", _all("omnichannel_switches", "30d"), 1 / 9, 9),
    # 500.00 × 2 × 24; 1200 × 1 × 24; 1.234 × 1 × 24. Nothing is left in GBP.
    ("journeys", (*_all("clv", "30d"), "EUR"), 24_000.0, 2),
    ("journeys", (*_all("clv", "30d"), "JPY"), 28_800.0, 1),
    ("journeys", (*_all("clv", "30d"), "KWD"), 29.616, 1),
    ("journeys", (*_all("clv", "30d"), "GBP"), None, None),
    ("journeys", (*_all("clv_order_value", "30d"), "EUR"), 500.0, 2),
    ("journeys", (*_all("upsell_revenue", "30d"), "EUR"), 1 / 2, 2),
    ("journeys", _all("upsell", "30d"), 1 / 4, 4),
    ("journeys", _all("cross_sell", "30d"), 1 / 4, 4),
    # i3 and i4 bounced.
    ("journeys", _all("response_rate", "30d"), 2 / 3, 3),
    # q1 in time, q2 a second too late, q3 never, q4 opened again; q5 fell due before the window, q6 falls due after it.
    ("journeys", _all("closed_loop", "30d"), 1 / 4, 4),
    ("journeys", _all("cases_open", "30d"), 3.0, 7),  # q3, q4, q6
    ("journeys", _all("case_time_to_close", "30d"), 48 * 3600, 4),  # 1 h, 48 h, a second more, 18 days
    # r1 and r3 negative, r2 and r4 positive.
    ("journeys", _all("sentiment", "30d"), 0.0, 4),
    ("journeys", (*_all("themes", "30d"), "waiting"), 3 / 4, 3),
    ("journeys", (*_all("themes", "30d"), "price"), 1 / 4, 1),
    ("journeys", (*_all("themes_nps", "30d"), "waiting"), 0.0, 3),
    ("journeys", ("themes", "30d", "channel", "phone", "waiting"), 1.0, 2),
]
