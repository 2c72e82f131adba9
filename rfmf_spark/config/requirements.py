"""What a run, or a look at its inputs, needs to be set: it has no default."""

from __future__ import annotations

import datetime as dt

from rfmf_spark.config.bases import basis_of
from rfmf_spark.config.settings import Settings
from rfmf_spark.errors import ConfigurationError


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
    return settings.as_of


def _required_inputs(settings: Settings) -> tuple[str, ...]:
    """Inputs that the configured basis cannot do without."""
    if settings.input.features is not None:
        return ("features",)
    return basis_of(settings.features).inputs
