"""What is remembered of each thing that was counted, so that it can be recognised, replaced and taken back."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from rocksdict import AccessType, BlockBasedOptions, Cache, Options, Rdict, WriteBatch

_POSITION = b"\x00position"

#: Blocks read from disk, of all indexes of a process together.
_CACHE = Cache(32 << 20)


class Index(Protocol):
    """Entries by identity, with the source position up to which they are complete."""

    position: int

    def get(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """The entry of each key, or None."""

    def put(self, entries: Mapping[bytes, bytes], position: int) -> None:
        """Write entries and position as one."""

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

    def put(self, entries: Mapping[bytes, bytes], position: int) -> None:
        self._entries.update(entries)
        self.position = position

    def clear(self) -> None:
        self._entries.clear()
        self.position = 0

    def close(self) -> None:
        """Nothing to let go of."""


class DiskIndex:
    """An index in RocksDB that forgets entries after `horizon` seconds; its memory does not grow with them.

    Raises:
        Exception: of rocksdict, where another process holds the directory.
    """

    def __init__(self, path: Path, horizon: int) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        options = Options(raw_mode=True)
        options.create_if_missing(True)
        options.set_write_buffer_size(8 << 20)
        options.set_max_background_jobs(2)
        options.set_keep_log_file_num(2)
        tables = BlockBasedOptions()
        # Most lookups are for things never seen: the filter answers them without a read.
        tables.set_bloom_filter(10, False)
        tables.set_block_cache(_CACHE)
        options.set_block_based_table_factory(tables)
        # The column family must be named: left out, an index that is opened again gets some other horizon from
        # rocksdict, and the next compaction drops all that was in it before.
        families = {"default": options}
        self._db = Rdict(str(path), options, families, AccessType.with_ttl(horizon))
        found = self._db.get(_POSITION)
        self.position = int(found) if found else 0

    def get(self, keys: Sequence[bytes]) -> list[bytes | None]:
        found: list[bytes | None] = self._db[list(keys)]
        return found

    def put(self, entries: Mapping[bytes, bytes], position: int) -> None:
        batch = WriteBatch(raw_mode=True)
        for key, value in entries.items():
            batch.put(key, value)
        batch.put(_POSITION, b"%d" % position)
        self._db.write(batch)
        self.position = position

    def clear(self) -> None:
        self._db.delete_range(b"", b"\xff")  # keys are UTF-8, where this byte does not occur
        self.position = 0

    def close(self) -> None:
        self._db.close()
