"""What earlier attempts of a run have left, by its id: events, settings, and figures to go on with.

A scheduler repeats what it has lost sight of. So an id names one result: whoever gives it again
with the same settings goes on with that result, and never makes a second one under its name.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Self

from pyspark.sql import Row

from rfmf_spark.config.loading import LoadedSettings, tell_differences
from rfmf_spark.errors import ConfigurationError
from rfmf_spark.run.context import RunContext
from rfmf_spark.tables.control_totals import ControlTotals
from rfmf_spark.tables.runs import LATEST, events_of
from rfmf_spark.tables.store import RunKey, TableStore

# Settings that say where and how Spark runs and what is shown, and nothing about the result; the
# root is where the run was found.
_FREE_SETTINGS = ("session.", "spark.", "output.lock", "output.root", "report.", "synthetic.")

_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:+-]{0,99}")
_COLUMNS = ("inputs", "control_totals", "weights", "outputs", "durations")


class Recorded(NamedTuple):
    """What earlier stages have recorded of a run; ``model`` names a frozen one exactly."""

    figures: Mapping[str, Any]
    model: str | None = None

    @classmethod
    def by(cls, event: Row) -> Self:
        """What an event tells of a run that came to the end of a stage."""
        figures = {column: json.loads(event[column] or "{}") for column in _COLUMNS}
        figures["model_id"] = event["model_id"]
        return cls(figures, _frozen_origin(figures["inputs"]))

    def restored(self, context: RunContext) -> RunContext:
        """The context with the figures of the earlier stages."""
        result = context.result
        inputs = dict(self.figures.get("inputs", {}))
        _check_same_model(context, inputs.pop("model", None))
        _check_same_judgments(context, self.figures.get("weights"))
        result.weights = self.figures.get("weights") or result.weights
        result.inputs = inputs
        result.control_totals = ControlTotals.from_json(self.figures.get("control_totals", {}))
        result.outputs = list(self.figures.get("outputs", {}))
        result.earlier_durations = dict(self.figures.get("durations", {}))
        result.model_id = self.figures.get("model_id") or ""
        return dataclasses.replace(context, repeatable=True)


NOTHING = Recorded({})


def require_run_id(run_id: str) -> None:
    """Refuse what cannot be the id of a run. Raises ``ConfigurationError``."""
    if run_id == LATEST or not _RUN_ID.fullmatch(run_id):
        raise ConfigurationError(
            f"--run {run_id!r:.120}: not an id for a new run; give letters, digits and _ . : + "
            f"- (at most 100, the first a letter or digit, and not '{LATEST}'), or leave it out"
        )


def require_same_date(store: TableStore, run: RunKey) -> None:
    """Refuse the id of a run of another date. Raises ``ConfigurationError``."""
    for event in events_of(store, run.run_id):
        if event["as_of"] != run.as_of:
            raise ConfigurationError(
                f"--run {run.run_id}: that run is of {event['as_of']}, not of as_of = {run.as_of}; "
                f"give the run another id"
            )


def complete_event(events: Sequence[Row]) -> Row | None:
    """The one by which a run completed."""
    return next((event for event in events if event["status"] == "complete"), None)


def tell_other_settings(event: Row, loaded: LoadedSettings) -> str:
    """Which settings that decide a result were other ones when an event was recorded, and how.

    Nothing where all are the same. What an earlier version did not know counts where it is set.
    """
    before = json.loads(event["configuration"])
    now = json.loads(json.dumps(loaded.effective(), default=str))
    known = before.keys() | (now.keys() & loaded.given)
    decisive = [key for key in known if not key.startswith(_FREE_SETTINGS)]
    return "; ".join(tell_differences(before, now, sorted(decisive)))


def _frozen_origin(inputs: Mapping[str, Any]) -> str | None:
    """The id of the run that a frozen model came from: 'latest' may be another one by now."""
    origin = inputs.get("model", {}).get("origin", "")
    return origin.removeprefix("run ") if origin.startswith("run ") else None


def _check_same_model(context: RunContext, recorded: Mapping[str, Any] | None) -> None:
    found = context.frozen.model.model_id if context.frozen else None
    if recorded is not None and recorded["model_id"] != found:
        raise ConfigurationError(
            f"model of {recorded['origin']}: it is not the one any more that the run's first stage "
            f"has read; restore the file, or begin a new run"
        )


def _check_same_judgments(context: RunContext, recorded: Mapping[str, Any] | None) -> None:
    """Settings name the files of judgments; what counts is what stands in them."""
    if recorded is None or context.frozen is not None:
        return
    before, now = _digests(recorded), _digests(context.result.weights)
    edited = [name for name in before if now.get(name) != before[name]]
    if edited or len(now) != len(before):
        raise ConfigurationError(
            f"{', '.join(edited) or 'weights.experts'}: not the judgments any more that the run's "
            f"earlier stages have read; restore the file, or begin a new run"
        )


def _digests(weights: Mapping[str, Any]) -> dict[str, str]:
    """The SHA-256 of the judgments of each expert, by file and name."""
    experts = weights["experts"]
    return {f"{expert['judgments']} by {expert['expert']}": expert["sha256"] for expert in experts}
