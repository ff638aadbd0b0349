"""`bench`: a row for each way to count, as a rate and as a part of the limit; what it says of speed is not judged."""

import gc
import re

import pytest

from .conftest import Cli


def test_it_measures_decoding_and_the_engine_and_compares_them(cli: Cli) -> None:
    collected = gc.get_threshold()
    said = cli("bench", "--events", "1000", "--repeat", "1")
    assert (said.status, said.err) == (0, "")
    heading, *lines = said.out.splitlines()
    assert heading.split()[0] == "what"
    rows = [re.split(r"\s{2,}", line.strip()) for line in lines]
    assert [row[0] for row in rows] == [
        "decoding, fast path (the limit)", "decoding, models", "engine, index in memory", "engine, index on disk",
    ]  # fmt: skip
    assert all(re.fullmatch(r"[\d,]+", row[1]) and float(row[-1]) > 0 for row in rows)
    assert rows[0][-1] == "1.00"
    assert gc.get_threshold() == collected, "the collector is left as it was"


@pytest.mark.parametrize("options", [["--events", "10"], ["--repeat", "0"]], ids=" ".join)
def test_what_cannot_be_measured_is_refused(cli: Cli, options: list[str]) -> None:
    said = cli("bench", *options)
    assert (said.status, said.out) == (2, "")
    assert options[0] in said.err
