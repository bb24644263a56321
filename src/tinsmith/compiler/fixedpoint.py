"""The integer arithmetic that quantised models are defined by, at compile time.

Bit for bit what runs on the device (tin/nn/requantize.h) or, for functions of one int8 value, what
fills their tables. A real factor is kept as multiplier * 2^(shift - 31) with the multiplier in
[2^30, 2^31).
"""

from __future__ import annotations

import math

INT32_MAX = (1 << 31) - 1
INT32_MIN = -(1 << 31)


def wrap(value: int) -> int:
    """The 32-bit two's complement number with the same lowest bits."""
    return ((value - INT32_MIN) & 0xFFFFFFFF) + INT32_MIN


def quantize_multiplier(factor: float) -> tuple[int, int]:
    """(multiplier, shift) of a factor; factors below 2^-32 count as 0."""
    if factor == 0.0:
        return 0, 0
    fraction, shift = math.frexp(factor)
    multiplier = math.floor(fraction * 2.0**31 + 0.5)
    if multiplier == 1 << 31:
        multiplier, shift = multiplier // 2, shift + 1
    return (0, 0) if shift < -31 else (multiplier, shift)


def multiply_high(a: int, b: int) -> int:
    """Upper half of 2ab, rounded half up, saturated."""
    return min((a * b + (1 << 30)) >> 31, INT32_MAX)


def multiply_high16(a: int, b: int) -> int:
    """Upper half of 2ab of 16-bit numbers, rounded half away from zero, saturated."""
    rounded = (abs(a * b) + (1 << 14)) >> 15
    return min(rounded if a * b >= 0 else -rounded, (1 << 15) - 1)


def divide_by_power(value: int, exponent: int) -> int:
    """value / 2^exponent, rounded half away from zero."""
    mask = (1 << exponent) - 1
    threshold = (mask >> 1) + (1 if value < 0 else 0)
    return (value >> exponent) + (1 if (value & mask) > threshold else 0)


def requantize(value: int, multiplier: int, shift: int) -> int:
    """value * multiplier * 2^(shift - 31), rounded twice."""
    if shift > 0:
        return multiply_high(wrap(value << shift), multiplier)
    return divide_by_power(multiply_high(value, multiplier), -shift)


def _shift_left(value: int, bits: int) -> int:
    return max(INT32_MIN, min(INT32_MAX, value << bits))


# exp(-2^k) * 2^31 for k = -2, -1, ..., rounded.
_EXP_OF_POWER = (1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242)
_EXP_EIGHTH = 1895147668  # exp(-1/8) * 2^31
_ONE_THIRD = 715827883  # 2^31 / 3


def _exp_last_quarter(a: int) -> int:
    """exp of a Q0.31 number in [-1/4, 0): the Taylor series around -1/8 up to the fourth power."""
    x = a + (1 << 28)
    x2 = multiply_high(x, x)
    x3 = multiply_high(x2, x)
    x4 = multiply_high(x2, x2)
    inner = multiply_high(divide_by_power(x4, 2) + x3, _ONE_THIRD) + x2
    tail = x + divide_by_power(inner, 1)
    return min(INT32_MAX, _EXP_EIGHTH + multiply_high(_EXP_EIGHTH, tail))


def exp_on_negative(a: int, integer_bits: int) -> int:
    """exp(a) in Q0.31 of a number a <= 0 with that many integer bits.

    The last quarter by a polynomial, the rest as a product of powers, one per set bit.
    """
    if a == 0:
        return INT32_MAX
    fraction_bits = 31 - integer_bits
    quarter = 1 << (fraction_bits - 2)
    in_quarter = (a & (quarter - 1)) - quarter
    result = _exp_last_quarter(_shift_left(in_quarter, integer_bits))
    remainder = in_quarter - a
    for exponent, factor in enumerate(_EXP_OF_POWER, start=-2):
        if exponent < integer_bits and remainder & (1 << (fraction_bits + exponent)):
            result = multiply_high(result, factor)
    if integer_bits > 5 and a < -(1 << (fraction_bits + 5)):
        return 0
    return result


def _newton_reciprocal(a: int) -> int:
    """2 / (1 + a) in Q2.29 of a Q0.31 number a in [0, 1)."""
    half = (a + INT32_MAX + 1) // 2
    x = 1515870810 + multiply_high(half, -1010580540)  # 48/17 - 32/17 * half
    for _ in range(3):
        error = (1 << 29) - multiply_high(half, x)
        x += _shift_left(multiply_high(x, error), 2)
    return x


def logistic(a: int, integer_bits: int) -> int:
    """1 / (1 + exp(-a)) in Q0.31."""
    if a == 0:
        return 1 << 30
    exponential = exp_on_negative(-abs(a), integer_bits)
    positive = _shift_left(_newton_reciprocal(exponential), 1)
    return positive if a > 0 else INT32_MAX - positive


def hyperbolic_tangent(a: int, integer_bits: int) -> int:
    """tanh(a) in Q0.31, from (1 - e) / (1 + e) with e = exp(-2|a|)."""
    if a == 0:
        return 0
    exponential = exp_on_negative(-abs(a), integer_bits + 1)
    positive = _shift_left(_newton_reciprocal(exponential) - (1 << 29), 2)
    return positive if a > 0 else -positive


_HALF_ROOT_OF_TWO = 1518500250  # sqrt(1/2) * 2^31


def inverse_root(value: int) -> tuple[int, int]:
    """(multiplier, shift) of 1 / sqrt(value), value > 0: Newton's iteration from 1, five times, on
    numbers with 3 integer bits."""
    if value == 1:
        return INT32_MAX, 0
    shift = 11
    while value >= 1 << 29:
        value, shift = value // 4, shift + 1
    pairs = (32 - value.bit_length() - 1) // 2 - 1
    shift -= pairs
    half = divide_by_power(value << (2 * pairs) >> 1, 1)
    x = 1 << 28
    for _ in range(5):
        cube = _shift_left(multiply_high(multiply_high(x, x), x), 6)
        x = _shift_left(multiply_high(3 << 27, x) - multiply_high(half, cube), 3)
    x = multiply_high(x, _HALF_ROOT_OF_TWO)
    return (x << max(-shift, 0)), -max(shift, 0)


def input_radius(integer_bits: int, shift: int) -> int:
    """Largest input step that still fits the fixed-point range after scaling by 2^shift."""
    limit = float((1 << integer_bits) - 1) * float(1 << (31 - integer_bits)) / 2.0**shift
    return math.floor(limit)
