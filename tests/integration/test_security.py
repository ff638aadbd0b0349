"""TLS, mutual TLS, SCRAM and rights on a real Kafka: what is allowed works whole, what is not gets one sentence."""

import asyncio
import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from stream.brokers.ports import LOOPBACK
from stream.settings import Settings
from stream.topics import NOTIFICATIONS, NOTIFICATIONS_LATER, ensure_topics
from tests.fetch.vendor import Reply, vendor

from .gateways import Fetch, Gateway, notification, path_of, response, sources_file
from .harness import Ran, Services, all_committed, eventually, read_topic, run
from .secured import KEY_PASSWORD, PASSWORD, Right, Secured, grant, rights
from .traffic import Event, Feed, answer, lines, rfc3339, traffic

TOPIC, LITERAL, PREFIXED, READ, WRITE, DESCRIBE = 2, 3, 4, 3, 4, 8


@pytest.fixture(scope="module")
def secured(java: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    """The broker, with the topics that the operator has made."""
    kafka = Secured(tmp_path_factory.mktemp("secured"))
    try:
        asyncio.run(kafka.start())
        asyncio.run(ensure_topics(Settings(**kafka.login("operator"))))
        yield kafka
    finally:
        asyncio.run(kafka.broker.close())


class SecureFeed(Feed):
    """Sends by the command, as a user that may do no more than that."""

    def __init__(self, secured: Secured) -> None:
        super().__init__(secured.bootstrap)
        self.settings = secured.login("sender")

    async def send(self, events: Sequence[Event]) -> None:
        sent = run("send", "-", "--quiet", stdin=lines(events), **self.settings)
        assert (sent.status, sent.err) == (0, "")
        self.events += events


@pytest.fixture(scope="module")
def feed(secured: Secured) -> SecureFeed:
    return SecureFeed(secured)


async def test_the_documented_rights_are_enough_over_scram(
    secured: Secured, feed: SecureFeed, services: Services
) -> None:
    service = await services(log_level="debug", publish_interval=0.5, **secured.login("worker")).ready()
    await feed.send(traffic(time.time(), 300, seed=1, name="a"))
    await feed.all_counted(service, "feedback")
    service.stop()

    await feed.send(traffic(time.time(), 200, seed=2, name="b"))
    await service.start().ready()
    await feed.all_counted(service, "feedback")
    service.stop()
    said = service.said()
    assert PASSWORD not in said
    assert json.dumps(PASSWORD)[1:-1] not in said


async def test_a_certificate_is_as_good_as_a_password(secured: Secured, feed: SecureFeed, services: Services) -> None:
    await grant(secured.bootstrap, "agent", rights("`worker`", "`send`, `simulate`"))
    settings = secured.mutual("agent")
    service = await services(log_level="debug", **settings).ready()
    feed.settings = settings
    await feed.send(traffic(time.time(), 200, seed=3, name="c"))
    await feed.all_counted(service, "feedback")
    service.stop()
    assert KEY_PASSWORD not in service.said()


# After those that count with the feed: what is read from comments is none of its events.
async def test_the_documented_rights_are_enough_to_read_comments(
    secured: Secured, feed: SecureFeed, services: Services
) -> None:
    stage = await services(role="text", log_level="debug", **secured.login("reader")).ready()
    await feed.send([answer("said", 9, rfc3339(time.time()), comment="merci")])

    async def sent() -> None:
        assert b"said" in {record.key for record in await read_topic(secured.bootstrap, "feedback.verbatims")}
        await all_committed(secured.bootstrap, "feedback-text", ["feedback.surveys"])

    await eventually(sent)
    stage.stop()
    assert PASSWORD not in stage.said()


async def test_the_documented_rights_are_enough_for_a_gateway(secured: Secured, tmp_path: Path) -> None:
    await grant(secured.bootstrap, "gateway", rights("`gateway`"))
    settings = secured.mutual("gateway")
    gateway = Gateway(tmp_path, **settings, gateway_open="typeform")
    try:
        await gateway.start().ready()
        async with aiohttp.ClientSession() as session:
            erasure = {"type": "erasure", "customer_id": "c1", "occurred_at": "2026-03-01T09:30:00Z"}
            assert (await gateway.post(session, erasure))[0] == 200
            async with session.post(f"{gateway.url}/in/typeform", data=b"no JSON") as parked:
                assert parked.status == 200
    finally:
        gateway.kill()
        print(gateway.said())


async def test_the_documented_rights_are_enough_to_fetch_answers(secured: Secured, tmp_path: Path) -> None:
    await ensure_topics(Settings(**secured.login("operator")), [NOTIFICATIONS, NOTIFICATIONS_LATER])
    for user in ("gateway", "fetch"):
        await grant(secured.bootstrap, user, rights(f"`{user}`"))
    async with vendor() as (api, session):
        api.otherwise = response
        api.says(path_of(2), Reply(404), response(path_of(2)))
        api.says(path_of(3), Reply(400))
        file = sources_file(tmp_path, api.url)
        gateway = Gateway(tmp_path, **secured.mutual("gateway"), gateway_open="surveymonkey", gateway_sources=file)
        fetch = Fetch(tmp_path, **secured.mutual("fetch"), gateway_sources=file)
        try:
            await gateway.start().ready()
            await fetch.start().ready()
            for number in (1, 2, 3):
                async with session.post(f"{gateway.url}/in/surveymonkey", json=notification(number)) as answer:
                    assert answer.status == 200

            async def done() -> None:
                outcomes = (await fetch.metrics()).by("feedback_fetch_notifications_total", "outcome")
                assert (outcomes.get("fetched"), outcomes.get("given_up")) == (2.0, 1.0)
                assert outcomes["later"] > 0

            await eventually(done)
            fetch.stop()
        finally:
            gateway.kill()
            fetch.kill()
            print(gateway.said(), fetch.said())


async def test_the_documented_rights_are_enough_to_look_after_it(secured: Secured) -> None:
    looked = run("doctor", "--format", "json", **secured.login("operator"))
    findings = [json.loads(line) for line in looked.out.splitlines()]
    assert (looked.status, looked.err) == (0, "")
    assert {finding["state"] for finding in findings} == {"ok"}
    assert {"state": "ok", "what": "security", "found": "sasl_ssl, SCRAM-SHA-512 as operator", "advice": ""} in findings

    letters = run("dead-letters", "list", "--format", "json", **secured.login("operator"))
    assert (letters.status, letters.err) == (0, "")


def test_a_password_without_tls_is_warned_of(secured: Secured) -> None:
    settings = secured.login("operator", kafka_security="sasl_plaintext", kafka_ca_file="")
    looked = run("doctor", **settings | {"broker": f"{LOOPBACK}:{secured.open_login_port}"})
    assert looked.status == 0
    (warning,) = [line for line in looked.out.splitlines() if line.startswith("warning")]
    assert warning.startswith("warning security: sasl_plaintext, SCRAM-SHA-512 as operator")
    assert PASSWORD not in looked.out


def refused(ran: Ran, status: int = 1) -> str:
    """The one sentence of a command that was refused; in the doctor's case one of its findings."""
    assert ran.status == status, ran
    assert "Traceback" not in ran.err
    assert PASSWORD not in ran.out + ran.err
    if ran.out:
        (line,) = [line for line in ran.out.splitlines() if line.startswith("failed")]
        assert not ran.err
        return line.removeprefix("failed  broker: ")
    (line,) = ran.err.splitlines()
    return line.removeprefix("error: ")


#: What is wrong with the connection, and what is said of it after the address.
REFUSALS = {
    "password": "refuses user 'operator' with the password given (settings kafka_username, kafka_password)",
    "authority": "shows a certificate that is not trusted: unable to get local issuer certificate",
    "plaintext": "ends the conversation at once; it seems to expect something other than kafka_security=plaintext",
    "certificate": "asks for a certificate, and none is given (setting kafka_cert_file)",
}


def wrong(secured: Secured, what: str) -> dict[str, Any]:
    """Settings with this mistake."""
    mutual = secured.mutual("agent")
    return {
        "password": secured.login("operator", kafka_password="no"),  # noqa: S106  it is to be wrong
        "authority": secured.login("operator", kafka_ca_file=secured.directory / "foreign-ca.pem"),
        "plaintext": {"broker": f"{LOOPBACK}:{secured.login_port}"},
        "certificate": {name: mutual[name] for name in ("broker", "kafka_security", "kafka_ca_file")},
    }[what]


@pytest.mark.parametrize("command", ["worker", "send -", "doctor", "dead-letters list"])
@pytest.mark.parametrize("what", REFUSALS)
def test_who_is_refused_is_told_why_in_one_sentence(secured: Secured, what: str, command: str) -> None:
    settings = wrong(secured, what)
    said = refused(run(*command.split(), stdin=b"{}\n", **settings))
    assert said.startswith(f"Kafka at {settings['broker']} {REFUSALS[what]}")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"broker": "localhost"}, "shows a certificate of another host: Hostname mismatch"),
        ({"kafka_sasl_mechanism": "PLAIN"}, "does not take kafka_sasl_mechanism=PLAIN"),
        ({"kafka_security": "sasl_plaintext", "kafka_ca_file": ""}, "ends the conversation at once"),
    ],
    ids=["host", "mechanism", "security"],
)
def test_other_mistakes_are_named_as_well(secured: Secured, changed: dict[str, str], said: str) -> None:
    settings = secured.login("operator", **changed)
    settings["broker"] = f"{changed.get('broker', LOOPBACK)}:{secured.login_port}"
    assert refused(run("send", "-", stdin=b"{}\n", **settings)).startswith(f"Kafka at {settings['broker']} {said}")


def test_another_host_is_believed_if_asked_for(secured: Secured) -> None:
    settings = secured.login("operator", broker=f"localhost:{secured.login_port}", kafka_check_hostname="false")
    looked = run("doctor", **settings)
    assert looked.status == 0
    assert "warning security: sasl_ssl, SCRAM-SHA-512 as operator, host names not checked" in looked.out


SEEING = [Right(TOPIC, "feedback.", PREFIXED, DESCRIBE), Right(TOPIC, "feedback-", PREFIXED, DESCRIBE)]


@pytest.mark.parametrize("missing", rights("`worker`"), ids=lambda right: f"{right.operation}-{right.name}")
async def test_without_a_right_the_worker_ends_and_names_it(
    secured: Secured, services: Services, missing: Right
) -> None:
    user = f"no {missing.operation} {missing.name} {missing.type}"
    await grant(secured.bootstrap, user, [*SEEING, *(right for right in rights("`worker`") if right != missing)])
    sent = run("send", "-", "--quiet", stdin=b'{"score":"none"}\n' * 9, **secured.login("sender"))
    assert (sent.status, sent.err) == (0, "")
    service = services(publish_interval=0.2, **secured.mutual(user))
    if missing.name == "feedback.alerts":  # nothing is written there yet
        await service.ready()
        return
    assert service.wait() == 70
    *_, last = service.said().splitlines()
    said = json.loads(last)["message"]
    assert ": Kafka refuses a right that this needs (docs/security.md): [Error " in said
    assert missing.name in said
    assert "Traceback" not in service.said()


async def test_without_rights_commands_say_so(secured: Secured) -> None:
    def said(*command: str, user: str) -> str:
        return refused(run(*command, stdin=b"{}\n", **secured.login(user)))

    assert said("send", "-", user="operator").startswith("Kafka refuses a right that this needs (docs/security.md)")
    assert said("dead-letters", "list", user="sender").startswith("Kafka refuses a right that this needs")
    unseen = refused(run("worker", **secured.mutual("stranger")))
    assert "is not there, or not to be seen by this user, who may not make it either" in unseen
