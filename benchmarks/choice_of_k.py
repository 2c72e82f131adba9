"""How good the choice of K is: python -m benchmarks.choice_of_k RESULTS [CDNOW_master.txt]

For the score cells of a generated ledger (the current run under RESULTS), CDNOW where its file is
given, uniform data, one blob and planted mixtures: for each K the cost of one plain MLlib fit, the
published cost, the best of scikit-learn, and their ratios; then the votes and the choice. Last,
the verdict on many simulated data sets.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from pyspark.sql import SparkSession
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score
from threadpoolctl import threadpool_limits

from benchmarks import cells as data
from rfmf_spark.clustering.candidate import KCandidate, assign_cells, points_of, users_of
from rfmf_spark.clustering.choice import KChoice, choose_k
from rfmf_spark.clustering.criteria import Floats, Integers
from rfmf_spark.clustering.sweep import SweepSettings, fit_over_k, search_candidates
from rfmf_spark.config.loading import load_settings
from rfmf_spark.config.sections.clustering import ClusteringSettings
from rfmf_spark.errors import RfmfError
from rfmf_spark.scoring.scores import SCORE_COLUMNS
from rfmf_spark.session.spark_session import spark_session
from rfmf_spark.tables.runs import read_current

_REFERENCE_FITS = 200
# Fewer draws than a run makes: the calibration looks at verdicts of many data sets.
_QUICK = {"restarts": 20, "gap_references": 5, "resamples": 10}
_CALIBRATED_USERS = (500, 5_000, 1_000_000)
_SEEDS = 9

Simulation = Callable[[int, int], tuple[Floats, Integers]]


def sweep_settings(**changed: int) -> SweepSettings:
    """The settings of a run that changes nothing."""
    defaults = ClusteringSettings().model_dump()
    names = SweepSettings.__dataclass_fields__
    return SweepSettings(**{name: defaults[name] for name in names} | changed)


def as_table(points: Floats | Integers, users: Integers) -> pd.DataFrame:
    """Score cells as the clustering takes them."""
    table = pd.DataFrame(points.astype(np.int64), columns=list(SCORE_COLUMNS))
    return table.assign(users=users)


def data_sets(
    spark: SparkSession, root: str, cdnow: Path | None
) -> Iterator[tuple[str, pd.DataFrame]]:
    """Names and score cells of everything that is shown in full."""
    columns = [*SCORE_COLUMNS, "users"]
    yield "generated ledger", read_current(spark, root, "score_cells").select(columns).toPandas()
    if cdnow is not None:
        yield "CDNOW", as_table(*data.cdnow(cdnow))
    yield "uniform, 100,000 users", as_table(*data.uniform(100_000, 1))
    yield "one blob, 20,000 users", as_table(*data.blob(20_000, 1))
    for segments in (3, 5, 7):
        mixture = data.planted(segments, 20_000, segments)
        yield f"{segments} planted, 20,000 users", as_table(mixture.points, mixture.users)


def print_fits(spark: SparkSession, name: str, cells: pd.DataFrame) -> None:
    """Costs against scikit-learn, criteria, votes and choice for one data set."""
    started = time.perf_counter()
    candidates = fit_over_k(spark, cells, sweep_settings())
    choice = choose_k(candidates)
    seconds = time.perf_counter() - started
    print(f"\n{name}: {len(cells)} cells, sweep {seconds:.1f} s")
    print(" K   MLlib once    published  sklearn best   MLlib/best  published/best")
    for candidate in candidates:
        best = _best_of_scikit_learn(cells, candidate.k)
        ratios = [_ratio(cost, best) for cost in (candidate.cost_mllib, candidate.cost)]
        mllib = np.nan if candidate.cost_mllib is None else candidate.cost_mllib
        print(
            f"{candidate.k:2d} {mllib:12.1f} {candidate.cost:12.1f} {best:13.1f}"
            f" {ratios[0]:12.4f} {ratios[1]:15.4f}"
        )
    _print_criteria(candidates, choice)


def _print_criteria(candidates: tuple[KCandidate, ...], choice: KChoice) -> None:
    print(" K  explained  silhouette     CH      DB     gap  valley  stability  votes")
    for c in candidates:
        votes = ", ".join(name for name, k in choice.votes.items() if k == c.k)
        figures = (c.explained_share, c.silhouette, c.calinski_harabasz, c.davies_bouldin)
        first_figures = "{:9.3f} {:11.3f} {:9.0f} {:6.3f}".format(*map(_number, figures))
        gates = "{:7.3f} {:7.3f} {:10.3f}".format(
            *map(_number, (c.gap, c.valley, c.lowest_jaccard))
        )
        print(f"{c.k:2d} {first_figures} {gates}  {votes}")
    print(choice.reason)


def _number(value: float | None) -> float:
    return np.nan if value is None else value


def _ratio(cost: float | None, best: float) -> float:
    if cost is None:
        return np.nan
    return cost / best if best > 0 else 1.0 + cost


def _best_of_scikit_learn(cells: pd.DataFrame, k: int) -> float:
    kmeans = KMeans(k, n_init=_REFERENCE_FITS, random_state=0)
    with threadpool_limits(1):
        return float(kmeans.fit(points_of(cells), sample_weight=users_of(cells)).inertia_)


def print_verdicts() -> None:
    """Verdicts on simulated data: users from hundreds to a million, several seeds of each."""
    print(f"\nVerdicts on simulated data, {_SEEDS} of each, {_CALIBRATED_USERS} users in turn")
    print("                              natural K (times)         none  lowest valley / index")
    with threadpool_limits(1):
        for name, simulate in _structureless().items():
            results = [_judge(*simulate(_users(seed), seed)) for seed in range(_SEEDS)]
            lowest = min(c.valley or 1.0 for fits, _ in results for c in fits)
            _print_verdict(name, [choice for _, choice in results], f"{lowest:.2f}")
        for segments in (3, 5, 7):
            for gap in (3, 2, 1):
                _print_planted(segments, gap)
        print("\nPlanted in values, not in scores: index of what is chosen, best that cells allow")
        for segments in (3, 5, 7):
            _print_planted_in_values(segments)


def _print_planted(segments: int, gap: int) -> None:
    choices, indices = [], []
    for seed in range(_SEEDS):
        mixture = data.planted(segments, _users(seed), seed, gap)
        candidates, choice = _judge(mixture.points, mixture.users)
        found = next(c for c in candidates if c.k == choice.k)
        labels = assign_cells(as_table(mixture.points, mixture.users), found.centres).labels
        times = np.maximum(mixture.users // 100, 1)
        rows = np.repeat(mixture.truth, times), np.repeat(labels, times)
        indices.append(adjusted_rand_score(*rows))
        choices.append(choice)
    _print_verdict(f"{segments} planted, {gap} empty scores", choices, f"{min(indices):.3f}")


def _print_planted_in_values(segments: int) -> None:
    choices, indices = [], []
    for seed in range(_SEEDS):
        scores, truth = data.planted_in_values(segments, 20_000, seed)
        cells, cell, users = np.unique(scores, axis=0, return_inverse=True, return_counts=True)
        candidates, choice = _judge(cells.astype(np.float64), users.astype(np.int64))
        found = next(c for c in candidates if c.k == choice.k)
        labels = assign_cells(as_table(cells, users), found.centres).labels
        # The most frequent segment of each cell: no clustering of cells knows more.
        by_cell = np.bincount(cell * segments + truth, minlength=len(cells) * segments)
        best = by_cell.reshape(-1, segments).argmax(axis=1)
        indices.append([adjusted_rand_score(truth, x[cell]) for x in (labels, best)])
        choices.append(choice)
    chosen, reachable = np.median(indices, axis=0)
    _print_verdict(f"{segments} planted in values", choices, f"{chosen:.3f} of {reachable:.3f}")


def _print_verdict(name: str, choices: list[KChoice], figure: str) -> None:
    natural = Counter(choice.k for choice in choices if choice.verdict == "natural")
    frequencies = ", ".join(f"{k} ({times})" for k, times in sorted(natural.items())) or "-"
    print(f"{name:29s} {frequencies:25s} {_SEEDS - natural.total():4d}  {figure}", flush=True)


def _judge(points: Floats, users: Integers) -> tuple[tuple[KCandidate, ...], KChoice]:
    candidates = search_candidates(as_table(points, users), {}, sweep_settings(**_QUICK))
    return candidates, choose_k(candidates)


def _users(seed: int) -> int:
    return _CALIBRATED_USERS[seed % len(_CALIBRATED_USERS)]


def _structureless() -> dict[str, Simulation]:
    return {
        "uniform": data.uniform,
        "blob, deviation 0.6": lambda users, seed: data.blob(users, seed, 0.6),
        "blob, deviation 1.5": data.blob,
        "blob, deviation 2.5": lambda users, seed: data.blob(users, seed, 2.5),
        "deciles, correlation 0.3": lambda users, seed: data.correlated(users, seed, 0.3),
        "deciles, correlation 0.6": lambda users, seed: data.correlated(users, seed, 0.6),
        "deciles, correlation 0.9": lambda users, seed: data.correlated(users, seed, 0.9),
    }


def main() -> None:
    """Print everything for the results and the file of the arguments."""
    if len(sys.argv) not in (2, 3):
        sys.exit("usage: python -m benchmarks.choice_of_k RESULTS [CDNOW_master.txt]")
    cdnow = Path(sys.argv[2]) if len(sys.argv) == 3 else None
    if cdnow is not None and not cdnow.is_file():
        sys.exit(f"{cdnow}: no such file; give the CDNOW_master.txt as it is published")
    try:
        with spark_session(load_settings("local", [], []).settings) as spark:
            for name, cells in data_sets(spark, sys.argv[1], cdnow):
                print_fits(spark, name, cells)
    except RfmfError as error:
        sys.exit(str(error))
    print_verdicts()


if __name__ == "__main__":
    main()
