"""`erase`: let a customer be forgotten."""

import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Annotated

import orjson
import typer
from pydantic import ValidationError

from stream.cli.common import read_lines
from stream.errors import BrokerError, SettingsError
from stream.events import OWNED, Erasure
from stream.events.times import isoformat, parse_time
from stream.loop import run
from stream.privacy import Pseudonyms
from stream.settings import Settings


def erase(
    customers: Annotated[
        list[str],
        typer.Argument(metavar="CUSTOMER…", help="Ids of customers; - reads them from standard input, one a line."),
    ],
) -> None:
    """Let the workers forget customers: what they remember of their churn, contacts and orders; scores stay.

    The erasure is an event, sent to every partition of these topics, after all that came before.

    Example:

        feedback-stream erase - < customers.txt
    """
    now = isoformat(time.time())
    settings = Settings.load()
    known_as = _pseudonyms(settings)
    erasures = dict(_erasure(name, now) for customer in _ids(customers) for name in known_as(customer))
    if not erasures:
        msg = "no customer is named: give an id, or ids on standard input, one a line"
        raise SettingsError(msg)
    run(_send(settings, erasures, len(erasures) // len(known_as("one"))))


def _pseudonyms(settings: Settings) -> Callable[[str], tuple[str, ...]]:
    """What a customer is called in the topics: by the id, and with a key also by the pseudonym that gateways write."""
    if not settings.has_privacy_key:
        return lambda customer: (customer,)
    pseudonyms = Pseudonyms.from_settings(settings)
    return lambda customer: (customer, pseudonyms.of(customer))


def _ids(customers: Iterable[str]) -> Iterator[str]:
    for customer in customers:
        if customer == "-":
            yield from filter(None, (line.decode("utf-8", "surrogateescape") for line in read_lines([Path("-")])))
        else:
            yield customer


def _erasure(customer: str, now: str) -> tuple[bytes, bytes]:
    """Key and value of the record; an id that cannot be one is not shown."""
    try:
        event = Erasure(customer_id=customer, occurred_at=parse_time(now))
    except ValidationError:
        msg = f"a customer's id is text of 1 to 256 characters; got one of {len(customer)} that is not"
        raise SettingsError(msg) from None
    value = {"type": event.type, "customer_id": customer, "occurred_at": now}
    return customer.encode(), orjson.dumps(value)


async def _send(settings: Settings, erasures: dict[bytes, bytes], customers: int) -> None:
    from aiokafka.errors import KafkaError  # noqa: PLC0415

    from stream.changelog import new_producer  # noqa: PLC0415
    from stream.topics import ensure_topics  # noqa: PLC0415

    counts = await ensure_topics(settings)
    producer = new_producer(settings)
    await producer.start()
    try:
        # To all partitions: each producer may have its own way from a key to a partition.
        sent = [
            await producer.send(topic, value=value, key=key, partition=partition)
            for key, value in erasures.items()
            for topic in OWNED
            for partition in range(counts[topic])
        ]
        for future in sent:
            await future
    except KafkaError as error:
        msg = f"the broker at {settings.broker} did not take an erasure; send them all again: {error}"
        raise BrokerError(msg) from None
    finally:
        await producer.stop()
    whom = "1 customer" if customers == 1 else f"{customers} customers"
    typer.echo(
        f"erasure of {whom} sent to every partition of {', '.join(OWNED)}; workers forget them as they read on. "
        "Anonymous scores stay, and records stay in topics and dead letters until retention removes them",
        err=True,
    )
