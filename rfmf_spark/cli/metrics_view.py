"""Figures of a root in the text format of Prometheus; the only module that knows of its client.

Moments are told as moments, never as ages: a file that nobody writes any more would show an age
that stands still.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from zoneinfo import ZoneInfo

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from rfmf_spark import __version__
from rfmf_spark.config.redaction import redact_text
from rfmf_spark.tables.figures import ENDED, OPEN, CompleteRun, RootFigures

_Labels = tuple[str, ...]
_Family = GaugeMetricFamily | CounterMetricFamily


def describe_metrics(figures: RootFigures, root: str, time_zone: str) -> str:
    """The figures of a root, each with the label ``root``, in the text format.

    A business date is told by its beginning in ``time_zone``. What there is not is left out.
    """
    registry = CollectorRegistry()
    registry.register(_Figures(figures, redact_text(root), ZoneInfo(time_zone)))
    return generate_latest(registry).decode()


class _Figures(Collector):
    def __init__(self, figures: RootFigures, root: str, zone: ZoneInfo) -> None:
        self._figures, self._root, self._zone = figures, root, zone

    def collect(self) -> Iterable[_Family]:
        """Families of metrics that have a value."""
        found = [*self._of_root(), *self._of_complete(self._figures.complete)]
        return [family for family in found if family.samples]

    def _of_root(self) -> Iterator[_Family]:
        figures, statuses = self._figures, self._figures.by_status
        yield self._gauge(
            "rfmf_build_info", "Release that wrote this file.", {(__version__,): 1}, "version"
        )
        yield self._gauge(
            "rfmf_runs",
            "Runs that have not ended: at work (or killed), or between two stages.",
            {(status,): statuses.get(status, 0) for status in OPEN},
            "status",
        )
        ended = CounterMetricFamily(
            "rfmf_runs_ended", "Runs that have ended, by how.", labels=["root", "status"]
        )
        for status in ENDED:
            ended.add_metric([self._root, status], statuses.get(status, 0))
        yield ended
        yield self._moment(
            "rfmf_running_since_timestamp_seconds",
            "When the oldest run that is at work, or was killed, began its last stage.",
            figures.running_since,
        )
        yield self._gauge(
            "rfmf_last_run_exit_code",
            "Exit code of the run that has ended last; 0 is success.",
            {(): figures.exit_code},
        )
        yield self._moment(
            "rfmf_last_run_timestamp_seconds",
            "When the run that has ended last did so.",
            figures.ended_at,
        )
        yield self._moment(
            "rfmf_current_business_date_timestamp_seconds",
            "Beginning of the latest business date that readers see.",
            self._beginning_of(figures.current_as_of),
        )
        yield self._gauge(
            "rfmf_lock_held",
            "Whether a run, or an operator, holds the lock of the root.",
            {(): int(figures.is_locked)},
        )
        yield self._moment(
            "rfmf_lock_since_timestamp_seconds",
            "When the holder of the lock took it.",
            figures.lock_since,
        )

    def _of_complete(self, run: CompleteRun | None) -> Iterator[_Family]:
        if run is None:
            return
        prefix, of_run = "rfmf_last_complete_run", "of the run that has completed last"
        yield self._moment(
            f"{prefix}_timestamp_seconds", "When the last run that completed did so.", run.at
        )
        yield self._gauge(
            f"{prefix}_duration_seconds",
            f"Time of all stages {of_run}.",
            {(): sum(run.durations.values()) if run.durations else None},
        )
        yield self._gauge(
            f"{prefix}_stage_duration_seconds",
            f"Time of each stage {of_run}.",
            {(stage,): seconds for stage, seconds in run.durations.items()},
            "stage",
        )
        yield self._gauge(f"{prefix}_users", f"Users {of_run}.", {(): run.users})
        yield self._gauge(
            f"{prefix}_input_rows",
            f"Rows of each input {of_run}, by what became of them.",
            {(source, outcome): rows for (source, outcome), rows in run.rows.items()},
            "input",
            "outcome",
        )
        yield self._gauge(
            f"{prefix}_bad_rows_ratio",
            f"Share of quarantined rows of each input {of_run}.",
            {(source,): share for source, share in run.bad_shares().items()},
            "input",
        )
        yield self._gauge(
            f"{prefix}_bad_rows_limit_ratio",
            f"Share above which an input {of_run} would have been refused.",
            {(): run.bad_limit},
        )

    def _gauge(
        self, name: str, text: str, values: Mapping[_Labels, float | None], *labels: str
    ) -> GaugeMetricFamily:
        family = GaugeMetricFamily(name, text, labels=["root", *labels])
        for given, value in values.items():
            if value is not None:
                family.add_metric([self._root, *given], value)
        return family

    def _moment(self, name: str, text: str, moment: dt.datetime | None) -> GaugeMetricFamily:
        return self._gauge(name, text, {(): moment.timestamp() if moment else None})

    def _beginning_of(self, day: dt.date | None) -> dt.datetime | None:
        return dt.datetime.combine(day, dt.time(), self._zone) if day else None
