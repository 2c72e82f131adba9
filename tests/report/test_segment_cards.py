from __future__ import annotations

from rfmf_spark.report.contents import ReportOptions
from rfmf_spark.report.segment_cards import build_overview
from tests.report.builders import as_rows, profile_row, run_tables

OPTIONS = ReportOptions()


def test_the_headline_names_the_fewest_segments_that_bring_more_than_half() -> None:
    overview = build_overview(run_tables(), OPTIONS)
    assert overview.headline.en == (
        "1,000 users fall into 3 kinds. Kind 1 “Sort 1”, 20% of users, brings 60% of the "
        "management fee."
    )
    assert overview.headline.zh == (
        "1,000 名用户分为 3 类。第 1 类「第1种」占用户的 20%，贡献了 60% 的管理费。"
    )


def test_a_card_says_who_how_many_what_they_bring_and_what_to_do() -> None:
    card = build_overview(run_tables(), OPTIONS).cards[0]
    assert (card.name.en, card.users.en, card.user_share, card.value_share) == (
        "Sort 1",
        "200",
        0.2,
        0.6,
    )
    assert card.traits.en == "more recent · more often · higher value"
    assert (card.per_user.en, card.ratio.en) == ("¥29.86", "3.0× the average")
    assert [fact.value.en for fact in card.facts] == [
        "38 days ago",
        "2",
        "¥16,429",
        "¥580.00",
        "62%",
    ]
    assert (card.strategy.zh, card.strategy.en) == ("重点维护", "Keep them")


def test_less_than_the_average_is_told_in_per_cent_of_it() -> None:
    assert build_overview(run_tables(), OPTIONS).cards[2].ratio.en == "20% of the average"


def test_a_small_segment_has_no_figures_and_hides_the_size_of_another() -> None:
    profile = as_rows(
        "segment_profile", [profile_row(1, 7), profile_row(2, 300), profile_row(3, 693)]
    )
    small, partner, large = build_overview(run_tables(segment_profile=profile), OPTIONS).cards
    assert (small.user_share, small.value_share, small.facts) == (None, None, ())
    assert small.withheld is not None
    assert small.withheld.en == "Fewer than 20 users: figures withheld"
    assert (partner.user_share, partner.value_share, partner.ratio.en) == (None, None, "—")
    assert partner.facts
    assert (large.users.en, large.withheld) == ("693", None)


def test_without_any_value_nobody_is_said_to_bring_it() -> None:
    profile = as_rows("segment_profile", [profile_row(1, 1000, monetary_share=None)])
    overview = build_overview(run_tables(segment_profile=profile), OPTIONS)
    assert overview.headline.en == "1,000 users fall into 1 kind."
    assert overview.cards[0].value_share is None


def test_a_handful_of_users_is_not_counted_in_the_headline() -> None:
    profile = as_rows("segment_profile", [profile_row(1, 3)])
    overview = build_overview(run_tables(segment_profile=profile), OPTIONS)
    assert overview.headline.en == "fewer than 20 users fall into 1 kind."


def test_the_basis_of_the_value_decides_its_words() -> None:
    configuration = {"features.basis": "principal_days"}
    card = build_overview(run_tables(configuration=configuration), OPTIONS).cards[0]
    assert card.per_user.zh == "30 元·天"
