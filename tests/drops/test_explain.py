"""What a drop is made of."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.drops.explain import Part, Sums, main_parts, parts


@given(st.data())
def test_the_parts_add_up_to_the_drop(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, 6))
    drawn = [np.array(data.draw(st.lists(st.integers(1, 500), min_size=size, max_size=size)), float) for _ in range(4)]
    n_0, n_1 = drawn[0], drawn[1]
    total_0, total_1 = n_0 * (drawn[2] / 250 - 1), n_1 * (drawn[3] / 250 - 1)
    found = parts("team", [str(each) for each in range(size)], Sums(n_0, total_0, n_0), Sums(n_1, total_1, n_1), 100)
    drop = 100 * (total_0.sum() / n_0.sum() - total_1.sum() / n_1.sum())
    assert sum(part.rate_effect + part.mix_effect for _, part in found) == pytest.approx(drop, abs=1e-6)


def explained(usual: tuple[list[float], list[float]], now: tuple[list[float], list[float]]) -> list[Part]:
    """Of two members with so many answers each, of these means."""
    before, after = (Sums(np.array(n), np.array(n) * np.array(mean), 0.7 * np.array(n)) for n, mean in (usual, now))
    return main_parts(parts("channel", ["phone", "web"], before, after, unit=100))


def test_worse_answers_are_a_rate_effect() -> None:
    [part] = explained(([5000, 5000], [0.3, 0.3]), ([200, 200], [-0.1, 0.3]))
    assert part.member == "phone"
    assert (part.share, part.rate_effect, part.mix_effect) == pytest.approx((1.0, 20.0, 0.0))


def test_more_of_the_unhappy_is_a_mix_effect() -> None:
    [part, *_] = explained(([5000, 5000], [-0.2, 0.6]), ([360, 40], [-0.2, 0.6]))
    assert part.rate_effect == pytest.approx(0.0)
    assert part.mix_effect == pytest.approx(16.0)


def test_a_drop_that_is_everywhere_has_no_part_that_stands_out() -> None:
    assert explained(([7000, 3000], [0.3, 0.3]), ([280, 120], [0.1, 0.1])) == []


def test_a_member_that_is_new_is_compared_with_all() -> None:
    [part] = explained(([0, 5000], [0.0, 0.4]), ([150, 150], [-0.6, 0.4]))
    assert part.member == "phone"
    assert part.mix_effect == pytest.approx(0.0)
    assert part.rate_effect == pytest.approx(50.0)
