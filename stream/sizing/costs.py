"""What things cost, each as `python -m benchmarks.growth` measures it; its page names them alike."""

from typing import NamedTuple


class Costs(NamedTuple):
    """Microseconds of one core's time, and bytes; measured, but for the last two.

    Another machine has others; these are rounded up.
    """

    #: An answer, from the fetched batch to its index entry, without what its state keys cost.
    answer_us: float = 6.5
    #: An event of another topic, which goes the long way: a contact, an order.
    history_us: float = 60.0
    #: A state key that a flush writes: encoded, packed, compressed, sent.
    key_us: float = 0.9
    #: A flush of one KPI's table on one partition, however little it writes.
    flush_us: float = 540.0
    #: A changelog record that a view or a recovery takes in.
    restored_us: float = 2.0
    #: A million fields that are added up for a look, of a thousand members; with fewer it is twice that.
    cells_us: float = 9_000.0
    #: A series on `/metrics`, from the sums to the text.
    series_us: float = 7.0
    #: An answer in the index, on disk, with an id of 14 characters.
    entry_bytes: float = 40.0
    #: A changelog record, compressed, in a full batch.
    record_bytes: float = 21.0
    #: A worker's memory without any state.
    process_bytes: float = 130e6
    #: An open index: what was written last, its filters, its files; and what waits to be counted and saved.
    index_bytes: float = 60e6
    #: A series in the memory of a view, while it is worked out and written.
    series_bytes: float = 440.0
    #: By how much a disk must exceed what is on it: RocksDB writes a level anew before it drops the old one, and an
    #: entry that has expired is there until its file is compacted. An allowance.
    disk_spare: float = 2.0
    #: Seconds for which a changelog keeps what was overwritten: segments are closed after ten minutes, and compacted
    #: five minutes later at the earliest. From the topics' settings.
    uncompacted_s: float = 900.0


#: As measured on the machine that the page names.
COSTS = Costs()
