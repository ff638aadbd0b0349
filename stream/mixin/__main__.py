"""`python -m stream.mixin DIR` writes the files below the repository's root, with `--check` it compares."""

import sys
from collections.abc import Sequence

from stream.mixin.documents import documents
from stream.schemas import write


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the files, or compare; the exit status."""
    return write(
        documents(), "stream.mixin", "Prometheus' rules and their tests, Alertmanager's routes, the runbook.", arguments
    )


if __name__ == "__main__":
    sys.exit(main())
