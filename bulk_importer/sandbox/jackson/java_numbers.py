"""Tells which Java class a number of a request becomes, and writes numbers as Java does.

Pure. The server reads a body with Jackson (integers of any size, all else as a double), prints it, and reads
the print again with org.json: the smallest of Integer, Long and BigInteger for what has neither point nor
exponent, and a BigDecimal of the printed digits else. Three cases are odd: negative zero becomes a Double,
what is too large for a double becomes the *text* `Infinity`, and huge integers stay exact.

The digits of a double are those of Java 17 (`Double.toString`), which are not always the shortest ones: JDK-4511638.
"""

from __future__ import annotations

import math
from decimal import Decimal

__all__ = ["HugeInteger", "as_text", "java_double", "kind_of_number", "number_text"]

_INT = 2**31
_LONG = 2**63
_FRACTION_BITS = 52
_BIAS = 1023
_BITS_OF_POWERS_OF_5 = tuple((5**power).bit_length() if power else 0 for power in range(27))


class HugeInteger(float):
    """An integer with more digits than Python converts to an `int`: an infinite float that keeps its digits."""

    __slots__ = ("digits",)

    digits: str

    def __new__(cls, digits: str) -> HugeInteger:
        value = super().__new__(cls, "-inf" if digits.startswith("-") else "inf")
        value.digits = digits
        return value


def kind_of_number(value: float) -> str:
    """The Java class that a number of a request becomes; `String` if it is too large for a double."""
    if isinstance(value, int):
        if -_INT <= value < _INT:
            return "Integer"
        return "Long" if -_LONG <= value < _LONG else "BigInteger"
    if isinstance(value, HugeInteger):
        return "BigInteger"
    if math.isinf(value):
        return "String"
    return "Double" if value == 0 and math.copysign(1, value) < 0 else "BigDecimal"


def as_text(value: object) -> str | None:
    """The string that the server takes `value` for, or None if it takes it for something else."""
    if isinstance(value, float) and kind_of_number(value) == "String":
        return "Infinity" if value > 0 else "-Infinity"
    return value if isinstance(value, str) else None


def number_text(value: float) -> str:
    """The number as the server's messages write it."""
    if isinstance(value, HugeInteger):
        return value.digits
    # Both libraries write decimals by the same rule: the scale that the digits came with is kept.
    return str(value) if isinstance(value, int) else str(Decimal(java_double(value)))


def java_double(value: float) -> str:
    """`Double.toString(value)` of Java 17, for a finite value other than zero."""
    sign = "-" if value < 0 else ""
    digits, exponent = _digits(abs(value))
    if 0 < exponent < 8:
        whole, fraction = digits[:exponent].ljust(exponent, "0"), digits[exponent:]
        return f"{sign}{whole}.{fraction or '0'}"
    if -3 < exponent <= 0:
        return f"{sign}0.{'0' * -exponent}{digits}"
    return f"{sign}{digits[0]}.{digits[1:] or '0'}E{exponent - 1}"


def _digits(value: float) -> tuple[str, int]:
    """Digits and exponent of `0.digits * 10**exponent`, after Java's `FloatingDecimal`."""
    mantissa, exponent = math.frexp(value)
    binary_exponent = exponent - 1
    significant = _FRACTION_BITS + 1 - max(0, 1 - _BIAS - binary_exponent)
    fraction = int(math.ldexp(mantissa, _FRACTION_BITS + 1))
    zeros = (fraction & -fraction).bit_length() - 1
    used = _FRACTION_BITS + 1 - zeros
    tiny = max(0, used - binary_exponent - 1)
    if tiny == 0 and -21 <= binary_exponent <= 62 and used < 64:
        return _integer_digits(int(value), binary_exponent - significant - 1)
    return _fraction_digits(fraction, zeros, binary_exponent, significant, tiny)


def _integer_digits(value: int, surplus_bits: int) -> tuple[str, int]:
    """A whole number below 2**63; what lies below the precision of a double is rounded away."""
    dropped = int(surplus_bits * math.log10(2)) if surplus_bits > 1 else 0
    if dropped:
        value, rest = divmod(value, 10**dropped)
        value += rest >= 10**dropped >> 1
    text = str(value)
    return text.rstrip("0"), len(text) + dropped


def _estimate(fraction: int, binary_exponent: int) -> int:
    """The decimal exponent, right or one too high; the constants are Java's."""
    scaled = math.ldexp(fraction, -_FRACTION_BITS)
    return math.floor((scaled - 1.5) * 0.289529654 + 0.176091259 + binary_exponent * 0.301029995663981)


def _fraction_digits(
    fraction: int, zeros: int, binary_exponent: int, significant: int, tiny: int
) -> tuple[str, int]:
    """Digits one by one, until they tell the number from its neighbours by Java's measure."""
    used = _FRACTION_BITS + 1 - zeros
    exponent = _estimate(fraction, binary_exponent)
    fives, s_fives = max(0, -exponent), max(0, exponent)
    b_twos, s_twos = fives + tiny + binary_exponent, s_fives + tiny
    m_twos = b_twos - significant
    b_twos -= used - 1
    shared = min(b_twos, s_twos)
    b_twos, s_twos, m_twos = b_twos - shared, s_twos - shared, m_twos - shared
    m_twos -= used == 1  # below a power of two the neighbours stand closer
    if m_twos < 0:
        b_twos, s_twos, m_twos = b_twos - m_twos, s_twos - m_twos, 0
    rest = (fraction >> zeros) * 5**fives << b_twos
    unit = 5**s_fives << s_twos
    margin = 5**fives << m_twos
    needed = max(used + b_twos + _bits_of_5(fives), s_twos + 1 + _bits_of_5(s_fives + 1))
    word = next((word for word in (32, 64) if needed < word), None)
    return _generate(rest, unit, margin, exponent, word)


def _bits_of_5(power: int) -> int:
    return _BITS_OF_POWERS_OF_5[power] if power < len(_BITS_OF_POWERS_OF_5) else power * 3


def _wrapped(value: int, word: int | None) -> int:
    """`value` in a signed machine word of `word` bits; itself where there is no word."""
    if word is None:
        return value
    half = 1 << word - 1
    return (value + half) % (2 * half) - half


def _generate(rest: int, unit: int, margin: int, exponent: int, word: int | None) -> tuple[str, int]:
    tens = unit * 10

    def next_digit() -> tuple[int, bool, bool]:
        nonlocal rest, margin
        digit, rest = divmod(rest, unit)
        rest, margin = rest * 10, _wrapped(margin * 10, word)
        # In machine words Java expects this product to overflow, but not the sum below; and it takes a tie for
        # low there, for high in large integers.
        if margin <= 0:
            return digit, True, True
        total = _wrapped(rest + margin, word)
        return digit, rest < margin, total > tens or (word is None and total == tens)

    digit, low, high = next_digit()
    digits = str(digit)
    if digit == 0 and not high:
        digits = ""  # the estimate of the exponent was one too high
        exponent -= 1
    if not -3 <= exponent < 8:
        low = high = False  # the form with an exponent has at least one digit behind the point
    while not (low or high):
        digit, low, high = next_digit()
        digits += str(digit)
    if high and (not low or 2 * rest > tens or (2 * rest == tens and digit % 2 == 1)):
        longer = str(int(digits) + 1).zfill(len(digits))
        exponent += len(longer) > len(digits)
        digits = longer[: len(digits)]
    return digits, exponent + 1
