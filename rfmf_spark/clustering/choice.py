"""Choosing K among fitted candidates: gates, votes, a verdict, and the reason in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from rfmf_spark.clustering.candidate import KCandidate
from rfmf_spark.clustering.gates import Gates, failed_gates
from rfmf_spark.clustering.votes import (
    DEFAULT_CRITERIA,
    ELBOW,
    GAP,
    SILHOUETTE,
    collect_votes,
    tell_vote,
)
from rfmf_spark.config.sections.clustering import Criterion

# natural: a K passed the gates. no_natural_k: none did, the fallback was taken. not_tested: the
# figures of the gates are not known. given: by configuration, or as in a frozen model.
# only_one: no other K was possible.
Verdict = Literal["natural", "no_natural_k", "not_tested", "given", "only_one"]


@dataclass(frozen=True)
class ChoiceRules:
    """Which criteria vote, which K may win, and what is taken where none may."""

    criteria: tuple[Criterion, ...] = DEFAULT_CRITERIA
    gates: Gates = field(default_factory=Gates)
    fallback_k: int = 5


@dataclass(frozen=True)
class KChoice:
    """The chosen K, what each criterion voted for (by its column name), and why, in English.

    ``runner_up`` is the K with the next most votes, ``disagreement`` the share of votes that went
    to another K than the chosen; ``failed`` are the gates that each K fails.
    """

    k: int
    votes: dict[str, int]
    reason: str
    verdict: Verdict = "given"
    runner_up: int | None = None
    disagreement: float | None = None
    failed: Mapping[int, tuple[str, ...]] = field(default_factory=dict)


def choose_k(candidates: Sequence[KCandidate], rules: ChoiceRules | None = None) -> KChoice:
    """Choose K: the criteria vote among the candidates that pass the gates.

    The K with most votes wins, of equal ones that with the higher silhouette, then the smaller.
    Where no candidate passes there is no natural K, and the one nearest to the fallback is taken;
    the votes are then cast among all and decide nothing. Raises ``ValueError`` without candidates.
    """
    rules = rules or ChoiceRules()
    if not candidates:
        raise ValueError("there is no candidate to choose from")
    ordered = sorted(candidates, key=lambda candidate: candidate.k)
    if len(ordered) == 1:
        reason = f"K = {ordered[0].k}: no other K was possible"
        return KChoice(ordered[0].k, {}, reason, "only_one")
    failed = {c.k: failed_gates(c, rules.gates) for c in ordered}
    passed = [c.k for c in ordered if not failed[c.k]]
    if not passed:
        return _fall_back(ordered, rules, failed)
    tested = any(c.valley is not None for c in ordered)
    return _elect(ordered, rules, passed, failed, "natural" if tested else "not_tested")


def choose_fixed_k(
    fixed_k: int, candidates: Sequence[KCandidate], distinct: str = "score cells"
) -> KChoice:
    """The K fixed by configuration, or the largest possible below it, with the reason.

    ``distinct`` tells what there are too few of for a larger K.
    """
    k = max(candidate.k for candidate in candidates)
    if k == fixed_k:
        return KChoice(k, {}, f"K = {k}: fixed by configuration (clustering.fixed_k)")
    return KChoice(
        k,
        {},
        f"K = {k}: clustering.fixed_k is {fixed_k}, but there are only {k} distinct {distinct}",
    )


def choose_given_centres(candidate: KCandidate) -> KChoice:
    """The K of centres that the configuration gives, without those that no user is nearest to."""
    reason = f"K = {candidate.k_found}: centres given by configuration (clustering.centres)"
    if candidate.k_found < candidate.k:
        reason += f"; {candidate.k - candidate.k_found} of {candidate.k} have no users"
    return KChoice(candidate.k, {}, reason)


def _elect(
    ordered: Sequence[KCandidate],
    rules: ChoiceRules,
    passed: Collection[int],
    failed: Mapping[int, tuple[str, ...]],
    verdict: Verdict,
) -> KChoice:
    votes = collect_votes(ordered, rules.criteria, passed)
    ranking = _rank(ordered, votes)
    if not votes:
        k = min(passed)
        reason = f"K = {k}: no criterion is defined here, so the smallest K was taken"
        return KChoice(k, {}, reason, verdict, failed=failed)
    k, count = ranking[0], Counter(votes.values())[ranking[0]]
    disagreement = 1 - count / len(votes)
    runner_up = ranking[1] if len(ranking) > 1 else None
    meaning = "natural" if verdict == "natural" else "not tested whether natural"
    reason = f"K = {k}, {meaning}: {_tell_count(count, votes, runner_up)} ({_tell(votes, ordered)}"
    silent = [name for name in rules.criteria if name in (ELBOW, GAP) and name not in votes]
    reason += "".join(f"; no vote from {name}" for name in silent) + ")"
    if failed_ks := [k for k, gates in failed.items() if gates]:
        reason += f"; refused by the gates: {_tell_numbers(failed_ks)}"
    return KChoice(k, votes, reason, verdict, runner_up, disagreement, failed)


def _fall_back(
    ordered: Sequence[KCandidate], rules: ChoiceRules, failed: Mapping[int, tuple[str, ...]]
) -> KChoice:
    complete = [c for c in ordered if c.k_found == c.k] or list(ordered)
    wanted = rules.fallback_k
    k = min(complete, key=lambda c: (abs(c.k - wanted), c.k)).k
    votes = collect_votes(ordered, rules.criteria, [c.k for c in complete])
    runner_up = next((other for other in _rank(ordered, votes) if other != k), None)
    closest = min(complete, key=lambda c: (len(failed[c.k]), c.valley or 0.0, c.k)).k
    taken = f"the fallback (clustering.fallback_k is {wanted})"
    reason = (
        f"no natural K: none of {_tell_numbers([c.k for c in ordered])} passes the gates; the "
        f"closest, {closest}, fails {' and '.join(failed[closest])}. K = {k} is {taken}"
    )
    if votes:
        reason += f"; without gates: {_tell(votes, ordered)}"
    agreeing = Counter(votes.values())[k]
    disagreement = 1 - agreeing / len(votes) if votes else None
    return KChoice(k, votes, reason, "no_natural_k", runner_up, disagreement, failed)


def _rank(ordered: Sequence[KCandidate], votes: Mapping[str, int]) -> list[int]:
    """The K with votes: most first, of equal ones the higher silhouette, then the smaller K."""
    counts = Counter(votes.values())
    silhouettes = {c.k: c.silhouette if c.silhouette is not None else -1.0 for c in ordered}
    return sorted(counts, key=lambda k: (-counts[k], -silhouettes[k], k))


def _tell_count(count: int, votes: Mapping[str, int], runner_up: int | None) -> str:
    if len(votes) == 1:
        return "the only criterion that votes"
    if runner_up is None:
        return f"all {count} criteria agree"
    tied = list(votes.values()).count(runner_up) == count
    decided = f", and the {SILHOUETTE} decides between equals" if tied else ""
    return f"{count} of {len(votes)} criteria agree, runner-up {runner_up}{decided}"


def _tell(votes: Mapping[str, int], ordered: Sequence[KCandidate]) -> str:
    return "; ".join(tell_vote(criterion, vote, ordered) for criterion, vote in votes.items())


def _tell_numbers(ks: Sequence[int]) -> str:
    """Sorted numbers, shortened where they follow each other: 2 to 4, 6."""
    runs: list[list[int]] = []
    for k in ks:
        if runs and runs[-1][-1] == k - 1:
            runs[-1].append(k)
        else:
            runs.append([k])
    return ", ".join(f"{r[0]} to {r[-1]}" if len(r) > 2 else ", ".join(map(str, r)) for r in runs)
