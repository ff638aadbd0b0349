"""deploy/sources.yaml, which Compose and Kubernetes give to gateway and fetch: safe as it is, right if it is used."""

import re
from pathlib import Path

import pytest

from stream.gateway.inlets import inlets, sources
from stream.settings import Settings
from stream.sources import CATALOGUE
from stream.sources.fetching import FetchedSource

from .compose import ROOT, SERVICES
from .test_kubernetes import CORE

FILE = ROOT / "deploy" / "sources.yaml"
TEXT = FILE.read_text(encoding="utf-8")
#: Where the image has it.
IN_COMPOSE, IN_KUBERNETES = "/etc/feedback-stream/sources.yaml", "/etc/feedback-stream/sources"


def test_as_it_is_it_says_nothing() -> None:
    settings = Settings(gateway_sources=FILE)
    assert sources(settings).keys() == sources(Settings()).keys()
    assert inlets(settings, {}) == {}


def test_without_its_hashes_it_can_be_used(tmp_path: Path) -> None:
    used = tmp_path / "sources.yaml"
    used.write_text(re.sub(r"^# ", "", TEXT, flags=re.MULTILINE), encoding="utf-8")
    settings = Settings(gateway_sources=used)
    said = sources(settings)
    assert {"typeform", "zendesk-shop", "qualtrics", "surveymonkey", "our-tool"} <= said.keys()
    assert isinstance(said["qualtrics"], FetchedSource)
    assert said.keys() - CATALOGUE.keys() == {"zendesk-shop", "our-tool"}
    assert inlets(settings, {}) == {}, "not even then is one on without a secret"
    on = inlets(settings, {"FEEDBACK_GATEWAY_OUR_TOOL_SECRETS": "s3cret"})
    assert on.keys() == {"our-tool"}


def test_it_holds_no_secret() -> None:
    assert not re.search(r"(?i)(password|token|secret)s?\s*:", TEXT)


@pytest.mark.parametrize("name", ["gateway", "fetch"])
def test_compose_mounts_it(name: str) -> None:
    service = SERVICES[name]
    assert service["environment"]["FEEDBACK_GATEWAY_SOURCES"] == IN_COMPOSE
    assert service["environment"].items() >= SERVICES["worker"]["environment"].items()
    assert f"./{FILE.relative_to(ROOT)}:{IN_COMPOSE}:ro" in service["volumes"]


@pytest.mark.parametrize("name", ["gateway", "fetch"])
def test_kubernetes_mounts_the_same(name: str) -> None:
    (held,) = CORE["ConfigMap feedback-sources"]["data"].items()
    assert held == (FILE.name, TEXT)
    pod = CORE[f"Deployment feedback-{name}"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    (path,) = (each["value"] for each in container["env"] if each["name"] == "FEEDBACK_GATEWAY_SOURCES")
    (volume,) = (each["name"] for each in pod["volumes"] if each.get("configMap") == {"name": "feedback-sources"})
    assert {"name": volume, "mountPath": IN_KUBERNETES, "readOnly": True} in container["volumeMounts"]
    assert path == f"{IN_KUBERNETES}/{FILE.name}"
