"""No classic-only API in the package and the jobs: what Spark Connect lacks must not slip in.

Only where spark-submit has started the JVM is there something to ask it, in one module.

Imports are also refused by ruff (``banned-api`` in pyproject.toml); attributes need to be seen.
"""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator

import pytest

from tests.wheel import CHECKOUT

EXEMPT = "rfmf_spark/session/driver_jvm.py"
# The driver's JVM, RDDs, and what hangs on a SparkContext. ``F.broadcast`` is a hint, and fine.
CLASSIC_ATTRIBUTES = {
    "_jdf", "_jsc", "_jsparkSession", "_jvm", "_sc", "_to_java", "_java_obj",
    "accumulator", "parallelize", "rdd", "sparkContext", "toRDD",
}  # fmt: skip
CLASSIC_MODULES = (
    "delta", "py4j", "pyspark.accumulators", "pyspark.broadcast", "pyspark.core", "pyspark.mllib",
    "pyspark.rdd", "pyspark.sql.classic", "pyspark.streaming",
)  # fmt: skip
CLASSIC_NAMES = {
    "Accumulator", "Broadcast", "DeltaTable", "RDD", "SQLContext", "SparkConf", "SparkContext",
}  # fmt: skip

# Packages that work without Spark, and use one of these names for things of their own.
WITHOUT_SPARK = {"deltalake"}


def classic_uses(source: str) -> list[str]:
    """Whatever in a module's source only classic Spark has, each with its line."""
    found = [use for node in ast.walk(ast.parse(source)) for use in _uses_of(node)]
    return sorted(f"{line}: {name}" for line, name in found)


def _uses_of(node: ast.AST) -> Iterator[tuple[int, str]]:
    if isinstance(node, ast.Attribute) and node.attr in CLASSIC_ATTRIBUTES | CLASSIC_NAMES:
        yield node.lineno, node.attr
    # As in getattr(session, "_jvm").
    if isinstance(node, ast.Constant) and node.value in CLASSIC_ATTRIBUTES:
        yield node.lineno, str(node.value)
    if isinstance(node, ast.Import):
        for alias in node.names:
            if _is_classic_module(alias.name):
                yield node.lineno, alias.name
    if isinstance(node, ast.ImportFrom) and node.module is not None:
        for alias in node.names:
            full_name = f"{node.module}.{alias.name}"
            is_classic_name = alias.name in CLASSIC_NAMES and node.module not in WITHOUT_SPARK
            if _is_classic_module(full_name) or is_classic_name:
                yield node.lineno, full_name


def _is_classic_module(name: str) -> bool:
    return any(name == module or name.startswith(f"{module}.") for module in CLASSIC_MODULES)


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("users.rdd.map(str)", ["1: rdd"]),
        ("spark.sparkContext.broadcast(1)", ["1: sparkContext"]),
        ("x = 1\nframe._jdf", ["2: _jdf"]),
        ("getattr(spark, '_jvm')", ["1: _jvm"]),
        ("from pyspark import SparkContext", ["1: pyspark.SparkContext"]),
        ("import pyspark\npyspark.SparkContext()", ["2: SparkContext"]),
        ("from delta.tables import DeltaTable", ["1: delta.tables.DeltaTable"]),
        ("from deltalake import DeltaTable", []),
        ("from pyspark.sql import classic", ["1: pyspark.sql.classic"]),
        ("import pyspark.core.context", ["1: pyspark.core.context"]),
        ("from pyspark.sql import functions as F\nF.broadcast(cells)", []),
        ("spark.read.format('delta').load('rdd.parquet')", []),
    ],
)
def test_classic_only_api_is_seen_and_the_rest_is_not(source: str, found: list[str]) -> None:
    assert classic_uses(source) == found


@pytest.mark.parametrize("folder", ["rfmf_spark", "jobs"])
def test_the_package_and_the_jobs_use_only_what_spark_connect_has(folder: str) -> None:
    files = sorted((CHECKOUT / folder).rglob("*.py"))
    assert files
    uses = {
        file.relative_to(CHECKOUT).as_posix(): classic_uses(file.read_text(encoding="utf-8"))
        for file in files
    }
    assert {file for file, found in uses.items() if found} == ({EXEMPT} & uses.keys())


def test_ruff_refuses_the_same_imports() -> None:
    settings = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())
    lint = settings["tool"]["ruff"]["lint"]
    assert "TID251" in lint["select"]
    banned = lint["flake8-tidy-imports"]["banned-api"]
    assert [module for module in CLASSIC_MODULES if module not in banned] == []
