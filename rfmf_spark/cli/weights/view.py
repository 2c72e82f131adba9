"""A report on weights as tables and sentences, for people."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rfmf_spark.cli.screen import Screen
from rfmf_spark.cli.weights.words import Words
from rfmf_spark.config.languages import Language
from rfmf_spark.config.sections.weights import WeightSettings
from rfmf_spark.weights.consensus import describe_consensus
from rfmf_spark.weights.group import GroupOpinion, Opinion, find_disagreement
from rfmf_spark.weights.hierarchy import NodeWeight
from rfmf_spark.weights.region import Region
from rfmf_spark.weights.repair import Repair, is_off_scale, tell_judgment
from rfmf_spark.weights.report import APPLIED, Findings, WeightReport

_HASH_DIGITS = 12


def print_report(report: WeightReport, settings: WeightSettings, language: Language) -> None:
    """Print experts, repairs, group, hierarchy, comparison and confidence region."""
    screen = Screen()
    words = Words(language)
    _print_experts(screen, report.opinions, words)
    for number, repairs in report.repairs.items():
        opinion = report.opinions[number]
        _print_repairs(screen, opinion, repairs, settings.max_consistency_ratio, words)
    if report.findings is not None:
        _print_findings(screen, report.findings, settings, words)


def _print_findings(
    screen: Screen, found: Findings, settings: WeightSettings, words: Words
) -> None:
    screen.print_text(_tell_group(found.group, words))
    if len(found.nodes) > len(found.group.criteria):
        _print_hierarchy(screen, found.nodes, words)
    _print_methods(screen, found, settings, words)
    screen.print_text(_tell_meaning(found.decision.weights, found.group.criteria, words))
    if found.unmoved_share is not None:
        screen.print_text(words("two_questions"))
    if found.region is not None:
        screen.print_text(_tell_region(found.region, found.group.criteria, words))
    if found.unmoved_share is not None:
        screen.print_text(words("unmoved", share=found.unmoved_share))
    elif found.region is not None:
        screen.print_text(words("no_cells"))


def _print_experts(screen: Screen, opinions: tuple[Opinion, ...], words: Words) -> None:
    criteria = opinions[0].judgments.criteria
    titles = [words(key) for key in ("expert", "matrix", "date", "judged", "hash", "vote")]
    titles += [*map(words.criterion, criteria), "λmax", words("ratio"), words("counts")]
    rows = []
    for opinion in opinions:
        judgments, priorities = opinion.judgments, opinion.priorities
        who = (judgments.expert, judgments.name, judgments.judged_on)
        what = (_tell_judgments(opinion), judgments.digest[:_HASH_DIGITS])
        figures = [f"{value:.4f}" for value in (*priorities.weights, priorities.lambda_max)]
        # A completed matrix may be consistent but for rounding, on either side of 0.
        ratio = f"{max(priorities.consistency_ratio, 0):.4f}"
        used = "yes" if opinion.used else "no"
        rows.append([*who, *what, f"{judgments.weight:g}", *figures, ratio, words(used)])
    screen.print_table(titles, rows, title=words("experts"), text_columns=5)
    if any(opinion.completed for opinion in opinions):
        screen.print_text(words("completed_note"))


def _print_repairs(
    screen: Screen, opinion: Opinion, repairs: tuple[Repair, ...], limit: float, words: Words
) -> None:
    judgments = opinion.judgments
    titles = [words(key) for key in ("judgment", "now", "matching", "at_limit")]
    rows = [
        [
            _name_judgment(judgments.criteria, repair.row, repair.column, words),
            _tell(repair.current_value, repair.current_value, words),
            _tell(repair.matching_value, repair.matching_value, words),
            words("never")
            if repair.nearest_value is None
            else _tell(repair.nearest_value, repair.matching_value, words),
        ]
        for repair in repairs
    ]
    ratio = opinion.priorities.consistency_ratio
    screen.print_text(words("repairs", name=judgments.name, ratio=ratio, limit=limit))
    screen.print_table(titles, rows, text_columns=1)


def _tell_group(group: GroupOpinion, words: Words) -> str:
    ratio = group.priorities.consistency_ratio
    if group.consensus is None:
        return words("group_of_one", ratio=ratio)
    agreement = words(describe_consensus(group.consensus))
    count, consensus = len(group.used), group.consensus
    agreement_line = words("group", count=count, ratio=ratio, consensus=consensus, word=agreement)
    place = find_disagreement(group)
    if place is None:
        return agreement_line
    values = [float(opinion.judgments.values[place]) for opinion in group.used]
    return f"{agreement_line} " + words(
        "disagreement",
        judgment=_name_judgment(group.criteria, *place, words),
        least=_tell(min(values), min(values), words),
        greatest=_tell(max(values), max(values), words),
    )


def _print_hierarchy(screen: Screen, nodes: tuple[NodeWeight, ...], words: Words) -> None:
    rows = (
        [
            "  " * (len(node.path) - 1) + words.criterion(node.path[-1]),
            f"{node.local_weight:.4f}",
            f"{node.global_weight:.4f}",
        ]
        for node in nodes
    )
    titles = [words(key) for key in ("criterion", "local", "global")]
    screen.print_table(titles, rows, title=words("hierarchy"), text_columns=1)


def _print_methods(screen: Screen, found: Findings, settings: WeightSettings, words: Words) -> None:
    with_users = any(row.decile_moved_share is not None for row in found.methods)
    with_segments = any(row.segment_moved_share is not None for row in found.methods)
    extra = ["correlation", "decile"] * with_users + ["segment"] * with_segments
    applied = "ahp" if settings.method in ("ahp", "group") else settings.method
    rows = []
    for row in found.methods:
        is_applied = row.method == APPLIED
        name = words(APPLIED, method=words(applied)) if is_applied else words(row.method)
        correlation = "-" if row.rank_correlation is None else f"{row.rank_correlation:.4f}"
        shares = [row.decile_moved_share, row.segment_moved_share]
        figures = [correlation, *(f"{share or 0:.1%}" for share in shares)][: len(extra)]
        rows.append([name, *(f"{weight:.4f}" for weight in row.weights), *figures])
    criteria = map(words.criterion, found.group.criteria)
    titles = [words("method"), *criteria, *map(words, extra)]
    screen.print_table(titles, rows, title=words("methods"), text_columns=1)


def _tell_meaning(weights: NDArray[np.float64], criteria: tuple[str, ...], words: Words) -> str:
    order = np.argsort(-weights, kind="stable")
    first = int(order[0])
    point = words("meaning", first=words.criterion(criteria[first]), weight=float(weights[first]))
    if len(order) == 1 or not weights[order[1]] > 0:
        return point
    second = int(order[1])
    times = float(weights[first] / weights[second])
    return f"{point} " + words("times", second=words.criterion(criteria[second]), times=times)


def _tell_region(region: Region, criteria: tuple[str, ...], words: Words) -> str:
    least, greatest = region.weights.min(axis=0), region.weights.max(axis=0)
    ranges = words("comma").join(
        f"{words.criterion(name)} {low:.4f}-{high:.4f}"
        for name, low, high in zip(criteria, least, greatest, strict=True)
    )
    within = words("region", ranges=ranges)
    if not region.inconsistent:
        return within
    variations = len(region.weights) - 1 + region.inconsistent
    left_out = words("inconsistent", inconsistent=region.inconsistent, variations=variations)
    return f"{within} {left_out}"


def _tell_judgments(opinion: Opinion) -> str:
    """The judgments above the diagonal, row by row; completed ones are starred."""
    judged = []
    for i, j in zip(*np.triu_indices(len(opinion.judgments.values), k=1), strict=True):
        value = float(opinion.judgments.values[i, j])
        star = "*" if (int(i), int(j)) in opinion.completed else ""
        judged.append(tell_judgment(value, value) + star)
    return " ".join(judged)


def _tell(value: float, towards: float, words: Words) -> str:
    mark = words("off_scale") if is_off_scale(value) else ""
    return f"{tell_judgment(value, towards)}{mark}"


def _name_judgment(criteria: tuple[str, ...], row: int, column: int, words: Words) -> str:
    return f"{words.criterion(criteria[row])} : {words.criterion(criteria[column])}"
