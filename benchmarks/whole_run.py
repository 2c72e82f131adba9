"""The whole job beside its peers: python -m benchmarks.whole_run LEDGER [ROUNDS]

For a ledger that ``rfmf generate`` has made: ``rfmf run`` and each peer, alternating, each in a
process of its own, on the same files; then whether they agree: features to the last digit, and
scores of every user.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time

import duckdb

AS_OF = "2019-08-14"

# R, F, MF, scores: the number of users, and how many of them differ in each.
_DIFFERENCES = """
SELECT count(*),
    count(*) FILTER (a.recency_days IS DISTINCT FROM b.recency_days),
    count(*) FILTER (a.frequency IS DISTINCT FROM b.frequency),
    count(*) FILTER (a.monetary::DECIMAL(28, 8) IS DISTINCT FROM b.monetary_e8 * 0.00000001),
    count(*) FILTER ((s.r_score, s.f_score, s.m_score)
        IS DISTINCT FROM (t.r_score, t.f_score, t.m_score))
FROM read_parquet('{ours}/user_features/*/*/*.parquet') a
FULL JOIN read_parquet('{peer}/user_features.parquet') b USING (user_id)
LEFT JOIN read_parquet('{ours}/user_segments/*/*/*.parquet') s USING (user_id)
LEFT JOIN read_parquet('{peer}/user_segments.parquet') t USING (user_id)
"""


def main(ledger: str, rounds: str = "3") -> None:
    """Run all in turn, print what they took, and compare their results."""
    with tempfile.TemporaryDirectory() as results:
        found: dict[str, list[float]] = {"rfmf_spark": [], "DuckDB + scikit-learn": []}
        for number in range(int(rounds)):
            ours, peer = f"{results}/ours-{number}", f"{results}/duckdb-{number}"
            found["rfmf_spark"].append(_seconds(_our_command(ledger, ours)))
            found["DuckDB + scikit-learn"].append(_seconds(_peer_command(ledger, peer)))
        _print_table(found)
        _print_differences(ours, peer)


def _our_command(ledger: str, out: str) -> list[str]:
    inputs = [f"input.{name}={ledger}/{name}" for name in ("trades", "nav", "products")]
    given = [part for value in (*inputs, f"output.root={out}") for part in ("--set", value)]
    return [sys.executable, "-m", "rfmf_spark.cli", "run", "--as-of", AS_OF, *given]


def _peer_command(ledger: str, out: str) -> list[str]:
    return [sys.executable, "-m", "benchmarks.peers.duckdb_peer", ledger, out, AS_OF]


def _seconds(command: list[str]) -> float:
    started = time.monotonic()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return time.monotonic() - started


def _print_table(found: dict[str, list[float]]) -> None:
    fastest = min(statistics.median(rounds) for rounds in found.values())
    print(f"{'':24}{'seconds':>9}{'each round':>26}{'ratio':>8}")
    for name, rounds in found.items():
        median, each = statistics.median(rounds), " ".join(f"{taken:.1f}" for taken in rounds)
        print(f"{name:24}{median:9.1f}{each:>26}{median / fastest:8.2f}")


def _print_differences(ours: str, peer: str) -> None:
    with duckdb.connect() as connection:
        row = connection.execute(_DIFFERENCES.format(ours=ours, peer=peer)).fetchone()
    users, *different = row or ()
    names = ("R", "F", "MF", "scores")
    told = ", ".join(f"{name} {n}" for name, n in zip(names, different, strict=True))
    print(f"{users:,} users; users who differ: {told}")


if __name__ == "__main__":
    main(*sys.argv[1:])
