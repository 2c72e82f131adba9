"""Looking at inputs before a run, and at what a run has refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from rfmf_spark.ledger.inspection import mask_record
from tests.whole_job.running import QUICK_JOB, rfmf, settings

AS_OF = "2019-08-14"
SECRET_USER = "zhang-san-137"


def inputs(folder: Path, **given: object) -> list[str]:
    (folder / "trades.csv").write_text(
        "trade_id,user_id,trade_date,trade_type,amount\n"
        "t1,u1,2019-01-02,subscription,100.00\n"
        "t2,u2,2019-01-03,subscription,200.00\n"
        f"t3,{SECRET_USER},2019-01-03,subscription,98765432x\n"
        "t4,u3,2019-01-03,gift,1\n"
        "t5,u3,2020-01-03,subscription,1\n"
    )
    chosen: dict[str, object] = {
        "input.trades": folder / "trades.csv",
        "output.root": folder / "out",
        "features.basis": "amount",
        "quality.max_bad_share": 0.5,
    } | {name.replace("__", "."): value for name, value in given.items()}
    return settings(QUICK_JOB | chosen)


def test_valid_inputs_are_told_row_by_row_and_nothing_is_written(
    spark: SparkSession, tmp_path: Path
) -> None:
    ended = rfmf("validate", "--as-of", AS_OF, *inputs(tmp_path))

    assert (ended.code, ended.stderr) == (0, "")
    for reason in ("unparseable", "unknown_trade_type", "after_as_of"):
        assert reason in ended.stdout
    assert "A run would accept these inputs." in ended.stdout
    assert not (tmp_path / "out").exists()


def test_inputs_that_a_run_would_refuse_end_with_code_3(
    spark: SparkSession, tmp_path: Path
) -> None:
    limits = {"quality__max_bad_share_by_reason.unknown_trade_type": 0}
    ended = rfmf("validate", "--as-of", AS_OF, *inputs(tmp_path, **limits))

    assert ended.code == 3
    assert "1 of 5 rows (20.00%) are unknown_trade_type" in ended.stderr
    assert "quality.max_bad_share_by_reason.unknown_trade_type = 0" in ended.stderr
    # Nothing was written, so no row lies anywhere yet.
    assert "(a run leaves the rows in table quarantine)" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def test_a_file_that_a_delta_table_has_lost_ends_with_code_3(
    spark: SparkSession, tmp_path: Path
) -> None:
    given = inputs(tmp_path, input__trades=tmp_path / "lake")
    rows = spark.read.option("header", True).csv(str(tmp_path / "trades.csv"))
    rows.coalesce(1).write.format("delta").save(str(tmp_path / "lake"))
    (file,) = (tmp_path / "lake").glob("*.parquet")
    file.unlink()

    for command in ("validate", "run"):
        ended = rfmf(command, "--as-of", AS_OF, *given)

        assert ended.code == 3
        assert ended.stderr.startswith(f"rfmf: input.trades: file:{file} cannot be read (the file ")
        assert len(ended.stderr.splitlines()) == 1


@pytest.mark.slow
def test_refused_rows_are_shown_with_their_values_masked(
    spark: SparkSession, tmp_path: Path
) -> None:
    assert rfmf("run", "--as-of", AS_OF, *inputs(tmp_path)).code == 0

    ended = rfmf("quarantine", *settings({"output.root": tmp_path / "out"}))

    assert ended.code == 0
    assert SECRET_USER not in ended.stdout
    assert '"user_id": "xxxxx-xxx-999"' in ended.stdout
    assert '"amount": "99999999x"' in ended.stdout
    assert '"trade_type": "gift"' in ended.stdout


def test_an_unknown_run_is_told(spark: SparkSession, tmp_path: Path) -> None:
    ended = rfmf("quarantine", "--run", "nope", *settings({"output.root": tmp_path}))

    assert ended.code == 3
    assert ended.stderr.startswith("rfmf: --run nope: ")


def test_masks_keep_the_shape_and_nothing_else() -> None:
    masked = mask_record('{"user_id":"张三-a1","amount":"1,2.5","trade_type":"gift","n":7}')

    assert masked == '{"user_id": "xx-x9", "amount": "9,9.9", "trade_type": "gift", "n": "9"}'
