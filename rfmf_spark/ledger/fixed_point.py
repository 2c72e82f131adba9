"""Exact arithmetic on whole numbers of a smallest unit, in 64 bits."""

from __future__ import annotations

from decimal import Decimal

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import DecimalType

from rfmf_spark.session.exact import wraps_around

# One cent, in the 1e-8 yuan that fees are summed in.
CENT_E8 = 1_000_000

_MILLION = 1_000_000
_FACTOR = "decimal(18,0)"

# Growth of units by income is counted in 1e-12.
GROWTH_ONE = 10**12


def multiply_units(rows: DataFrame, units_e4: Column, price_e16: Column) -> Column:
    """``units × price`` of ``rows`` in 1e-8 yuan, its magnitude rounded half up.

    Both may be negative. Rounding the magnitude makes a sale take back exactly what the same
    purchase added. Fails beyond 64 bits.
    """
    sign = F.when((units_e4 < 0) != (price_e16 < 0), F.lit(-1)).otherwise(F.lit(1))
    multiply = _multiply_in_decimals if wraps_around(rows) else _multiply_magnitudes
    return sign * multiply(F.abs(units_e4), F.abs(price_e16))


def normalise_units(units_e4: Column, growth_e12: Column) -> Column:
    """Units ÷ growth, the magnitude rounded half up; units as they are where growth is null."""
    return _scale_units(units_e4, F.lit(GROWTH_ONE), growth_e12)


def grown_units(units_e4: Column, growth_e12: Column) -> Column:
    """Units × growth, the magnitude rounded half up; units as they are where growth is null."""
    return _scale_units(units_e4, growth_e12, F.lit(GROWTH_ONE))


def _scale_units(units_e4: Column, by: Column, over: Column) -> Column:
    # The product needs more than 64 bits; a factor has at most 18 digits.
    product = F.abs(units_e4).cast(_FACTOR) * by.cast(_FACTOR)
    magnitude = _divide(product + _divide(over, F.lit(2)), over.cast(_FACTOR)).cast("bigint")
    scaled = F.when(units_e4 < 0, -magnitude).otherwise(magnitude)
    return F.when(by.isNull() | over.isNull(), units_e4).otherwise(scaled)


def to_decimal(smallest: Column, scale: int, to_type: DecimalType) -> Column:
    """A whole number of 10 ** -scale as a decimal, rounded half up where the type is coarser."""
    unit = F.lit(Decimal(1).scaleb(-scale))
    return (smallest.cast("decimal(19,0)") * unit).cast(to_type)


def _multiply_magnitudes(units_e4: Column, price_e16: Column) -> Column:
    """The product of non-negative operands in 1e-8 yuan, rounded half up.

    ``units_e4`` counts 1/10,000 units (below 1e15), ``price_e16`` counts 1e-16 yuan per unit. The
    full product has up to 110 bits, so it is taken in limbs of six decimal digits, as on paper;
    an overflow of the result is an error under ANSI mode.
    """
    million, high_limb = F.lit(_MILLION), F.lit(_MILLION * _MILLION)
    units_high, units_low = _divide(units_e4, million), units_e4 % million
    price_high = _divide(price_e16, high_limb)
    price_mid = _divide(price_e16, million) % million
    price_low = price_e16 % million
    crossed = units_low * price_mid + units_high * price_low
    tail = (crossed % million) * million + units_low * price_low
    rounded = _divide(tail + F.lit(_MILLION * _MILLION // 2), high_limb)
    return units_e4 * price_high + units_high * price_mid + _divide(crossed, million) + rounded


def _multiply_in_decimals(units_e4: Column, price_e16: Column) -> Column:
    """The same where an overflow would pass in silence: 38 digits hold every product."""
    product = units_e4.cast("decimal(19,0)") * price_e16.cast("decimal(19,0)")
    high_limb = F.lit(_MILLION * _MILLION)
    half = F.lit(_MILLION * _MILLION // 2)
    return _divide(product + half, high_limb.cast(_FACTOR)).cast("bigint")


def _divide(dividend: Column, divisor: Column) -> Column:
    """Whole-number division; exact, unlike a division by way of doubles."""
    return F.call_function("div", dividend, divisor)
