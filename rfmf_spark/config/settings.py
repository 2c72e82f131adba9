"""Every setting of the product: type, allowed values, default and meaning.

This is the one place that defines settings. ``conf/base.yaml`` and ``docs/configuration.md`` are
generated from it (see ``reference.py``); how layers are read and merged lives in ``layers.py``.
"""

from __future__ import annotations

import datetime as dt
import itertools
import re
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    FiniteFloat,
    model_validator,
)

from rfmf_spark.config.languages import Language

# Names of the measures of the model, in the order of the judgment matrix.
FEATURE_NAMES = ("recency", "frequency", "monetary")

CutPoints = Annotated[tuple[FiniteFloat, ...] | None, Field(strict=False)]
BusinessDate = Annotated[dt.date | None, Field(strict=False)]


def _spark_value(value: Any) -> Any:
    """Spark reads text; YAML's booleans and numbers become the text that Spark expects."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else value


SparkValue = Annotated[str, BeforeValidator(_spark_value)]


def _connect_address(value: str | None) -> str | None:
    if value is None or re.fullmatch(r"sc://\S+|local(\[\S+\])?", value):
        return value
    raise ValueError("give sc://HOST:PORT of a Spark Connect server, or local[N]")


ConnectAddress = Annotated[str | None, AfterValidator(_connect_address)]


def _text_of_number(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


DayCount = Annotated[Literal["365", "actual"], BeforeValidator(_text_of_number)]

# YAML has lists where settings have tuples.
_LIST = Field(strict=False)

Ties = Literal["low", "mid", "high"]
Basis = Literal["management_fee", "principal_days", "amount", "net_revenue"]
FrequencyUnit = Literal["trade", "order", "day"]

Criterion = Literal[
    "elbow",
    "silhouette",
    "silhouette_euclidean",
    "calinski_harabasz",
    "davies_bouldin",
    "gap",
]
WeightMethod = Literal[
    "ahp",
    "group",
    "combined",
    "entropy",
    "critic",
    "standard_deviation",
    "principal_component",
]
ObjectiveMethod = Literal["entropy", "critic", "standard_deviation", "principal_component"]
PriorityMethod = Literal["eigenvector", "geometric_mean", "least_squares"]
Aggregation = Literal["judgments", "priorities"]
CombinationMethod = Literal["multiplicative", "linear", "minimum_deviation"]
InexactReciprocals = Literal["refuse", "accept", "symmetrise"]

ScoreTriple = Annotated[tuple[FiniteFloat, FiniteFloat, FiniteFloat], Field(strict=False)]


class Section(BaseModel):
    """Base of all sections: immutable, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class CsvSettings(Section):
    """How CSV inputs are written."""

    delimiter: str = Field(",", min_length=1, max_length=1, description="One character.")
    encoding: str = Field("UTF-8", description="Character encoding of the files.")


Names = dict[str, str]

# The type names that Chinese registrars use, as far as their meaning is not in doubt.
CHINESE_TRADE_TYPES = {
    "认购": "initial_subscription",
    "申购": "subscription",
    "定投": "recurring_subscription",
    "转入": "conversion_in",
    "红利再投": "dividend_reinvestment",
    "强增": "adjust_in",
    "非交易过户": "transfer_in",
    "赎回": "redemption",
    "转出": "conversion_out",
    "强赎": "forced_redemption",
    "强减": "adjust_out",
    "现金分红": "cash_dividend",
    "拆分": "split",
}


class PerInputNames(Section):
    """By input and by column of the contract."""

    trades: Names = Field(default_factory=dict, description="For the trades.")
    nav: Names = Field(default_factory=dict, description="For the NAVs.")
    products: Names = Field(default_factory=dict, description="For the products.")
    features: Names = Field(default_factory=dict, description="For given features.")
    opening_positions: Names = Field(default_factory=dict, description="For the opening positions.")
    profiles: Names = Field(default_factory=dict, description="For the profiles.")


class InputVersions(Section):
    """Delta versions to read; null reads the latest, and records which one that was."""

    trades: int | None = Field(None, ge=0, description="Version of the trades.")
    nav: int | None = Field(None, ge=0, description="Version of the NAVs.")
    products: int | None = Field(None, ge=0, description="Version of the products.")
    features: int | None = Field(None, ge=0, description="Version of given features.")
    opening_positions: int | None = Field(
        None, ge=0, description="Version of the opening positions."
    )
    profiles: int | None = Field(None, ge=0, description="Version of the profiles.")


class InputSettings(Section):
    """Where the records come from: paths of Parquet, CSV or Delta data."""

    trades: str | None = Field(None, description="Confirmed trades (required for a run).")
    nav: str | None = Field(
        None, description="Net asset values per product and day (basis management_fee)."
    )
    products: str | None = Field(
        None, description="Products with their fee rates (basis management_fee)."
    )
    features: str | None = Field(
        None,
        description="Features that you have computed yourself, one row per user; replaces trades.",
    )
    opening_positions: str | None = Field(
        None,
        description="Positions at one day, for trades that start in the middle of history; trades "
        "up to that day do not count.",
    )
    profiles: str | None = Field(
        None, description="What is known of users, also of those without any trade."
    )
    format: Literal["auto", "parquet", "csv", "delta", "table"] = Field(
        "auto",
        description="Format of the inputs; auto takes a dotted name without slashes as a table of "
        "the catalog, looks for a Delta log, then at the file names.",
    )
    versions: InputVersions = InputVersions()
    columns: PerInputNames = PerInputNames()
    constants: PerInputNames = PerInputNames()
    date_formats: Annotated[tuple[str, ...], Field(strict=False, min_length=1)] = Field(
        ("yyyy-MM-dd",), description="Patterns of dates that are text, tried in this order."
    )
    trade_types: Names = Field(
        default_factory=lambda: dict(CHINESE_TRADE_TYPES),
        description="Your names of trade types, and the contract's type each of them means.",
    )
    csv: CsvSettings = CsvSettings()


class OutputSettings(Section):
    """Where the results go."""

    root: str | None = Field(
        None, description="Folder or object-store URI that holds all output tables (required)."
    )
    lock: Literal["auto", "file", "table"] = Field(
        "auto",
        description="Run lock: a file lock (local paths), a row of a Delta table (elsewhere), "
        "or chosen by the kind of path.",
    )
    lock_stale_minutes: int = Field(
        30,
        ge=2,
        description="A table lock that its owner has not signed for so long can be taken over.",
    )
    write_holdings: bool = Field(
        False, description="Also write the additive state per user and product (table holdings)."
    )


class QualitySettings(Section):
    """What counts as a bad row, and how many of them are too many."""

    max_bad_share: float = Field(
        0.01,
        ge=0,
        le=1,
        description="Share of quarantined rows of one input above which the run is refused.",
    )
    max_bad_share_by_reason: dict[str, float] = Field(
        default_factory=dict,
        description="A tighter or wider limit for single reasons, for example unknown_product: 0.",
    )
    company_start: BusinessDate = Field(
        None, description="Trades before this date are implausible (YYYY-MM-DD)."
    )
    allow_zero_amount: bool = Field(
        False, description="Accept purchases whose amount is exactly zero."
    )
    max_amount: int = Field(
        10_000_000_000,
        gt=0,
        le=100_000_000_000,
        description="Largest believable amount of one trade, in yuan.",
    )
    max_units: int = Field(
        10_000_000_000,
        gt=0,
        le=100_000_000_000,
        description="Largest believable number of units of one trade.",
    )
    overdrawn_tolerance_units: float = Field(
        0.01,
        ge=0,
        description="A position may be short by this many units before it is flagged as overdrawn.",
    )
    income_tolerance_units: float = Field(
        1.0,
        ge=0,
        description="Where units of a money fund grow by income_per_10k, a position of at most so "
        "many units is what rounding has left of a closed one: not held, and not overdrawn.",
    )


class FeatureSettings(Section):
    """How recency, frequency and the monetary value of a user are measured."""

    basis: Basis = Field(
        "management_fee",
        description="What the monetary value measures: accrued management fee (yuan), purchase "
        "amount times days held with lots matched first-in-first-out (yuan-days), purchase amount "
        "(yuan), or the fee plus transaction and sales-service fees minus trailing commission "
        "(yuan).",
    )
    day_count: DayCount = Field(
        "365", description="Days of a year for fee accrual: 365, or the year's real length."
    )
    count_recurring_purchases: bool = Field(
        True, description="Recurring subscriptions count as purchases for recency and frequency."
    )
    count_conversions_in: bool = Field(
        False, description="Conversions into a product count as purchases."
    )
    frequency_unit: FrequencyUnit = Field(
        "trade",
        description="What frequency counts: purchases, orders (trades without an order id count "
        "by themselves), or days with a purchase.",
    )
    window_days: int | None = Field(
        None,
        ge=1,
        description="Purchases more than so many days before the business date do not count for "
        "recency and frequency; null counts all.",
    )
    window_start: BusinessDate = Field(
        None,
        description="Trades before this date are left out of everything (YYYY-MM-DD); null takes "
        "the whole ledger.",
    )

    @property
    def counts_every_purchase(self) -> bool:
        """Whether frequency is simply the number of all purchases."""
        return self.frequency_unit == "trade" and self.window_days is None


class CutPointSettings(Section):
    """Hand-given cut points: ascending values, one fewer than bins; null means by quantiles."""

    recency: CutPoints = Field(None, description="Days; a user with at most that many is better.")
    frequency: CutPoints = Field(None, description="Purchases; at least that many is better.")
    monetary: CutPoints = Field(None, description="Yuan; at least that much is better.")


class ScoringSettings(Section):
    """How features become scores from 1 to the number of bins."""

    bins: int = Field(10, ge=2, le=100, description="Number of scores.")
    ties: Ties = Field(
        "mid",
        description="Score of equal values: from the lowest, the middle or the highest of their "
        "ranks.",
    )
    quantile_method: Literal["histogram", "sketch"] = Field(
        "histogram",
        description="How quantiles are found: exact counts on a grid, refined around the cuts, or "
        "Spark's approximate percentiles, whose cuts may differ with the partitioning.",
    )
    cut_points: CutPointSettings = CutPointSettings()

    @model_validator(mode="after")
    def _check_cut_points(self) -> Self:
        for name in FEATURE_NAMES:
            cuts = getattr(self.cut_points, name)
            if cuts is None:
                continue
            if len(cuts) != self.bins - 1:
                raise ValueError(
                    f"cut_points.{name} has {len(cuts)} values, but {self.bins} bins need "
                    f"{self.bins - 1}"
                )
            if any(later <= earlier for earlier, later in itertools.pairwise(cuts)):
                raise ValueError(f"cut_points.{name} must be strictly ascending")
        return self


class WeightSettings(Section):
    """Weights of the three scores: from expert judgments (AHP), from the users' scores, or both."""

    method: WeightMethod = Field(
        "ahp",
        description="Where the weights come from: one judgment matrix (ahp), several experts "
        "(group), both experts and scores (combined), or the scores of the users alone.",
    )
    judgments: str = Field(
        "judgments/huang2019.yaml",
        description="Judgment matrix: a YAML file, or the name of one shipped in conf/.",
    )
    experts: Annotated[tuple[str, ...], _LIST] = Field(
        (),
        description="Judgment matrices of several experts, as for judgments; group needs them, and "
        "combined uses them where there are any.",
    )
    priorities: PriorityMethod = Field(
        "eigenvector", description="How weights follow from a judgment matrix."
    )
    aggregation: Aggregation = Field(
        "judgments",
        description="What of several experts is averaged (geometric mean by their weights): the "
        "judgments, for a group that decides as one, or the weights that follow from each.",
    )
    above_limit: Literal["refuse", "leave_out"] = Field(
        "refuse",
        description="What to do with an expert among several who is above max_consistency_ratio.",
    )
    random_index: Literal["classic", "saaty2005"] = Field(
        "classic", description="Table of random indices for the consistency ratio."
    )
    max_consistency_ratio: float = Field(
        0.10, gt=0, description="A matrix less consistent than this is refused."
    )
    inexact_reciprocals: InexactReciprocals = Field(
        "refuse",
        description="What to do with a matrix whose mirrored entries are not reciprocal; "
        "symmetrise replaces both by their geometric mean.",
    )
    objective: ObjectiveMethod = Field(
        "critic", description="Which weights from the scores of users combined takes."
    )
    combination: CombinationMethod = Field(
        "linear", description="How combined puts the weights of experts and scores together."
    )
    coefficient: float = Field(
        0.5, ge=0, le=1, description="Share of the experts in a linear combination."
    )

    @model_validator(mode="after")
    def _check_experts(self) -> Self:
        if self.method == "group" and not self.experts:
            raise ValueError(
                "method is group, but experts is empty; name the files of the experts, such as "
                "[experts/product.yaml, experts/service.yaml]"
            )
        return self


class ClusteringSettings(Section):
    """K-means and the choice of K."""

    space: Literal["cells", "values"] = Field(
        "cells",
        description="What is clustered: the score cells (exact, the same everywhere), or the "
        "features of all users (log-scaled and standardised; depends on partitions, and costs "
        "passes over all users for each K).",
    )
    k_min: int = Field(2, ge=2, le=50, description="Smallest K that is tried.")
    k_max: int = Field(10, ge=2, le=50, description="Largest K that is tried.")
    fixed_k: int | None = Field(None, ge=1, le=50, description="Use this K and try no other.")
    centres: Annotated[tuple[ScoreTriple, ...] | None, Field(strict=False)] = Field(
        None,
        description="Use these centres and fit none: scores of R, F and MF, such as "
        "[[9, 9, 9], [2, 4, 3]].",
    )
    seed: int = Field(20190814, ge=0, description="Seed of initial centres and of resamples.")
    max_iterations: int = Field(100, ge=1, description="Most iterations of one fit.")
    tolerance: float = Field(
        1e-6, ge=0, description="MLlib's fit has converged when no centre moves farther than this."
    )
    restarts: int = Field(
        50, ge=1, le=10_000, description="Starts of k-means++ for each K, beside other starts."
    )
    criteria: Annotated[tuple[Criterion, ...], Field(strict=False, min_length=1)] = Field(
        ("elbow", "silhouette", "calinski_harabasz", "davies_bouldin", "gap"),
        description="Criteria that vote for K.",
    )
    gap_references: int = Field(
        20, ge=0, le=1000, description="Sets of users without structure for the gap; 0: no gap."
    )
    resamples: int = Field(
        50, ge=0, le=1000, description="Resamples that measure stability; 0: not measured."
    )
    resample_users: int = Field(5000, ge=2, le=1_000_000, description="Users in each resample.")
    max_valley: float = Field(
        0.5,
        ge=0,
        le=1,
        description="Gate: between any two segments the density of users falls to this share of "
        "the lower peak or below; 1 lets every K pass.",
    )
    min_stability: float = Field(
        0.75,
        ge=0,
        le=1,
        description="Gate: lowest mean Jaccard index of a segment over resamples; 0 lets every K "
        "pass.",
    )
    min_share: float = Field(
        0.01, ge=0, lt=1, description="Gate: smallest share of the users in a segment."
    )
    fallback_k: int = Field(
        5, ge=1, le=50, description="K to use where no K passes the gates: no natural K."
    )
    scale_by_weights: bool = Field(
        False, description="Multiply each score by its weight before distances are taken."
    )

    @model_validator(mode="after")
    def _check_range(self) -> Self:
        if self.k_min > self.k_max:
            raise ValueError(f"k_min is {self.k_min}, above k_max {self.k_max}")
        if self.scale_by_weights and self.space == "values":
            raise ValueError("scale_by_weights multiplies scores: it needs space cells, not values")
        return self

    @model_validator(mode="after")
    def _check_centres(self) -> Self:
        if self.centres is None:
            return self
        if not self.centres:
            raise ValueError("centres is an empty list; give at least one, or null to fit them")
        if self.fixed_k is not None:
            raise ValueError("fixed_k and centres are both set; keep one of the two")
        if self.space == "values":
            raise ValueError("centres are scores: they need space cells, not values")
        return self


class SegmentSettings(Section):
    """Names and strategies of the segments."""

    names: str = Field(
        "segments.yaml",
        description="Names and strategies by cell: a YAML file, or one shipped in conf/.",
    )


class SensitivitySettings(Section):
    """What is varied to see how much the segments depend on it (rfmf sensitivity)."""

    in_run: bool = Field(
        False, description="Whether every run measures it too; a fit of all K for each variation."
    )
    ties: Annotated[tuple[Ties, ...], _LIST] = Field(
        ("low", "mid", "high"), description="Rules for ties to try."
    )
    bins: Annotated[tuple[Annotated[int, Field(ge=2, le=100)], ...], _LIST] = Field(
        (5, 10), description="Numbers of scores to try."
    )
    bases: Annotated[tuple[Basis, ...], _LIST] = Field(
        ("management_fee", "principal_days", "amount", "net_revenue"),
        description="Bases of the monetary value to try; all but amount read the ledger again.",
    )
    weight_steps: Annotated[tuple[Annotated[float, Field(gt=0, lt=1)], ...], _LIST] = Field(
        (0.1,), description="Relative changes of each weight to try, up and down."
    )
    scale_by_weights: bool = Field(
        True, description="Whether to try the other value of clustering.scale_by_weights."
    )
    resamples: int = Field(
        10, ge=0, description="Draws for the stability of each K, in place of clustering.resamples."
    )


class ReportSettings(Section):
    """The report for analysts: one HTML file per run (rfmf report)."""

    enabled: bool = Field(True, description="Whether every complete run ends with a report.")
    language: Language = Field(
        "zh", description="Language that it opens in; a switch in the page shows the other one."
    )
    folder: str | None = Field(
        None,
        description="Local folder for reports, named by run id; null takes reports/ in output.root "
        "where that is a local path, and leaves them out elsewhere.",
    )
    smallest_group: int = Field(
        20,
        ge=2,
        description="Figures of groups with fewer users are withheld, and where a total would "
        "give them away those of another group too.",
    )


class SessionSettings(Section):
    """The Spark session, where none is active yet. Never applied to a session that exists."""

    engine: Literal["auto", "embedded", "spark"] = Field(
        "auto",
        description="What computes: Spark, or an engine inside this process that needs no Java "
        "(extra embedded), for one computer. auto takes the latter where it is installed and "
        "nothing asks for Spark: docs/operations.md.",
    )
    embedded_memory: str | None = Field(
        None,
        pattern=r"^[0-9]+[kmgtKMGT]$",
        description="Most memory that the embedded engine takes for joins and sums, such as 8g; "
        "null takes half of the computer, or of its container.",
    )
    master: str | None = Field(
        None, description="Spark master; null leaves it to spark-submit (or to Spark's defaults)."
    )
    remote: ConnectAddress = Field(
        None,
        description="Spark Connect (argument --remote): sc://HOST:PORT of a server, or local[N] "
        "for one of our own; null takes SPARK_REMOTE if that is set, else classic Spark.",
    )
    app_name: str = Field("rfmf", description="Name of the application in Spark's pages.")
    delta_packages: bool = Field(
        False,
        description="Let Spark fetch the Delta jars at start; clusters usually bring their own.",
    )
    quiet: bool = Field(
        False,
        description="Keep what the driver of a session that we start prints off the console: it "
        "goes to a temporary file, which is named and kept when something fails.",
    )


class SyntheticSettings(Section):
    """The generated ledger (rfmf generate, rfmf demo)."""

    users: int = Field(100_000, ge=1, description="All users, those who never trade too.")
    products: int = Field(30, ge=6, le=5000, description="Fund share classes.")
    seed: int = Field(7, ge=0, description="Same seed, same rows.")
    start: Annotated[dt.date, Field(strict=False)] = Field(
        dt.date(2018, 12, 11), description="First day of the ledger."
    )
    end: Annotated[dt.date, Field(strict=False)] = Field(
        dt.date(2019, 8, 14), description="Last day of the ledger."
    )
    prospect_share: float = Field(
        0.1, ge=0, lt=1, description="Share of the users who have a profile but never trade."
    )
    profile_signal: float = Field(
        1.0,
        ge=0,
        le=1,
        description="How much profiles tell about users: 1 as in the description of the ledger, "
        "0 nothing.",
    )
    opening: BusinessDate = Field(
        None,
        description="Write the positions at this date (table opening_positions) instead of the "
        "trades up to it (YYYY-MM-DD).",
    )
    dirty: float = Field(
        0.0,
        ge=0,
        le=1,
        description="Share of purchases with a bad row beside them; table planted lists them.",
    )
    skew: bool = Field(
        False, description="One user with a great many trades, one product with half of all."
    )
    skew_purchases: int = Field(
        1_000_000,
        ge=1,
        description="Purchases of the heavy user of a skewed ledger; at most as many as users.",
    )


class Settings(Section):
    """The whole configuration."""

    as_of: BusinessDate = Field(
        None, description="Business date T, as YYYY-MM-DD (argument --as-of); required for a run."
    )
    time_zone: str = Field(
        "Asia/Shanghai",
        description="Business time zone: how timestamps of the inputs become dates.",
    )
    model: str | None = Field(
        None,
        description="Score with this model and fit none (argument --model): a run id, latest, or "
        "an exported JSON file.",
    )
    input: InputSettings = InputSettings()
    output: OutputSettings = OutputSettings()
    quality: QualitySettings = QualitySettings()
    features: FeatureSettings = FeatureSettings()
    scoring: ScoringSettings = ScoringSettings()
    weights: WeightSettings = WeightSettings()
    clustering: ClusteringSettings = ClusteringSettings()
    segments: SegmentSettings = SegmentSettings()
    sensitivity: SensitivitySettings = SensitivitySettings()
    report: ReportSettings = ReportSettings()
    session: SessionSettings = SessionSettings()
    spark: dict[str, SparkValue] = Field(
        default_factory=dict,
        description="Settings passed on to Spark as they are, by their full name (spark.…).",
    )
    synthetic: SyntheticSettings = SyntheticSettings()

    @model_validator(mode="after")
    def _check_centres_are_scores(self) -> Self:
        bins = self.scoring.bins
        for centre in self.clustering.centres or ():
            if not all(1 <= score <= bins for score in centre):
                raise ValueError(
                    f"clustering.centres has {list(centre)}; scores are from 1 to {bins} "
                    f"(scoring.bins)"
                )
        return self

    @model_validator(mode="after")
    def _check_sensitivity_has_cells(self) -> Self:
        if self.sensitivity.in_run and self.clustering.space != "cells":
            raise ValueError(
                f"sensitivity.in_run is true, but sensitivity is measured on score cells, and "
                f"clustering.space is {self.clustering.space}; leave one of the two at its default"
            )
        return self

    def beyond_embedded(self) -> dict[str, object]:
        """Settings, by name, that the embedded engine cannot do."""
        given = {
            "session.remote": (self.session.remote, (None,)),
            "session.master": (self.session.master, (None,)),
            "clustering.space": (self.clustering.space, ("cells",)),
            "output.lock": (self.output.lock, ("auto", "file")),
            "scoring.quantile_method": (self.scoring.quantile_method, ("histogram",)),
        }
        return {name: value for name, (value, possible) in given.items() if value not in possible}

    @model_validator(mode="after")
    def _check_engine_suffices(self) -> Self:
        if self.session.engine == "embedded":
            for name, value in self.beyond_embedded().items():
                raise ValueError(
                    f"{name} is {value}, which session.engine=embedded cannot do; leave {name} at "
                    f"its default, or set session.engine=spark"
                )
        return self

    @model_validator(mode="after")
    def _check_spark_names(self) -> Self:
        for name in self.spark:
            if not name.startswith("spark."):
                raise ValueError(f"spark.{name}: names in this section start with 'spark.'")
        return self
