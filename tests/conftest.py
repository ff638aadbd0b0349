"""What every test can use: a way to say what this machine lacks, so that nothing is left out in silence."""

import os
from collections.abc import Callable, Iterator
from typing import NoReturn

import hypothesis
import pytest

_MARK = "not run: "

Lacks = Callable[[str, str], NoReturn]


@pytest.fixture(scope="session")
def lacks() -> Lacks:
    """`lacks("real Kafka", "java is not installed")` ends the test; the reason is printed after all others have run.

    With CI=true it is a failure: there, what a machine lacks is a fault of the machine's set-up.
    """

    def end(what: str, why: str) -> NoReturn:
        reason = f"{_MARK}{what} because {why}"
        if os.environ.get("CI") == "true":
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)

    return end


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> Iterator[None]:
    """Print each lack once, below the summary of all tests."""
    yield
    reasons = (report.longrepr[2] for report in terminalreporter.getreports("skipped"))
    for lack in sorted({reason.removeprefix("Skipped: ") for reason in reasons}):
        if lack.startswith(_MARK):
            terminalreporter.write_line(lack, yellow=True)


# Drawn tests: no deadline, since a busy machine is no fault; in CI more examples, and the same ones each time.
hypothesis.settings.register_profile("default", deadline=None, max_examples=30)
hypothesis.settings.register_profile("ci", deadline=None, max_examples=60, derandomize=True, print_blob=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") == "true" else "default")


#: What starts brokers and services, or kills, pauses and waits: these tests do not share the machine with others.
_ALONE = {"board", "chaos", "cli", "fetch", "gateway", "integration"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what must be alone, so that the rest can run side by side (`-m "not alone" -n 2`)."""
    for item in items:
        if item.path.parent.name in _ALONE:
            item.add_marker(pytest.mark.alone)
