"""Which earlier model scores a run (``rfmf run --model``), and whether it fits the configuration.

What a model holds, and how it is read, is in ``fitted.py``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pyspark.sql import SparkSession

from rfmf_spark.config.loading import tell_differences
from rfmf_spark.config.sections.features import FeatureSettings
from rfmf_spark.config.settings import Settings
from rfmf_spark.errors import ConfigurationError
from rfmf_spark.model.fitted import MOST_CHARACTERS, Model, parse_model
from rfmf_spark.tables.runs import LATEST, find_complete_event
from rfmf_spark.tables.store import RunKey, TableStore


class FrozenModel(NamedTuple):
    """A model of an earlier run, and where it came from."""

    model: Model
    origin: str


def load_frozen_model(name: str, store: TableStore) -> FrozenModel:
    """The model that ``name`` stands for: an exported file, a run id, or ``latest``.

    ``latest`` is the current run of the latest business date. Raises ``ConfigurationError`` where
    there is none, or where it is not a model as it was written.
    """
    return _model_in_file(name) or _model_of_run(name, store)


def check_model_file(settings: Settings) -> None:
    """Refuse a file that ``settings.model`` names, as far as that needs no tables.

    Raises ``ConfigurationError``, also where it names a run and there is no root to look for it.
    """
    if settings.model is None:
        return
    frozen = _model_in_file(settings.model)
    if frozen is not None:
        check_fit(frozen, settings)
    elif not settings.output.root:
        raise ConfigurationError(
            f"model is {settings.model}: it is no file, and without output.root there is no run to "
            f"look for; correct the path, or give the folder of the results: --set output.root=DIR"
        )


def export_model(spark: SparkSession, settings: Settings, run_id: str) -> FrozenModel:
    """The model of a run (an id, or ``latest``) under ``output.root``.

    Raises ``ConfigurationError`` without a root, or where there is no such run.
    """
    if not settings.output.root:
        raise ConfigurationError(
            "output.root is not set; give the folder of the results: --set output.root=DIR"
        )
    return _model_of_run(run_id, TableStore(spark, settings.output.root))


def check_fit(frozen: FrozenModel, settings: Settings) -> None:
    """Refuse a model that was fitted under other settings than those of the run.

    Compared is what gives a value its meaning: all of ``features``, ``scoring.bins`` and
    ``clustering.space``. Raises ``ConfigurationError`` that names settings and both values.
    """
    fitted = frozen.model.document["settings"]
    features = FeatureSettings.model_validate(fitted["features"])
    before = _meaning(features, fitted["scoring"]["bins"], fitted["space"])
    now = _meaning(settings.features, settings.scoring.bins, settings.clustering.space)
    different = tell_differences(before, now, sorted(before | now))
    if different:
        raise ConfigurationError(
            f"model of {frozen.origin} does not fit this configuration: {'; '.join(different)}; "
            f"restore what it was fitted with, or fit a new model (leave out --model)"
        )


def _meaning(features: FeatureSettings, bins: int, space: str) -> dict[str, Any]:
    leaves = dict(_leaves(features.model_dump(mode="json"), "features"))
    return leaves | {"scoring.bins": bins, "clustering.space": space}


def _leaves(tree: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for name, value in tree.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{prefix}.{name}")
        else:
            yield f"{prefix}.{name}", value


def _model_in_file(name: str) -> FrozenModel | None:
    if name == LATEST or not Path(name).is_file():
        return None
    origin = f"file {name}"
    return FrozenModel(parse_model(_read_start(name), origin), origin)


def _read_start(name: str) -> str:
    """The text of a file, as far as a model could reach."""
    try:
        with Path(name).open(encoding="utf-8") as handle:
            return handle.read(MOST_CHARACTERS + 1)
    except (OSError, UnicodeDecodeError) as cause:
        raise ConfigurationError(
            f"model is {name}: the file cannot be read ({cause}); give a readable export"
        ) from cause


def _model_of_run(name: str, store: TableStore) -> FrozenModel:
    run = _find_run(name, store)
    origin = f"run {run.run_id}"
    rows = store.collect("models", ["model"], of_run=run.run_id)
    if len(rows) != 1:
        raise ConfigurationError(
            f"model is {name}: {origin} has {len(rows)} models in {store.root}/models, not one; "
            f"name another run, or an exported file"
        )
    return FrozenModel(parse_model(rows[0]["model"], origin), origin)


def _find_run(name: str, store: TableStore) -> RunKey:
    event = find_complete_event(store, name)
    if event is None:
        what = "no run has completed there" if name == LATEST else "no such run has completed there"
        raise ConfigurationError(
            f"model is {name}: it is no file, and of the runs under {store.root} it is none, "
            f"because {what}; give latest, the id of a complete run, or an exported file"
        )
    return RunKey(event.as_of, event.run_id)
