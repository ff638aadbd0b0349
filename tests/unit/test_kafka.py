"""Options for Kafka's clients: what fits together, which files can be used, and that no secret is told."""

import ssl
from pathlib import Path
from typing import Any

import pytest
import trustme

from stream.app import _credentials
from stream.cli import main
from stream.errors import SettingsError
from stream.kafka import client_options
from stream.kafka_settings import KafkaSettings, unsecured
from stream.settings import Settings

SECRET = "s3cret"  # noqa: S105  nobody's
LOGIN: dict[str, Any] = {"kafka_security": "sasl_ssl", "kafka_username": "u", "kafka_password": SECRET}


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Any]:
    """Settings with good files."""
    authority = trustme.CA()
    own, other = authority.issue_cert("client.example"), authority.issue_cert("other.example")
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    own.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    own.private_key_pem.write_to_path(tmp_path / "key.pem")
    other.private_key_pem.write_to_path(tmp_path / "other.pem")
    (tmp_path / "text.pem").write_text("no PEM")
    (tmp_path / "password").write_text(f"{SECRET}\n")
    named = {f"kafka_{name}_file": tmp_path / f"{name}.pem" for name in ("ca", "cert", "key")}
    return {"kafka_security": "ssl"} | named


def test_a_user_with_a_password() -> None:
    options = client_options(Settings(**LOGIN | {"kafka_security": "sasl_plaintext"}))
    assert options == {
        "bootstrap_servers": "127.0.0.1:9092", "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": "SCRAM-SHA-512", "sasl_plain_username": "u", "sasl_plain_password": SECRET,
    }  # fmt: skip


def test_a_password_from_a_file_is_its_line(tmp_path: Path) -> None:
    path = tmp_path / "password"
    path.write_bytes(" pässword \r\n".encode())
    settings = Settings(kafka_security="sasl_ssl", kafka_username="u", kafka_password_file=path)
    assert client_options(settings)["sasl_plain_password"] == " pässword "  # noqa: S105  nobody's


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "cannot be used: No such file"), (b"\n", "must hold one line"), (b"a\nb\n", "must hold one line"),
     (b"\xff\n", "cannot be used: it is not text")],
)  # fmt: skip
def test_a_file_that_holds_no_password_is_refused(tmp_path: Path, content: bytes | None, said: str) -> None:
    path = tmp_path / "password"
    if content is not None:
        path.write_bytes(content)
    settings = Settings(kafka_security="sasl_ssl", kafka_username="u", kafka_password_file=path)
    with pytest.raises(SettingsError, match=f"^kafka_password_file: {path} {said}"):
        client_options(settings)


def test_certificates_and_host_names_are_checked(files: dict[str, Any]) -> None:
    context = client_options(Settings(**files))["ssl_context"]
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert len(context.get_ca_certs()) == 1
    context = client_options(Settings(**files, kafka_check_hostname=False))["ssl_context"]
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, False)


@pytest.mark.parametrize(
    ("name", "file", "said"),
    [
        ("kafka_ca_file", "missing.pem", "No such file or directory"),
        ("kafka_ca_file", "", "Is a directory"),
        ("kafka_ca_file", "text.pem", "no certificate or crl found"),
        ("kafka_cert_file", "missing.pem", "No such file or directory"),
        ("kafka_cert_file", "text.pem", "it is not PEM, or kafka_key_password does not open the key"),
        ("kafka_key_file", "missing.pem", "No such file or directory"),
        ("kafka_key_file", "other.pem", "key values mismatch"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(
    files: dict[str, Any], tmp_path: Path, name: str, file: str, said: str
) -> None:
    with pytest.raises(SettingsError, match=rf"^kafka_\w+: .*{tmp_path / file}.* cannot be used: {said}$"):
        client_options(Settings(**files | {name: tmp_path / file}))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"kafka_username": "u"}, "kafka_username is not used with kafka_security=plaintext; set that to sasl_ssl"),
        ({"kafka_password": SECRET}, "kafka_password is not used with kafka_security=plaintext"),
        ({"kafka_ca_file": "ca"}, "kafka_ca_file is not used with kafka_security=plaintext; set that to ssl"),
        (LOGIN | {"kafka_security": "ssl"}, "kafka_password is not used with kafka_security=ssl"),
        (LOGIN | {"kafka_username": ""}, "kafka_security=sasl_ssl needs kafka_username"),
        (LOGIN | {"kafka_password": ""}, "kafka_security=sasl_ssl needs either kafka_password or kafka_password_file"),
        (LOGIN | {"kafka_password_file": "p"}, "kafka_security=sasl_ssl needs either kafka_password or"),
        ({"kafka_security": "ssl", "kafka_cert_file": "c"}, "kafka_cert_file needs kafka_key_file beside it"),
        ({"kafka_security": "ssl", "kafka_key_file": "k"}, "kafka_key_file needs kafka_cert_file beside it"),
        (LOGIN | {"kafka_key_password": SECRET}, "kafka_key_password needs kafka_key_file beside it"),
    ],
)
def test_settings_that_do_not_fit_together_are_named(given: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsError) as refused:
        Settings.load(**given)
    assert str(refused.value).startswith(f"settings: {said}")
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize("line", [f'kafka_pasword = "{SECRET}"', f'kafka_password = ["{SECRET}"]'])
def test_a_password_under_a_wrong_name_or_of_a_wrong_form_is_not_told(
    tmp_path: Path, line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "feedback.toml").write_text(line)
    monkeypatch.setenv("FEEDBACK_CONFIG", str(tmp_path / "feedback.toml"))
    monkeypatch.setattr("sys.argv", ["feedback-stream", "send", "-"])
    with pytest.raises(SystemExit) as end:
        main()
    said = capsys.readouterr()
    assert end.value.code == 2
    assert said.err.startswith(f"error: {line.partition(' ')[0]}: ")
    assert SECRET not in said.err + said.out


def test_no_secret_is_shown_with_the_settings() -> None:
    settings = Settings(**LOGIN)
    assert SECRET not in f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"


def test_an_own_broker_is_reached_whatever_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (LOGIN | {"kafka_ca_file": "ca"}).items():
        monkeypatch.setenv(f"FEEDBACK_{name.upper()}", value)
    assert client_options(Settings.load(**unsecured()))["security_protocol"] == "PLAINTEXT"
    assert set(unsecured()) == {name for name in KafkaSettings.model_fields if name.startswith("kafka_")}


def test_faust_is_told_the_same(files: dict[str, Any]) -> None:
    credentials: Any = _credentials(Settings(**LOGIN))
    assert (credentials.protocol.value, credentials.mechanism.value) == ("SASL_SSL", "SCRAM-SHA-512")
    assert (credentials.username, credentials.password) == ("u", SECRET)
    assert credentials.ssl_context.check_hostname
    certified: Any = _credentials(Settings(**files))
    assert certified.context.check_hostname
    assert _credentials(Settings()) is None
