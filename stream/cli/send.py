"""`send`: events from files to their topics."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, Any

import orjson
import typer

from stream.cli.common import Files, read_lines
from stream.decode import kind_of
from stream.errors import Rejected
from stream.loop import run
from stream.privacy import redact_comment
from stream.settings import Settings

#: Where a line goes whose type cannot be told: the stream rejects it there, with its reason.
FALLBACK_TOPIC = "feedback.surveys"
_IN_FLIGHT = 10_000

#: Topic, key, value and headers.
Record = tuple[str, bytes | None, bytes, Sequence[tuple[str, bytes]]]


def send(
    files: Files,
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing at the end.")] = False,
    redact: Annotated[
        bool | None,
        typer.Option("--redact/--no-redact", help="Redact comments on the way (left out: FEEDBACK_PRIVACY_REDACT)."),
    ] = None,
) -> None:
    """Send newline-delimited events to the broker in FEEDBACK_BROKER; the type decides the topic.

    Lines that are no events are sent as well, so that they show up among the dead letters. With --redact, comments
    have marks such as [email] and [phone] instead of what gives a person away; broken lines stay as they are.

    Example:

        feedback-stream send --redact events.jsonl
    """
    settings = Settings.load(privacy_redact=redact)
    run(_send(settings, read_lines(files), quiet))


def prepare(line: bytes, settings: Settings) -> tuple[tuple[str, ...], bytes | None, bytes]:
    """Topics, key and value of an event.

    >>> prepare(b'{"type":"erasure","customer_id":"c1"}', Settings())[:2]
    (('feedback.churn', 'feedback.contacts', 'feedback.orders'), b'c1')
    >>> prepare(b'{"response_id":"r1","comment":"Write to jane@example.com"}', Settings(privacy_redact=True))
    (('feedback.surveys',), b'r1', b'{"response_id":"r1","comment":"Write to [email]"}')
    """
    try:
        data = orjson.loads(line)
        if not isinstance(data, dict):
            return (FALLBACK_TOPIC,), None, line
        value = redact_comment(line, data, settings.privacy_region) if settings.privacy_redact else line
        event = kind_of(data, None, None)
    except orjson.JSONDecodeError:
        return (FALLBACK_TOPIC,), None, line
    except Rejected:
        return (FALLBACK_TOPIC,), None, value
    return event.topics(), event.key_of(data), value


async def _send(settings: Settings, lines: Iterable[bytes], quiet: bool) -> None:
    sent = await send_records(settings, _prepared(lines, settings))
    if not quiet:
        typer.echo("\n".join(f"{topic}: {count} sent" for topic, count in sorted(sent.items())), err=True)


def _prepared(lines: Iterable[bytes], settings: Settings) -> Iterator[Record]:
    for line in lines:
        topics, key, value = prepare(line, settings)
        for topic in topics:
            yield topic, key, value, ()


async def send_records(settings: Settings, records: Iterable[Record]) -> Counter[str]:
    """Send records, and wait until the broker has them; how many went to each topic.

    Raises:
        BrokerError: if the broker cannot be reached, or refuses.
    """
    from stream.changelog import new_producer  # noqa: PLC0415
    from stream.kafka import told  # noqa: PLC0415
    from stream.topics import ensure_topics  # noqa: PLC0415

    await ensure_topics(settings)
    producer = new_producer(settings, linger_ms=20)
    with told():
        try:
            await producer.start()
            return await _send_all(producer, records)
        finally:
            await producer.stop()


async def _send_all(producer: Any, records: Iterable[Record]) -> Counter[str]:
    sent: Counter[str] = Counter()
    pending: set[asyncio.Future[object]] = set()
    for topic, key, value, headers in records:
        pending.add(await producer.send(topic, value=value, key=key, headers=list(headers)))
        sent[topic] += 1
        if len(pending) >= _IN_FLIGHT:
            done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            for future in done:
                future.result()
    for future in pending:
        await future
    return sent
