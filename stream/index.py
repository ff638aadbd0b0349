"""What is remembered of each thing that was counted, so that it can be recognised, replaced and taken back."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import takewhile
from pathlib import Path
from typing import Protocol

from rocksdict import AccessType, BlockBasedIndexType, BlockBasedOptions, Cache, Options, Rdict, WriteBatch

_POSITION = b"\x00position"

#: Blocks read from disk, of all indexes of a process together.
_CACHE = Cache(16 << 20)


class Index(Protocol):
    """Entries by identity, with the source position up to which they are complete."""

    position: int

    def get(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """The entry of each key, or None."""

    def keys(self, prefix: bytes) -> list[bytes]:
        """The keys that begin so."""

    def put(self, entries: Mapping[bytes, bytes], position: int, gone: Iterable[bytes] = ()) -> None:
        """Write entries and position, and remove the keys that are gone, as one."""

    def clear(self) -> None:
        """Forget everything."""

    def close(self) -> None:
        """Let go of files."""


class MemoryIndex:
    """An index for runs that end, such as `score`.

    >>> index = MemoryIndex()
    >>> index.put({b"r1": b"entry"}, 7)
    >>> index.get([b"r1", b"r2"]), index.position
    ([b'entry', None], 7)
    """

    def __init__(self) -> None:
        self.position = 0
        self._entries: dict[bytes, bytes] = {}

    def get(self, keys: Sequence[bytes]) -> list[bytes | None]:
        return [self._entries.get(key) for key in keys]

    def keys(self, prefix: bytes) -> list[bytes]:
        return [key for key in self._entries if key.startswith(prefix)]

    def put(self, entries: Mapping[bytes, bytes], position: int, gone: Iterable[bytes] = ()) -> None:
        self._entries.update(entries)
        for key in gone:
            self._entries.pop(key, None)
        self.position = position

    def clear(self) -> None:
        self._entries.clear()
        self.position = 0

    def close(self) -> None:
        """Nothing to let go of."""


def tuned() -> Options:
    """How RocksDB is set up for an index."""
    options = Options(raw_mode=True)
    options.create_if_missing(True)
    options.set_write_buffer_size(8 << 20)
    options.set_max_background_jobs(2)
    # What was written last is in memory, and searched key by key: it has a filter of a twentieth of its size, too.
    options.set_memtable_whole_key_filtering(True)
    options.set_memtable_prefix_bloom_ratio(0.05)
    options.set_keep_log_file_num(2)
    tables = BlockBasedOptions()
    # Most lookups are for things never seen: the filter answers them without a read.
    tables.set_bloom_filter(10, False)
    tables.set_block_cache(_CACHE)
    # Or filters would stay in memory for every file: it would grow with the number of answers.
    tables.set_cache_index_and_filter_blocks(True)
    tables.set_pin_l0_filter_and_index_blocks_in_cache(True)
    # In small parts: a whole file's filter is a megabyte, to be read for one key where the cache is too small.
    tables.set_index_type(BlockBasedIndexType.two_level_index_search())
    tables.set_partition_filters(True)
    tables.set_pin_top_level_index_and_filter(True)
    options.set_block_based_table_factory(tables)
    return options


class DiskIndex:
    """An index in RocksDB that forgets entries after `horizon` seconds; its memory does not grow with them.

    Raises:
        Exception: of rocksdict, where another process holds the directory.
    """

    def __init__(self, path: Path, horizon: int) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        options = tuned()
        # Named as well, or a directory that is there is opened with the options of its own file: with a filter for old
        # entries inside the one for old entries, which takes the end of what is stored for a time, and drops it.
        families = {"default": options}
        self._db = Rdict(str(path), options, column_families=families, access_type=AccessType.with_ttl(horizon))
        found = self._db.get(_POSITION)
        self.position = int(found) if found else 0

    def get(self, keys: Sequence[bytes]) -> list[bytes | None]:
        found: list[bytes | None] = self._db[list(keys)]
        return found

    def keys(self, prefix: bytes) -> list[bytes]:
        return list(takewhile(lambda key: key.startswith(prefix), self._db.keys(from_key=prefix)))

    def put(self, entries: Mapping[bytes, bytes], position: int, gone: Iterable[bytes] = ()) -> None:
        batch = WriteBatch(raw_mode=True)
        for key, value in entries.items():
            batch.put(key, value)
        for key in gone:
            batch.delete(key)
        batch.put(_POSITION, b"%d" % position)
        self._db.write(batch)
        self.position = position

    def clear(self) -> None:
        self._db.delete_range(b"", b"\xff")  # no key begins with this byte: it occurs in no UTF-8, nor in pseudonyms
        self.position = 0

    def close(self) -> None:
        self._db.close()


def is_damaged(error: Exception) -> bool:
    """Whether the files of an index are what cannot be read: broken, or of a version of RocksDB that is newer.

    >>> is_damaged(Exception("Corruption: CURRENT file does not end with newline"))
    True
    >>> is_damaged(Exception("IO error: While lock file: Resource temporarily unavailable"))
    False
    """
    return str(error).startswith(("Corruption", "Not implemented"))
