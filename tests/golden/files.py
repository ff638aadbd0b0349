"""The cases of `cases.toml`, and how an answer is compared with what is committed."""

import os
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Case:
    """A committed input, and how it is scored."""

    name: str
    says: str
    options: list[str]
    input: str = ""
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def events(self) -> Path:
        """The file with the events."""
        return FOLDER / f"{self.input or self.name}.in.jsonl"


CASES = [
    Case(name, **case) for name, case in tomllib.loads((FOLDER / "cases.toml").read_text(encoding="utf-8")).items()
]


def compare(name: str, answer: bytes) -> None:
    """The answer must be what is committed; UPDATE_GOLDEN=1 commits it instead."""
    golden = FOLDER / name
    if os.environ.get("UPDATE_GOLDEN") == "1":
        golden.write_bytes(answer)
    assert golden.exists(), f"{name} is missing; UPDATE_GOLDEN=1 writes it"
    assert answer.decode().splitlines() == golden.read_text(encoding="utf-8").splitlines()  # shows the line
    assert answer == golden.read_bytes()
