"""Which sources are on: secrets of files and environment, the operator's file, and what is said of mistakes."""

import re
from pathlib import Path
from typing import Any

import pytest

from stream.errors import SettingsError
from stream.fetch.service import fetched_of
from stream.gateway.inlets import inlets, sources, tokens
from stream.settings import Settings
from stream.sources.schemes import Basic, Open, Token


def on(environment: dict[str, str] | None = None, **settings: Any) -> dict[str, tuple[str, ...]]:
    """The secrets of the sources that are on."""
    return {name: inlet.secrets for name, inlet in inlets(Settings(**settings), environment or {}).items()}


def test_a_source_without_a_secret_is_off() -> None:
    assert on() == {}
    assert on({"FEEDBACK_GATEWAY_STRIPE_SECRETS": ""}) == {}


def test_secrets_of_the_environment_have_blanks_between_them() -> None:
    assert on({"FEEDBACK_GATEWAY_STRIPE_SECRETS": "new old", "OTHER": "x"}) == {"stripe": ("new", "old")}


def test_secrets_of_files_are_one_a_line(tmp_path: Path) -> None:
    (tmp_path / "zendesk").write_text("new one\r\n\nold\n")
    (tmp_path / "..data").mkdir()  # as Kubernetes mounts them
    (tmp_path / ".hidden").write_text("x")
    assert on(gateway_secrets=tmp_path) == {"zendesk": ("new one", "old")}
    assert on({"FEEDBACK_GATEWAY_ZENDESK_SECRETS": "mine"}, gateway_secrets=tmp_path) == {"zendesk": ("mine",)}


def said(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "sources.yaml"
    file.write_text(text)
    return file


def test_the_file_says_more_of_sources_and_names_others(tmp_path: Path) -> None:
    file = said(
        tmp_path,
        """
        typeform-shop:
          source: typeform
          questions: {how_easy: ces, stars: {kpi: csat, scale: {min: 1, max: 5}}}
        delighted:
          auth: {scheme: token, header: X-Token, prefix: ""}
        zendesk:
          auth: {scheme: open}
          allow: [192.0.2.0/24, "2001:db8::/32"]
        """,
    )
    environment = {f"FEEDBACK_GATEWAY_{name}_SECRETS": "s" for name in ("TYPEFORM_SHOP", "DELIGHTED", "STRIPE")}
    found = inlets(Settings(gateway_sources=file), environment)
    assert set(found) == {"typeform-shop", "delighted", "stripe", "zendesk"}
    shop = found["typeform-shop"].source
    assert (shop.name, shop.own(1)) == ("typeform-shop", "typeform-shop:1")
    assert shop.question("how_easy") is not None
    assert found["delighted"].scheme == Token(header="X-Token", prefix="")
    assert isinstance(found["zendesk"].scheme, Open)
    assert [found["zendesk"].lets_in(address) for address in ("192.0.2.9", "2001:db8::1", "::1")] == [True, True, False]


def test_a_source_may_be_open_on_loopback(tmp_path: Path) -> None:
    assert on(gateway_open="stripe,shopify") == {"stripe": (), "shopify": ()}
    assert on(gateway_open="stripe", gateway_http="[::1]:1") == {"stripe": ()}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[stripe]", "must hold a mapping of names"),
        ("stripe: 1", "must hold a mapping of names"),
        ("a: [", "cannot be read"),
        ("nobody: {}", "nobody: source must be one of"),
        ("Typeform: {source: typeform}", "the name in a-z, 0-9"),
        ("stripe: {tests: true}", "stripe.tests: there is no such option; there are source, auth, allow"),
        ("stripe: {allow: [here]}", "stripe.allow.0"),
        ("typeform: {questions: {a: fcr}}", "typeform.questions.a: kpi must be one of ces, csat, enps, nps; got 'fcr'"),
        ("typeform: {auth: {scheme: magic}}", "typeform.auth"),
        ("typeform: {questions: {a: {kpis: nps}}}", "typeform.questions.a.kpi: Field required"),
        ("generic: {}", "generic.events: Field required"),
        ("generic: {events: [{event: order, fields: {price: 1}}]}", "order has no field price; it has"),
        ("generic: {events: [{event: vote, fields: {}}]}", "event must be one of"),
        ("generic: {zone: Mars/North, events: [{event: order, fields: {}}]}", "there is no time zone 'Mars/North'"),
        ("generic: {events: [{event: order, fields: {}}]}", "generic: the scheme open needs a list of networks"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_in_one_sentence(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SettingsError, match=re.escape(message)) as raised:
        on(gateway_sources=said(tmp_path, text))
    assert "Traceback" not in str(raised.value)


@pytest.mark.parametrize(
    ("settings", "environment", "message"),
    [
        ({"gateway_open": "stripe", "gateway_http": "0.0.0.0:1"}, {}, "gateway_open is for loopback only"),
        ({"gateway_open": "nobody"}, {}, "there is no source nobody; there are "),
        ({}, {"FEEDBACK_GATEWAY_NO_ONE_SECRETS": "hush"}, "there is no source no-one; there are"),
        (
            {},
            {"FEEDBACK_GATEWAY_QUALTRICS_SECRETS": "hush"},
            "qualtrics has to be said more of, in the file of sources",
        ),
        ({}, {"FEEDBACK_GATEWAY_STRIPE_SECRET": "hush"}, "it is called FEEDBACK_GATEWAY_STRIPE_SECRETS"),
        ({}, {"FEEDBACK_GATEWAY_STRIPE_SECRETS": " "}, "FEEDBACK_GATEWAY_STRIPE_SECRETS holds no secret"),
        ({"gateway_secrets": "/nowhere"}, {}, "gateway_secrets: /nowhere cannot be read: No such file"),
        ({"gateway_sources": "/nowhere"}, {}, "gateway_sources: /nowhere cannot be read: No such file"),
    ],
)
def test_other_mistakes(settings: dict[str, Any], environment: dict[str, str], message: str) -> None:
    with pytest.raises(SettingsError, match=re.escape(message)) as raised:
        on(environment, **settings)
    assert "hush" not in str(raised.value)


def test_a_binary_secret_is_none(tmp_path: Path) -> None:
    (tmp_path / "stripe").write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match="it is not text"):
        on(gateway_secrets=tmp_path)


def test_a_source_can_be_asked_for_a_password_instead(tmp_path: Path) -> None:
    file = said(tmp_path, "shopify: {auth: {scheme: basic}}")
    found = inlets(Settings(gateway_sources=file), {"FEEDBACK_GATEWAY_SHOPIFY_SECRETS": "u:p"})
    assert found["shopify"].scheme == Basic()


def test_tokens_for_apis(tmp_path: Path) -> None:
    (tmp_path / "qualtrics").write_text("t0ken\n")
    environment = {"FEEDBACK_FETCH_SURVEYMONKEY_TOKEN": "own", "FEEDBACK_GATEWAY_STRIPE_SECRETS": "x"}
    assert tokens(Settings(fetch_secrets=tmp_path), environment) == {"qualtrics": "t0ken", "surveymonkey": "own"}
    (tmp_path / "genesys").write_text("one\ntwo\n")
    with pytest.raises(SettingsError, match="fetch_secrets: genesys holds 2 tokens") as raised:
        tokens(Settings(fetch_secrets=tmp_path), environment)
    assert "two" not in str(raised.value)


def test_a_token_must_be_for_a_source_that_is_fetched() -> None:
    known = sources(Settings())
    assert set(fetched_of(known, {"surveymonkey": "t"})) == {"surveymonkey"}
    for given, message in (
        ({"stripe": "t"}, "stripe is no source whose answers are fetched"),
        ({"nobody": "t"}, "there is no source nobody"),
        ({"qualtrics": "t"}, "qualtrics has to be said more of"),
        ({}, "there is no token"),
    ):
        with pytest.raises(SettingsError, match=message):
            fetched_of(known, given)
    with pytest.raises(SettingsError, match="it is called FEEDBACK_FETCH_SURVEYMONKEY_TOKEN"):
        tokens(Settings(), {"FEEDBACK_FETCH_SURVEYMONKEY_TOKENS": "t"})
