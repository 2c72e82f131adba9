"""Which address of Spark Connect applies, and what stands in the way of a server."""

from __future__ import annotations

import socket
import subprocess
import sys
from importlib import metadata
from unittest.mock import Mock

import pytest

from rfmf_spark.config.loading import load_settings
from rfmf_spark.errors import ConfigurationError, EnvironmentMismatchError
from rfmf_spark.session import connect
from rfmf_spark.session.connect import (
    CONNECT_PACKAGES,
    connect_address,
    is_server,
    without_parameters,
)
from rfmf_spark.session.doctor import Check


@pytest.fixture(autouse=True)
def no_remote(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SPARK_REMOTE", "SPARK_API_MODE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def silent_port() -> int:
    """A port on which nothing listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def address_of(*assignments: str) -> str | None:
    return connect_address(load_settings("local", assignments=assignments).settings)


def set_versions(monkeypatch: pytest.MonkeyPatch, **versions: str | None) -> None:
    """Let distributions have these versions, None for missing; the rest is as it is."""
    actual = metadata.version

    def version(distribution: str) -> str:
        found = versions.get(distribution.replace("-", "_"), "")
        if found is None:
            raise metadata.PackageNotFoundError(distribution)
        return found or actual(distribution)

    monkeypatch.setattr(metadata, "version", version)


def test_spark_is_classic_unless_connect_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    assert address_of() is None
    monkeypatch.setenv("SPARK_REMOTE", "")
    assert address_of() is None


def test_the_setting_comes_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPARK_REMOTE", "sc://from-environment")
    assert address_of() == "sc://from-environment"
    assert address_of("session.remote=sc://from-setting") == "sc://from-setting"


def test_the_mode_connect_by_itself_takes_the_master(monkeypatch: pytest.MonkeyPatch) -> None:
    assert address_of("spark.api.mode=connect", "session.master=local[3]") == "local[3]"
    monkeypatch.setenv("SPARK_API_MODE", "Connect")
    assert address_of("session.master=local[4]") == "local[4]"
    monkeypatch.setenv("SPARK_REMOTE", "sc://host")
    assert address_of() == "sc://host"


def test_only_an_address_with_its_scheme_is_a_server() -> None:
    assert is_server("sc://host:15002")
    assert not is_server("local[2]")
    assert not is_server(None)


def test_an_address_is_shown_without_its_token() -> None:
    assert without_parameters("sc://host:443/;use_ssl=true;token=hush") == "sc://host:443"
    assert without_parameters("sc://host:443") == "sc://host:443"


def test_the_packages_of_the_client_are_there() -> None:
    check = connect.check_connect_packages()
    assert check.ok, check.found


@pytest.mark.parametrize(("grpcio", "told"), [(None, "grpcio missing"), ("1.9.0", "grpcio 1.9.0")])
def test_a_missing_or_old_package_is_told_with_all_that_are_needed(
    monkeypatch: pytest.MonkeyPatch, grpcio: str | None, told: str
) -> None:
    set_versions(monkeypatch, grpcio=grpcio)
    with pytest.raises(EnvironmentMismatchError, match="Spark Connect: found ") as error:
        connect.require_client()
    assert told in str(error.value)
    for name, least in CONNECT_PACKAGES.items():
        assert f'"{name}>={least}"' in str(error.value)


def test_a_client_of_another_spark_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connect, "imported_version", lambda module: "4.1.1")
    check = connect.check_client()
    assert (check.ok, check.found) == (False, "pyspark 4.1.1")
    assert check.remedy == "pip install pyspark==4.2.0"


def test_silence_is_told_without_the_token(
    monkeypatch: pytest.MonkeyPatch, silent_port: int
) -> None:
    monkeypatch.setattr(connect, "ANSWER_SECONDS", 1)
    with pytest.raises(EnvironmentMismatchError) as error:
        connect.require_answer(f"sc://127.0.0.1:{silent_port}/;token=hush")
    assert str(error.value) == (
        f"no Spark Connect server answers at sc://127.0.0.1:{silent_port} within 1 s; start the "
        f"server, or correct --remote, session.remote or SPARK_REMOTE"
    )


@pytest.mark.parametrize("address", ["sc://host:port", "sc://host/path", "sc://host/;token"])
def test_an_address_that_spark_cannot_read_is_refused(address: str) -> None:
    with pytest.raises(ConfigurationError, match="is no address of a Spark Connect server"):
        connect.require_answer(address)


def test_the_doctor_starts_no_session_where_a_package_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    set_versions(monkeypatch, zstandard=None)
    start = Mock()
    checks = connect.run_server_checks("sc://host", start)
    assert [(check.name, check.ok) for check in checks[-2:]] == [
        ("Spark Connect", False),
        ("Server", False),
    ]
    start.assert_not_called()


def test_the_doctor_tells_what_it_found_at_the_address() -> None:
    checks = connect.run_server_checks("sc://host/;token=hush", lambda: Mock(version="4.2.0"))
    assert checks[-1] == Check("Server", True, "sc://host has Spark 4.2.0 and Delta")
    silence = EnvironmentMismatchError("no Spark Connect server answers at sc://host")
    checks = connect.run_server_checks("sc://host", Mock(side_effect=silence))
    assert checks[-1] == Check("Server", False, str(silence))


def test_the_module_is_importable_without_pyspark_and_without_grpc() -> None:
    code = (
        "import sys; sys.modules.update(dict.fromkeys(['pyspark', 'grpc']))\n"
        "from rfmf_spark.session.connect import check_client\n"
        "print(check_client().found)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert answer.stdout.startswith("pyspark missing")
