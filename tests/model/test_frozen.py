"""Frozen models: reading untrusted documents, refusing what does not fit, scoring a later date."""

from __future__ import annotations

import copy
import datetime as dt
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import SparkSession

from rfmf_spark.clustering.value_space import Standardisation, ValueSpace
from rfmf_spark.config.sections.features import FEATURE_NAMES
from rfmf_spark.config.settings import Settings
from rfmf_spark.errors import ConfigurationError
from rfmf_spark.model.fitted import Model, build_model, checksum, parse_model
from rfmf_spark.model.frozen import FrozenModel, check_fit
from rfmf_spark.scoring.cut_points import CutPoint, FeatureCuts
from rfmf_spark.segments.assignment import Segmentation, segment_cells_as_before
from rfmf_spark.segments.naming import SegmentName
from rfmf_spark.tables.store import TableStore
from rfmf_spark.weights.decision import decide_weights, describe_weights
from rfmf_spark.weights.expertise import load_expertise
from tests.builders import TRADE_TYPES, trade, typed
from tests.wheel import CHECKOUT
from tests.whole_job.results import FinishedRun, finished_run, last_event
from tests.whole_job.running import QUICK_JOB, Ended, rfmf, settings

# Exported by version 0.1.0, laid out for reading; never made anew.
FORMAT_1 = Path(__file__).with_name("format_1.json")
SCORES = ["r_score", "f_score", "m_score"]
FIVE_BINS = {"scoring": {"bins": 5}}

NAMES = (
    SegmentName("key_value", "重要价值", "key, valuable", "111", "留", "keep"),
    SegmentName("general", "一般挽留", "general", "000", "省", "spend less"),
)
CENTRES = np.array([[4.5, 4.0, 4.5], [2.0, 1.0, 3.0]])


def model(space: ValueSpace | None = None, **sections: Any) -> Model:
    """A model of five bins and two segments."""
    chosen = Settings.model_validate(FIVE_BINS | sections)
    group = load_expertise(chosen).group
    cuts: dict[str, FeatureCuts] = {
        name: FeatureCuts(
            name, tuple(CutPoint(k, sign * 10 * k, True, 4, 5) for k in range(2, 6)), "quantiles"
        )
        for name, sign in zip(FEATURE_NAMES, (-1, 1, 1), strict=True)
    }
    return build_model(
        chosen,
        dt.date(2019, 8, 14),
        cuts,
        describe_weights(chosen.weights, group, decide_weights(chosen.weights, group)),
        Segmentation(pd.DataFrame(), CENTRES, NAMES, space),
    )


def value_space() -> ValueSpace:
    return ValueSpace(
        Standardisation(np.zeros(3), np.ones(3)), np.array([[1.0, 1, 1], [-1, -1, -1]])
    )


def resealed(change: Callable[[dict[str, Any]], object], of: Model | None = None) -> str:
    """A changed document with a checksum that fits: only the fields can give it away."""
    document = copy.deepcopy(json.loads((of or model()).to_json()))
    document.pop("model_id")
    change(document)
    return json.dumps({"model_id": checksum(document)} | document)


def test_a_model_of_an_earlier_rfmf_is_still_read() -> None:
    read = parse_model(FORMAT_1.read_text(encoding="utf-8"), "file m.json")

    assert read.model_id == json.loads(FORMAT_1.read_text(encoding="utf-8"))["model_id"]
    assert read.document["schema_version"] == 1
    assert read.names() == NAMES
    assert read.centres().tolist() == CENTRES.tolist()
    assert read.cuts()["recency"].cuts[0] == CutPoint(2, -20, True)


def test_another_version_of_the_tables_leaves_a_model_valid() -> None:
    code = (
        "import rfmf_spark.schemas.tables as tables; tables.SCHEMA_VERSION = 99\n"
        "from pathlib import Path\n"
        "from rfmf_spark.model.fitted import parse_model\n"
        f"print(parse_model(Path({str(FORMAT_1)!r}).read_text(encoding='utf-8'), 'm').model_id)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=CHECKOUT, capture_output=True, text=True
    )

    assert ended.stderr == ""
    assert ended.stdout.strip() == json.loads(FORMAT_1.read_text(encoding="utf-8"))["model_id"]


def test_a_model_of_a_newer_format_is_refused_in_one_message() -> None:
    newer = resealed(lambda document: document.update(schema_version=2, new_field={"a": 1}))

    with pytest.raises(ConfigurationError) as refused:
        parse_model(newer, "file m.json")

    assert str(refused.value) == (
        "file m.json: schema_version is 2, this version of rfmf reads 1: the model was made by a "
        "newer rfmf; upgrade rfmf, or fit a new model"
    )


def test_a_model_comes_back_as_it_was_written() -> None:
    written = model()
    read = parse_model(written.to_json(), "file m.json")
    assert (read.model_id, read.to_json()) == (written.model_id, written.to_json())
    assert read.names() == NAMES
    np.testing.assert_array_equal(read.centres(), CENTRES)
    np.testing.assert_array_equal(read.scale(), np.ones(3))
    assert read.weights().round(4).tolist() == [0.081, 0.1884, 0.7306]
    assert read.cuts()["frequency"].cuts[0] == CutPoint(2, 20, True)
    assert read.cuts()["frequency"].source.endswith("of 2019-08-14: quantiles")
    assert read.value_space() is None


def test_a_model_of_the_value_space_comes_back_with_its_centres() -> None:
    written = model(value_space(), clustering={"space": "values"})
    read = parse_model(written.to_json(), "file m.json").value_space()
    assert read is not None
    assert read.centres.tolist() == [[1, 1, 1], [-1, -1, -1]]
    assert read.standardisation.deviations.tolist() == [1, 1, 1]


def test_a_changed_value_is_told_by_the_checksum() -> None:
    document = json.loads(model().to_json())
    document["cut_points"]["frequency"]["cuts"][0]["value"] = 19
    with pytest.raises(ConfigurationError, match=r"file m\.json: model_id says .* was changed"):
        parse_model(json.dumps(document), "file m.json")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "not readable as JSON"),
        ("[" * 100_000, "not readable as JSON"),
        ("[]", "holds no JSON object"),
        ('{"schema_version": NaN}', "NaN is not a number"),
        ('{"a": 1, "a": 2}', "a key is given twice"),
        ('{"schema_version": 99}', "schema_version is 99"),
        ("{}", "schema_version is None"),
        (" " * 1_000_001, "too many for a model"),
    ],
)
def test_text_that_is_no_model_is_refused(text: str, told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        parse_model(text, "file m.json")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda d: d.update(extra=1), "extra: extra inputs are not permitted"),
        (lambda d: d.pop("weights"), "weights: field required"),
        (lambda d: d["weights"]["values"].update(recency=0.5), "add up to"),
        (lambda d: d["weights"]["values"].update(recency=-0.1), "weights.values.recency"),
        (lambda d: d["segments"].reverse(), "numbered 1, 2"),
        (lambda d: d["segments"][1].update(key="key_value"), "the same key"),
        (lambda d: d["segments"][0].update(key="Robert'); DROP"), "segments.0.key"),
        (lambda d: d["segments"][0].update(centre=[1, 2]), "segments.0.centre"),
        (lambda d: d["segments"][0].update(centre=[1, 2, 6]), "outside the scores 1 to 5"),
        (lambda d: d.update(segments=[]), "segments"),
        (lambda d: d["cut_points"]["frequency"]["cuts"].reverse(), "scores ascend by 1"),
        (lambda d: d["cut_points"]["frequency"]["cuts"].pop(), "5 bins need one for each score"),
        (lambda d: d["cut_points"]["recency"]["cuts"][0].update(value=-90), "easier to pass"),
        (lambda d: d["cut_points"]["recency"]["cuts"][0].update(value=2.5), "cuts.0.value"),
        (lambda d: d["cut_points"]["recency"]["cuts"][0].update(value=2**70), "cuts.0.value"),
        (lambda d: d["cut_points"]["monetary"].update(feature="frequency"), "points of frequency"),
        (lambda d: d["settings"]["features"].update(basis="charm"), "settings.features.basis"),
        (lambda d: d["settings"].update(space="values"), "value_space must be given"),
        (lambda d: d.update(as_of="soon"), "as_of"),
    ],
)
def test_every_field_is_checked_even_where_the_checksum_fits(
    change: Callable[[dict[str, Any]], object], told: str
) -> None:
    with pytest.raises(ConfigurationError, match=told) as refused:
        parse_model(resealed(change), "file m.json")
    assert str(refused.value).startswith("file m.json: ")


def test_a_number_beyond_all_doubles_is_refused() -> None:
    text = re.sub(r'"lambda_max": [\d.]+', '"lambda_max": 1e999', model().to_json())
    with pytest.raises(ConfigurationError, match=r"weights\.lambda_max: input should be a finite"):
        parse_model(text, "file m.json")


def test_a_model_fits_the_settings_that_made_it_and_other_ways_to_find_cuts() -> None:
    frozen = FrozenModel(model(), "run r1")
    check_fit(frozen, Settings.model_validate(FIVE_BINS))
    other_ties = {"scoring": {"bins": 5, "ties": "high", "quantile_method": "sketch"}}
    check_fit(frozen, Settings.model_validate(other_ties))


@pytest.mark.parametrize(
    ("sections", "told"),
    [
        ({}, "scoring.bins was 5 and is 10"),
        (
            FIVE_BINS | {"features": {"basis": "amount"}},
            "features.basis was 'management_fee' and is 'amount'",
        ),
        (
            FIVE_BINS | {"features": {"count_recurring_purchases": False}},
            "features.count_recurring_purchases was True and is False",
        ),
        (
            FIVE_BINS | {"clustering": {"space": "values"}},
            "clustering.space was 'cells' and is 'values'",
        ),
    ],
)
def test_a_model_of_other_settings_is_refused_with_both_values(
    sections: dict[str, Any], told: str
) -> None:
    with pytest.raises(ConfigurationError, match=told) as refused:
        check_fit(FrozenModel(model(), "run r1"), Settings.model_validate(sections))
    assert "model of run r1 does not fit" in str(refused.value)


def test_a_cell_that_is_new_gets_the_nearest_centre() -> None:
    cells = pd.DataFrame([(5, 5, 5, 1, 5.0), (1, 1, 3, 2, 2.0)], columns=[*SCORES, "users", "x"])
    found = segment_cells_as_before(cells, CENTRES, np.ones(3), NAMES)
    assert found.cells["segment_id"].tolist() == [1, 2]
    assert found.cells["own_distance"].tolist() == pytest.approx([np.sqrt(1.5), 1])


def test_a_file_is_refused_before_spark_starts(tmp_path: Path) -> None:
    file = tmp_path / "m.json"
    file.write_text(model().to_json())
    given = {"output.root": tmp_path / "out", "input.trades": "t", "features.basis": "amount"}
    arguments = ["run", "--as-of", "2019-08-21", "--model", str(file), *settings(given)]
    ended = rfmf(*arguments, "--set", "scoring.bins=5")
    assert (ended.code, ended.stdout) == (2, "")
    assert "features.basis was 'management_fee' and is 'amount'" in ended.stderr
    file.write_text(model().to_json().replace("keep", "drop"))
    assert "was changed after its export" in rfmf(*arguments).stderr


def run_on(store: TableStore, as_of: str, *more: str) -> Ended:
    given = {
        "input.trades": Path(store.root).parent / "trades",
        "output.root": store.root,
        "features.basis": "amount",
        "clustering.k_max": 3,
    }
    return rfmf("run", "--as-of", as_of, *settings(given), *more)


@pytest.fixture(scope="module")
def store(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> TableStore:
    """A root beside three hundred trades of a hundred users, some of them in the last week."""
    folder = tmp_path_factory.mktemp("frozen")
    rng = np.random.default_rng(4)
    trades = [
        trade(
            trade_id=f"t{n}",
            user_id=f"u{int(100 * rng.uniform() ** 2)}",
            trade_date=dt.date(2019, 1, 1) + dt.timedelta(days=int(rng.integers(0, 107))),
            amount=round(float(rng.lognormal(5, 1)), 2),
        )
        for n in range(300)
    ]
    types = TRADE_TYPES.replace("amount decimal(18,2)", "amount double")
    rows = [row | {"units": None} for row in trades]
    typed(spark, types, rows).coalesce(1).write.parquet(str(folder / "trades"))
    return TableStore(spark, str(folder / "out"))


def users_of(run: FinishedRun) -> pd.DataFrame:
    features = run.table("user_features")
    return features.merge(run.table("user_segments"), on="user_id", validate="one_to_one")


def scores_of_values(run: FinishedRun) -> dict[tuple[str, object], int]:
    users = users_of(run)
    columns = zip(("recency_days", "frequency", "monetary"), SCORES, strict=True)
    return {
        (feature, value): score
        for feature, column in columns
        for value, score in zip(users[feature], users[column], strict=True)
    }


@pytest.mark.slow
def test_a_frozen_model_scores_a_later_week_as_it_scored_the_first(store: TableStore) -> None:
    first = finished_run(run_on(store, "2019-04-10"), store)
    later = finished_run(run_on(store, "2019-04-17", "--model", "latest"), store)

    before, after = scores_of_values(first), scores_of_values(later)
    common = before.keys() & after.keys()
    assert len(common) > 50
    assert {key: after[key] for key in common} == {key: before[key] for key in common}
    cuts = ["feature", "score", "cut_value", "inclusive"]
    pd.testing.assert_frame_equal(
        first.table("score_cut_points").sort_values(cuts, ignore_index=True)[cuts],
        later.table("score_cut_points").sort_values(cuts, ignore_index=True)[cuts],
    )
    recounted = later.table("score_cut_points")
    assert recounted.groupby("feature")["users"].sum().tolist() == [len(users_of(later))] * 3
    assert recounted["users_at_cut"].isna().all()
    (choice,) = later.table("k_selection").to_dict("records")
    assert choice["chosen"]
    assert f"of run {first.run.run_id}, fitted as of 2019-04-10" in choice["reason"]
    assert later.table("models").equals(first.table("models"))
    event = last_event(store)
    told = json.loads(event["inputs"])["model"]
    assert told["origin"] == f"run {first.run.run_id}"
    assert told["model_id"] == event["model_id"] == first.table("models")["model_id"][0]


@pytest.mark.slow
def test_the_value_space_is_fitted_exported_and_frozen(
    classic_spark: SparkSession, store: TableStore, tmp_path: Path
) -> None:
    store = TableStore(classic_spark, store.root)
    chosen = {"clustering.space": "values", "scoring.ties": "high", "clustering.k_max": 3}
    in_values = settings(QUICK_JOB | chosen)
    first = finished_run(run_on(store, "2019-04-10", *in_values), store)
    (reason,) = first.table("k_selection").query("chosen")["reason"]
    assert "may differ with the partitioning" in reason
    assert first.table("score_cells")["segment_id"].isna().all()
    profile = first.table("segment_profile").set_index("segment_id").sort_index()
    assert profile["rfmf_score_mean"].is_monotonic_decreasing
    means = users_of(first).groupby("segment_id")[SCORES].mean()
    np.testing.assert_allclose(profile[["r_centre", "f_centre", "m_centre"]], means)

    file, root = tmp_path / "m.json", f"output.root={store.root}"
    exported = rfmf("model", "export", "--run", first.run.run_id, "--out", str(file), "--set", root)
    assert exported.code == 0, exported.stderr
    assert parse_model(file.read_text(), "m.json").value_space() is not None
    again = finished_run(run_on(store, "2019-04-10", *in_values, "--model", str(file)), store)
    one = users_of(first).sort_values("user_id", ignore_index=True)
    pd.testing.assert_frame_equal(users_of(again).sort_values("user_id", ignore_index=True), one)

    refused = run_on(store, "2019-04-10", "--model", "no-such-run")
    assert refused.code == 2
    assert "model is no-such-run: it is no file" in refused.stderr
