"""The oracle itself: it must see one answer that is missing, one that is there twice, and nothing where all is well."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import pytest

from .evidence import Log, Saved
from .negative import compare
from .oracle import Partition
from .verdict import Expected, Verdict, rows_wrong
from .world import CHURN, KPIS, SURVEYS

_T = "2026-03-01T09:30:00Z"
_S = 1_772_357_400


def answer(response_id: str, **fields: Any) -> bytes:
    return json.dumps({"response_id": response_id, "kpi": "nps", "score": 9, "occurred_at": _T, **fields}).encode()


def partition(values: Sequence[bytes | None], topic: str = SURVEYS) -> Partition:
    found = Partition(topic)
    found.feed((offset, (_S + 60) * 1_000, value) for offset, value in enumerate(values))
    return found


def log(kpi: str, rows: Iterable[tuple[list[Any], list[int] | None]]) -> Saved:
    written = Log(len(KPIS[kpi].fields))
    for key, value in rows:
        written.add(json.dumps(key).encode(), None if value is None else json.dumps(value).encode())
    return written.result()


def logged(source: Partition, kpi: str) -> list[tuple[list[Any], list[int] | None]]:
    """A changelog that says exactly what it must."""
    return [(list(place), [source.end, *row]) for place, row in source.cells(kpi).items()]


def judged(source: Partition, kpi: str, rows: Iterable[tuple[list[Any], list[int] | None]]) -> Verdict:
    verdict = Verdict()
    verdict.compare(kpi, 0, source.cells(kpi), log(kpi, rows))
    return verdict


def test_a_changelog_that_is_right() -> None:
    source = partition([answer("a"), answer("b", score=3, channel="phone"), answer("a")])
    verdict = judged(source, "nps", logged(source, "nps"))

    assert verdict.exact, verdict
    assert source.outcomes == {"accepted": 2, "duplicate": 1}
    assert source.cells("nps")["all", "all", 900, _S // 900 * 900] == [1, 0, 1, 0]
    assert source.cells("nps")["channel,segment", "phone\x1funknown", 900, _S // 900 * 900] == [0, 0, 1, 0]


@pytest.mark.parametrize(("change", "lost", "doubled"), [(-1, 1, 0), (1, 0, 1)])
def test_one_answer_too_few_or_too_many(change: int, lost: int, doubled: int) -> None:
    source = partition([answer(str(number)) for number in range(5)])
    rows = [
        (key, value and [value[0], value[1] + change, *value[2:]]) if key[0] in {"all", "team"} else (key, value)
        for key, value in logged(source, "nps")
    ]
    verdict = judged(source, "nps", rows)

    assert (verdict.lost, verdict.doubled, verdict.exact) == (lost, doubled, False)
    assert verdict.wrong == 2 * 3  # two scopes, three widths
    assert f"nps-0 all='all' pane {_S} of 10 s: expected [5, 0, 0, 0], found [{5 + change}, 0, 0, 0]" in str(verdict)


def test_a_row_that_is_missing_and_one_that_must_not_be() -> None:
    source = partition([answer("a"), answer("b", channel="phone")])
    rows = [(key, value) for key, value in logged(source, "nps") if key[:2] != ["channel", "phone"]]
    verdict = judged(source, "nps", [*rows, (["channel", "post", 900, _S // 900 * 900], [1, 1, 0, 0, 0])])

    assert [difference.place[1] for difference in verdict.differences] == ["phone", "phone", "phone", "post"]


def test_the_greater_offset_counts_and_a_stale_last_record_is_said() -> None:
    source = partition([answer("a"), answer("b")])
    rows = logged(source, "nps")
    zombie = (["all", "all", 900, _S // 900 * 900], [0, 1, 0, 0, 0])
    verdict = judged(source, "nps", [*rows, zombie])

    assert verdict.exact, verdict
    assert verdict.stale == 1


def test_corrections_deletions_late_and_bad_records() -> None:
    source = partition([
        answer("a"), answer("a", score=0, revision=1), answer("b"),
        answer("b", status="deleted", score=None, revision=2),
        answer("b", revision=1), answer("c", occurred_at="2026-02-27T09:30:00Z"), answer("d", score=11), b"{", None,
        answer("e", occurred_at="2027-03-01T09:30:00Z"), answer("f", status="skipped", score=None),
    ])  # fmt: skip

    assert source.outcomes == {
        "accepted": 3, "corrected": 1, "deleted": 1, "duplicate": 1, "late": 1, "rejected": 4,
    }  # fmt: skip
    assert source.cells("nps")["all", "all", 10, _S] == [0, 0, 1, 1]


def count(customers: int, time: str) -> bytes:
    return json.dumps({"type": "customer_count", "customers": customers, "occurred_at": time}).encode()


def test_counts_of_customers_are_differences_and_the_first_holds_ever_since() -> None:
    source = partition([count(120, "2026-03-01T09:30:00Z"), count(100, "2026-03-01T09:20:00Z")], CHURN)
    cells = source.cells("churn")

    # The later count's change lies in the microsecond before it, so in the pane before.
    assert cells["all", "all", 60, _S - 60] == [20, 0, 0]
    assert cells["all", "all", 60, None] == [100, 0, 0]
    total = Expected()
    total.add("churn", cells)
    assert total.window("churn", 60, 3_600, _S + 60)["all", "all"]["customers"] == 100
    assert total.window("churn", 10, 120, _S + 120)["all", "all"]["customers"] == 120


def test_what_is_shown_wrong_is_named() -> None:
    assert list(rows_wrong({"a": 1, "b": 2}, {"b": 3}, "w")) == [
        "w a: expected 1, shown None", "w b: expected 2, shown 3",
    ]  # fmt: skip


def test_the_negative_control_is_compared_too() -> None:
    verdict = Verdict()
    compare(
        verdict,
        0,
        Counter({"2026-03-01T09:30:promoters": 5, "2026-03-01T09:30:passives": 2}),
        {"2026-03-01T09:30:promoters": 3, "2026-03-01T09:31:passives": 1},
    )

    assert (verdict.lost, verdict.doubled, verdict.wrong) == (4, 1, 3)
