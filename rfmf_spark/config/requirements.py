"""What a run, or a look at its inputs, needs to be set, beyond what each setting says by itself."""

from __future__ import annotations

import datetime as dt

from rfmf_spark.config.settings import Settings
from rfmf_spark.errors import ConfigurationError
from rfmf_spark.schemas.reasons import QUARANTINING_REASONS


def require_run_settings(settings: Settings) -> tuple[dt.date, str]:
    """Business date and root; they and the inputs have no default.

    Raises ``ConfigurationError``.
    """
    as_of = require_inputs(settings)
    return as_of, require_root(settings)


def require_root(settings: Settings) -> str:
    """Where the results are. Raises ``ConfigurationError`` where that is not set."""
    if not settings.output.root:
        raise ConfigurationError(
            "output.root is not set; give the folder for the results: --set output.root=DIR"
        )
    return settings.output.root


def require_inputs(settings: Settings) -> dt.date:
    """The business date, once all that reading the inputs needs is set.

    Raises ``ConfigurationError``.
    """
    if settings.as_of is None:
        raise ConfigurationError("as_of is not set; give the business date: --as-of 2019-08-14")
    for name in _required_inputs(settings):
        if getattr(settings.input, name) is None:
            raise ConfigurationError(
                f"input.{name} is not set; give its path: --set input.{name}=PATH"
            )
    if settings.input.opening_positions is not None:
        _require_continuable(settings)
    for reason in settings.quality.max_bad_share_by_reason:
        if reason not in QUARANTINING_REASONS:
            raise ConfigurationError(
                f"quality.max_bad_share_by_reason.{reason}: no row is quarantined for that; the "
                f"reasons are {', '.join(QUARANTINING_REASONS)}"
            )
    return settings.as_of


def _require_continuable(settings: Settings) -> None:
    """Refuse what cannot be continued from opening positions."""
    features = settings.features
    chosen = {
        "input.features": settings.input.features,
        "features.window_days": features.window_days,
        "features.window_start": features.window_start,
        "features.frequency_unit": None
        if features.frequency_unit == "trade"
        else features.frequency_unit,
    }
    for name, value in chosen.items():
        if value is not None:
            raise ConfigurationError(
                f"{name} is {value}, but input.opening_positions carries frequency by trade over "
                f"the whole window: leave {name} at its default, or give all trades instead of "
                f"input.opening_positions"
            )


def _required_inputs(settings: Settings) -> tuple[str, ...]:
    """Inputs that the configured basis cannot do without."""
    if settings.input.features is not None:
        return ("features",)
    return ("trades",) if settings.features.basis == "amount" else ("trades", "nav", "products")
