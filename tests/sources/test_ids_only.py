"""Senders that sign in ways of their own, and those that push ids: what is asked of whom, and exports."""

from typing import Any
from urllib.parse import urlencode

import pytest
from multidict import CIMultiDict
from pydantic import ValidationError

from stream.errors import Rejected
from stream.sources.fetching import FetchedSource, part
from stream.sources.genesys import Genesys, GenesysOptions
from stream.sources.qualtrics import QualtricsOptions, QualtricsSignature
from stream.sources.schemes import Request
from stream.sources.twilio import TwilioSignature

from .examples import FILES, source_of
from .test_signatures import flipped

CALLS = [
    pytest.param(name, example, id=f"{name}: {example['is']}")
    for name, file in FILES.items()
    for example in file["deliveries"]
    if "calls" in example
]


@pytest.mark.parametrize(("name", "example"), CALLS)
def test_what_is_fetched_for_a_delivery(name: str, example: dict[str, Any]) -> None:
    source = source_of(name)
    assert isinstance(source, FetchedSource)
    assert [call.path for call in source.calls(example["payload"], {})] == example["calls"]


@pytest.mark.parametrize("id_", ["../1", "a/b", "", "a b", "ü", None, {}, "x" * 129])
def test_no_id_leads_to_another_address(id_: Any) -> None:
    with pytest.raises(Rejected):
        part(id_)


def test_a_token_goes_nowhere_in_clear() -> None:
    assert QualtricsOptions(api="https://fra1.qualtrics.com/API/v3/").api == "https://fra1.qualtrics.com/API/v3"
    assert QualtricsOptions(api="http://127.0.0.1:1").api == "http://127.0.0.1:1"
    with pytest.raises(ValidationError, match="begins with https"):
        QualtricsOptions(api="http://fra1.qualtrics.com/API/v3")


def test_a_survey_may_still_be_answered() -> None:
    source = Genesys(GenesysOptions())
    states = {"Finished": False, "Expired": False, "OptOut": False, "Sent": True, "Pending": True, "InProgress": True}
    for status, unfinished in states.items():
        assert source.unfinished({"fetched": [[{"status": "Expired"}, {"status": status}]]}) is unfinished
    assert source.unfinished({"fetched": [[]]}), "it may be made in the minutes after"


def test_what_only_the_survey_could_tell_is_rejected() -> None:
    delivered = FILES["surveymonkey"]["deliveries"][1]["payload"]
    response, survey = delivered["fetched"]
    source = source_of("surveymonkey")
    surveys: list[Any] = [None, {"pages": []}, {"pages": [survey["pages"][0] | {"questions": []}]}]
    for known in surveys:
        with pytest.raises(Rejected, match="no choice 1109"):
            source.events(delivered | {"fetched": [response, known]}, {})


# Signatures, as their senders have published them

FORM = {
    "CallSid": "CA1234567890ABCDE", "Caller": "+14158675309", "Digits": "1234", "From": "+14158675309",
    "To": "+18005551212",
}  # fmt: skip
ADDRESS = "https://mycompany.com/myapp.php?foo=1&bar=2"


def twilio(body: bytes, signature: str, url: str = ADDRESS) -> str:
    return TwilioSignature().check(Request(url, CIMultiDict({"X-Twilio-Signature": signature}), body), ["12345"], 0.0)


def test_twilio_signs_a_form() -> None:
    signature = "RSOYDt4T1cUTdK1PDd93/VVr8B8="
    assert twilio(urlencode(FORM).encode(), signature) == ""
    assert twilio(urlencode(dict(reversed(FORM.items()))).encode(), signature) == ""
    assert twilio(urlencode(FORM | {"Digits": "1235"}).encode(), signature) == "unauthenticated"
    assert twilio(urlencode(FORM).encode(), signature, ADDRESS + "&more=1") == "unauthenticated"
    several = [("Sid", "CA123"), ("SidAccount", "AC123"), ("Digits", "5678"), ("Digits", "1234"), ("Digits", "1234")]
    assert twilio(urlencode(several).encode(), "IK+Dwps556ElfBT0I3Rgjkr1wJU=") == ""
    assert twilio(urlencode(FORM).encode(), signature, ADDRESS + "&a=1" * 200) == "unauthenticated"
    for body in (b"", b"\xff=1", b'[{"type":"x"}]'):
        assert twilio(body, signature) == "unauthenticated"


def test_every_flipped_bit_of_twilios_signature_and_address_is_noticed() -> None:
    signed = FILES["twilio"]["signed"]
    body, signature, url = signed["body"].encode(), signed["headers"]["X-Twilio-Signature"], signed["url"]
    given = [(flipped(signature.encode(), bit), url.encode()) for bit in range(8 * len(signature))]
    given += [(signature.encode(), flipped(url.encode(), bit)) for bit in range(8 * len(url))]
    for one, address in given:
        header = CIMultiDict({"X-Twilio-Signature": one.decode("utf-8", "surrogateescape")})
        request = Request(address.decode("utf-8", "surrogateescape"), header, body)
        assert TwilioSignature().check(request, [signed["secret"]], 0.0) == "unauthenticated", (one, address)


def test_qualtrics_signs_its_message_however_the_form_is_written() -> None:
    form = next(example["payload"] for example in FILES["qualtrics"]["deliveries"] if "delivery" in example)
    secret = FILES["qualtrics"]["signed"]["secret"]

    def check(body: str) -> str:
        return QualtricsSignature().check(Request("", {}, body.encode()), ["another", secret], 0.0)

    assert check(urlencode(form)) == ""
    assert check(urlencode(form | {"MSG": form["MSG"].replace("Complete", "Completf")})) == "unauthenticated"
    assert check(urlencode(form | {"HMAC": form["HMAC"].upper()})) == "unauthenticated"
    for name in ("MSG", "%4dSG"):  # what is read must be what is signed
        assert check(f"{urlencode(form)}&{name}=%7B%7D") == "unauthenticated"
        assert check(f"{name}=%7B%7D&{urlencode(form)}") == ""
        assert source_of("qualtrics").parse(f"{name}=x&{urlencode(form)}".encode(), {}) == {"MSG": form["MSG"]}


# Exports


def test_exports_of_qualtrics() -> None:
    source = source_of("qualtrics")
    values = {"recordedDate": "2026-01-21T10:30:00Z", "finished": 1, "status": 0, "QID2": 8, "QID2_NPS_GROUP": 2}
    (delivery,) = source.exported({"responses": [{"responseId": "R_1", "values": values}]})
    (event,) = source.events(delivery, {})
    assert (event["response_id"], event["score"]) == ("qualtrics:R_1", 8)
    assert source.events(source.exported({"responseId": "R_1", "values": values})[0], {}) == [event]
    header = {"ResponseId": '{"ImportId":"_recordId"}', "QID7": '{"ImportId":"QID7"}'}
    assert source.exported(header) == []
    row = {"ResponseId": "R_2", "RecordedDate": "2026-01-21 10:30:00", "Finished": "True", "QID7": "4", "QID2": ""}
    zoned = type(source)(source.options.model_validate({"api": "https://x", "zone": "Europe/Paris", **ASKED}))
    (event,) = zoned.events(zoned.exported(row)[0], {})
    assert (event["response_id"], event["score"], event["occurred_at"]) == (
        "qualtrics:R_2", 4, "2026-01-21T10:30:00+01:00",
    )  # fmt: skip


ASKED = {"questions": {"QID7": {"kpi": "csat", "scale": {"min": 1, "max": 5}}}}


def test_exports_of_others_are_what_their_apis_show() -> None:
    monkey, genesys = source_of("surveymonkey"), source_of("genesys")
    response, survey = FILES["surveymonkey"]["deliveries"][1]["payload"]["fetched"]
    expected = FILES["surveymonkey"]["deliveries"][1]["events"]
    for document in ({"data": [response], "survey": survey}, response | {"survey": survey}):
        (delivery,) = monkey.exported(document)
        assert monkey.events(delivery, {}) == expected
    with pytest.raises(Rejected):
        monkey.exported({"data": [{"id": "1"}]})
    surveys = FILES["genesys"]["deliveries"][7]["payload"]["fetched"][0]
    expected = FILES["genesys"]["deliveries"][7]["events"]
    (delivery,) = genesys.exported({"entities": surveys})
    assert genesys.events(delivery, {}) == expected
    assert genesys.events(genesys.exported(surveys[0])[0], {}) == expected
