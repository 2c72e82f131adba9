"""What a run says of the software that made it, and of who ran it."""

from __future__ import annotations

import getpass
import hashlib
import re
import socket
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

import rfmf_spark
from rfmf_spark.run.provenance import describe_versions
from rfmf_spark.session.account import account
from rfmf_spark.session.doctor import PINNED_DELTA, PINNED_PYSAIL


def test_a_run_on_the_embedded_engine_says_account_host_and_digest(spark: SparkSession) -> None:
    versions = describe_versions(spark)
    assert versions["by"] == {"user": getpass.getuser(), "host": socket.gethostname()}
    assert versions["engine"] == f"sail {PINNED_PYSAIL}"
    assert re.fullmatch("[0-9a-f]{64}", versions["package"])
    assert "delta" not in versions


def test_the_digest_is_that_of_names_and_contents_of_all_files(spark: SparkSession) -> None:
    folder = Path(rfmf_spark.__file__).parent
    written = [file for file in folder.rglob("*") if file.suffix in (".py", ".yaml", ".j2")]
    digest = hashlib.sha256()
    for name, file in sorted((file.relative_to(folder).as_posix(), file) for file in written):
        digest.update(name.encode() + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    assert describe_versions(spark)["package"] == digest.hexdigest()


@pytest.mark.slow
def test_a_run_on_spark_says_its_application_and_the_jars_of_delta(
    classic_spark: SparkSession,
) -> None:
    versions = describe_versions(classic_spark)
    assert versions["delta"] == PINNED_DELTA
    assert versions["by"]["application"] == classic_spark.sparkContext.applicationId


def test_an_account_without_a_name_has_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def nameless() -> str:
        raise KeyError("getpwuid(): uid not found")

    monkeypatch.setattr(getpass, "getuser", nameless)
    assert re.fullmatch(r"user \d+", account())
