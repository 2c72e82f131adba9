"""Modified Dietz: the money-weighted return of a period from two values and the flows between."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from rfmf_spark.errors import InputRefusedError


class DietzReturn(NamedTuple):
    """``gain`` and ``average_capital`` in yuan; ``rate`` of the whole period, not per year.

    ``rate`` is ``None`` where the average capital is not positive, which a rate needs.
    """

    gain: float
    average_capital: float
    rate: float | None


def modified_dietz(
    begin_value: float,
    end_value: float,
    flows: Sequence[tuple[dt.date, float]],
    first_day: dt.date,
    last_day: dt.date,
) -> DietzReturn:
    """The return of one user or position (Dietz 1968).

    ``flows``: day and yuan, paid in positive, taken out negative. With CD days from ``first_day``
    to ``last_day``, a flow D days after the first has the weight (CD − D) / CD, and

        rate = (end − begin − Σ flows) / (begin + Σ weight × flow)

    Raises ``InputRefusedError`` for flows outside the period, numbers that are missing or not
    finite, and a period without a day.
    """
    keys = ["one"]
    positions = pd.DataFrame({"key": keys, "begin_value": begin_value, "end_value": end_value})
    moved = pd.DataFrame(
        {
            "key": keys * len(flows),
            "date": [day for day, _ in flows],
            "amount": [amount for _, amount in flows],
        }
    )
    found = modified_dietz_by_key(positions, moved, first_day, last_day).iloc[0]
    rate = None if pd.isna(found["rate"]) else float(found["rate"])
    return DietzReturn(float(found["gain"]), float(found["average_capital"]), rate)


def modified_dietz_by_key(
    positions: pd.DataFrame, flows: pd.DataFrame, first_day: dt.date, last_day: dt.date
) -> pd.DataFrame:
    """The same for many users at once.

    ``positions``: ``key`` (each once), ``begin_value``, ``end_value``; ``flows``: ``key``,
    ``date``, ``amount``, all yuan. Result: ``key``, ``gain``, ``average_capital``, ``rate`` (NaN
    where the average capital is not positive), in the order of ``positions``.
    """
    dates = pd.to_datetime(flows["date"])
    period_days = (last_day - first_day).days
    _check(positions, flows, dates, first_day, last_day)
    left = (pd.Timestamp(last_day) - dates).dt.days / period_days
    amounts = flows["amount"].astype(float)
    moved = pd.DataFrame({"flow": amounts, "weighted": amounts * left})
    sums = moved.groupby(flows["key"]).sum().reindex(positions["key"], fill_value=0.0)
    begin = positions["begin_value"].to_numpy(dtype=float)
    end = positions["end_value"].to_numpy(dtype=float)
    gain = end - begin - sums["flow"].to_numpy()
    capital = begin + sums["weighted"].to_numpy()
    rate = np.full(len(positions), np.nan)
    np.divide(gain, capital, out=rate, where=capital > 0)
    return pd.DataFrame(
        {
            "key": positions["key"].to_numpy(),
            "gain": gain,
            "average_capital": capital,
            "rate": rate,
        }
    )


def _check(
    positions: pd.DataFrame,
    flows: pd.DataFrame,
    dates: pd.Series,
    first_day: dt.date,
    last_day: dt.date,
) -> None:
    if last_day <= first_day:
        raise InputRefusedError(
            f"the period {first_day} to {last_day} has no day; let it end after it begins"
        )
    inside = dates.between(pd.Timestamp(first_day), pd.Timestamp(last_day))
    values = positions[["begin_value", "end_value"]].astype(float)
    counts = {
        f"flows are outside {first_day} to {last_day}": int((~inside).sum()),
        "flows belong to no position": int((~flows["key"].isin(positions["key"])).sum()),
        "flows have no finite amount": int((~np.isfinite(flows["amount"].astype(float))).sum()),
        "positions have no finite value": int((~np.isfinite(values).all(axis=1)).sum()),
        "positions are there twice": int(positions["key"].duplicated().sum()),
    }
    mistakes = [f"{count} {what}" for what, count in counts.items() if count]
    if mistakes:
        raise InputRefusedError(f"{'; '.join(mistakes)}; correct or remove them")
