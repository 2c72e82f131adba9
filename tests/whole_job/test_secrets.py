"""A dozen secrets in the settings of runs: none is printed, recorded, or in a file of the root."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from tests.whole_job.running import AS_OF, QUICK_JOB, rfmf, settings, write_features

pytestmark = pytest.mark.slow

# Settings by name; this and two digits are a secret each.
MARK = "PlantedSecret"
PLANTED = {
    "spark.hadoop.fs.azure.account.key.box.dfs.core.windows.net": f"{MARK}01==",
    "spark.hadoop.fs.azure.sas.trades.box.blob.core.windows.net": f"sv=2024&sig={MARK}02",
    "spark.hadoop.fs.s3a.secret.key": f"{MARK}03/x",
    "spark.hadoop.fs.s3a.access.key": f"{MARK}04",
    "spark.hadoop.fs.s3a.session.token": f"{MARK}05",
    "spark.executor.extraJavaOptions": f"-Dx=1 -Djavax.net.ssl.trustStorePassword={MARK}06 -Dy=2",
    "spark.driver.defaultJavaOptions": f'-Dacme.keyPassword="{MARK}07 {MARK}08"',
    "spark.jars.repositories": f"https://ann:{MARK}09@repo.acme/maven",
    "spark.hadoop.javax.jdo.option.ConnectionURL": f"jdbc:mysql://db/m?user=u&password={MARK}10",
    "spark.acme.endpoint": f"https://box.acme/c?X-Amz-Signature={MARK}11&x=1",
    "spark.acme.connection": f"AccountName=box;AccountKey={MARK}12;Suffix=net",
    "spark.acme.vault.entry": f"{MARK}13",
    "spark.redaction.regex": "(?i)secret|vault",
}
# On Spark settings of hadoop and jars would be looked up.
EMBEDDED = {"session.engine": "embedded"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("secrets")


@pytest.fixture(scope="module")
def printed(spark: SparkSession, folder: Path) -> dict[str, str]:
    """What commands print: a complete run, a refused one, mistakes, and all that shows runs."""
    root = settings({"output.root": folder / "root"})
    given = [*settings(PLANTED | EMBEDDED), *root]
    features = settings({"input.features": write_features(folder / "features.csv")})
    quick = settings(QUICK_JOB | {"report.enabled": "true"})
    lost = settings({"input.features": f"{folder}/lost?sig={MARK}14/features.csv"})
    commands: dict[str, tuple[int, list[str]]] = {
        "run": (0, ["run", "--as-of", AS_OF, *features, *quick, *given]),
        "refused": (3, ["run", "--as-of", AS_OF, *lost, *quick, *given]),
        "mistake": (2, ["config", *given, *settings({"spark.acme.password": "[x"}), "--set", "x"]),
        "missing value": (2, ["config", "--set", f"spark.acme.token {MARK}15"]),
        "unknown": (2, ["config", "--set", f"sparky.password={MARK}16"]),
        "wrong address": (2, ["config", "--set", f"session.remote=h:1/;token={MARK}17"]),
        "config": (0, ["config", *given]),
        "config as JSON": (0, ["config", "--json", *given]),
        "runs": (0, ["runs", "--json", *root]),
        "show": (0, ["show", "latest", *root]),
        "show as JSON": (0, ["show", "latest", "--json", *root]),
        "report": (0, ["report", *root]),
        "model": (0, ["model", "export", "--run", "latest", "--out", "-", *root]),
    }
    outputs = {}
    for name, (code, arguments) in commands.items():
        ended = rfmf(*arguments, report_end=True)
        assert ended.code == code, (name, ended.stderr)
        outputs[name] = ended.stdout + ended.stderr
    return outputs


def texts_of(root: Path) -> Iterator[tuple[Path, str]]:
    """Every file as it is, and every Parquet file as its rows too, which are compressed."""
    for file in root.rglob("*"):
        if file.is_file():
            yield file, file.read_bytes().decode("latin-1")
        if file.suffix == ".parquet":
            yield file, str(pq.ParquetFile(file).read().to_pylist())


def test_nothing_that_is_printed_has_a_secret(printed: dict[str, str]) -> None:
    assert {name: text for name, text in printed.items() if MARK in text} == {}
    assert "spark.hadoop.fs.azure.account.key.box.dfs.core.windows.net" in printed["config as JSON"]
    shown = "-Dx=1 -Djavax.net.ssl.trustStorePassword=(hidden) -Dy=2"
    assert shown in printed["config as JSON"]
    assert shown in printed["show as JSON"]
    assert "lost?sig=(hidden)" in printed["refused"]


def test_no_table_and_no_file_of_a_run_has_one(printed: dict[str, str], folder: Path) -> None:
    texts = list(texts_of(folder / "root"))
    assert [file for file, text in texts if MARK in text] == []
    # The search finds what is there.
    assert [file for file, text in texts if "trustStorePassword=(hidden)" in text]
    assert [file for file, text in texts if "lost?sig=(hidden)" in text]
    assert {file.suffix for file, _ in texts} >= {".json", ".parquet", ".html"}
