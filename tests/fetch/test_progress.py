"""Up to where a partition is done, when it is read again from an earlier place, or held by others meanwhile."""

from aiokafka import TopicPartition

from stream.fetch.progress import Progress

TP = TopicPartition("feedback.notifications", 0)


def begun(*offsets: int) -> Progress:
    progress = Progress()
    for offset in offsets:
        progress.take(TP, offset)
    return progress


def test_offsets_may_be_missing() -> None:
    progress = begun(3, 7)
    progress.done(TP, 3)
    assert progress.moved([TP]) == {TP: 7}
    progress.done(TP, 7)
    assert progress.moved([TP]) == {TP: 8}


def test_what_is_read_again_is_done_again() -> None:
    progress = begun(0, 1, 2)
    for offset in (1, 2):
        progress.done(TP, offset)
    progress.take(TP, 0)  # after a rebalance, from what was committed
    assert progress.under_way(TP) == 1
    progress.take(TP, 1)
    progress.done(TP, 0)
    assert progress.moved([TP]) == {TP: 1}
    progress.done(TP, 1)
    assert progress.moved([TP]) == {TP: 2}, "2 is yet to be read again"


def test_what_others_hold_is_forgotten() -> None:
    progress = begun(0, 1)
    progress.done(TP, 0)
    assert progress.moved([]) == {}
    progress.done(TP, 1)  # it was under way when the partition went
    assert progress.moved([TP]) == {}
    progress.take(TP, 9)
    progress.done(TP, 9)
    assert progress.moved([TP]) == {TP: 10}
