"""What a JSON text is made of, checked: objects, lists, numbers, names. A fault says where in the text it is."""

import json
import math
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

import numpy as np
from numpy.typing import NDArray

from qsim.errors import QasmError
from qsim.io.limits import Limits

__all__ = ["Fault", "array", "at", "each", "fields", "name", "number", "numbers", "parse", "refuse", "text", "whole"]

T = TypeVar("T")
_INTEGERS = 2**63  # whole numbers are smaller
_SHOWN = 40  # characters of a value in a message


class Fault(Exception):
    """What is wrong, and the way to it from the outside; within this package alone.

    Attributes:
        message: the rule and the value.
        steps: keys and positions, the innermost first.
    """

    def __init__(self, message: str, *steps: str | int) -> None:
        super().__init__(message)
        self.message = message
        self.steps: list[str | int] = list(steps)

    def error(self, file: str) -> QasmError:
        """The error that a user sees: `circuit.json: $.instructions[3].qubits: …`."""
        path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in reversed(self.steps))
        return QasmError(f"${path}: {self.message}", file)


def refuse(message: str) -> NoReturn:
    """Raise a fault here."""
    raise Fault(message)


def parse(text: str, file: str) -> Any:
    """The value of a JSON text: no NaN, no infinity, no key twice in an object, nothing nested past Python's limit."""
    try:
        return json.loads(text, object_pairs_hook=_distinct, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise QasmError(f"This is not JSON: {error.msg}.", file, error.lineno, error.colno) from None
    except Fault as fault:
        raise QasmError(fault.message, file) from None
    except RecursionError:
        raise QasmError("The JSON text is nested too deeply.", file) from None
    except ValueError:  # Python reads whole numbers of 4300 digits
        raise QasmError("The JSON text has a whole number with too many digits.", file) from None


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        refuse(f"An object has the key {shown(next(key for key in keys if keys.count(key) > 1))} twice.")
    return found


def _no_constant(constant: str) -> NoReturn:
    refuse(f"{constant} is no number in JSON.")


def shown(value: Any) -> str:
    """A value in a message, on one line, elided; a list or object by its kind."""
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else f"a list of {len(value)}"
    digits = isinstance(value, int) and not isinstance(value, bool) and abs(value) >= _INTEGERS
    spelled = "a number of more than 64 bits" if digits else json.dumps(value)
    return spelled if len(spelled) <= _SHOWN else f"{spelled[: _SHOWN - 1]}…"


def at(step: str | int, read: Callable[..., T], *arguments: Any) -> T:
    """What is read at a key or a position; a fault gets that step."""
    try:
        return read(*arguments)
    except Fault as fault:
        fault.steps.append(step)
        raise


def each(items: Any, read: Callable[[Any], T]) -> list[T]:
    """What is read from each item of a list."""
    if not isinstance(items, list):
        refuse(f"a list is needed, but this is {shown(items)}")
    result: list[T] = []
    try:
        for item in items:
            result.append(read(item))  # noqa: PERF401  its length says where a fault lies
    except Fault as fault:
        fault.steps.append(len(result))
        raise
    return result


def fields(item: Any, needed: tuple[str, ...], optional: tuple[str, ...] = ()) -> list[Any]:
    """The values of an object's keys, first the needed ones; None where an optional one is not there."""
    if not isinstance(item, dict):
        refuse(f"an object is needed, but this is {shown(item)}")
    for key in needed:
        if key not in item:
            refuse(f'the key "{key}" is missing')
    if len(item) > len(needed):
        for key in item:
            if key not in needed and key not in optional:
                refuse(f"the key {shown(key)} is unknown here")
    return [item.get(key) for key in (*needed, *optional)]


def text(value: Any, limits: Limits) -> str:
    """A printable text of limited length."""
    if not isinstance(value, str):
        refuse(f"a text is needed, but this is {shown(value)}")
    if len(value) > limits.identifier:
        refuse(f"a name may have {limits.identifier} characters, but this one has {len(value)}")
    if not value.isprintable():
        refuse(f"a name must be printable, but this one is {shown(value)}")
    return value


def name(value: Any, limits: Limits) -> str:
    """A text that is not empty."""
    return text(value, limits) or refuse("a name must not be empty")


def whole(value: Any, least: int = 1 - _INTEGERS, most: int = _INTEGERS - 1) -> int:
    """A whole number in a range."""
    if type(value) is not int or not least <= value <= most:
        limits = "a whole number" if most - least > 2**62 else f"a whole number of {least} … {most}"
        refuse(f"{limits} is needed, but this is {shown(value)}")
    return value


def number(value: Any) -> float:
    """A finite number."""
    if type(value) is float and math.isfinite(value):
        return value
    if type(value) is not int or abs(value) >= _INTEGERS:
        refuse(f"a finite number is needed, but this is {shown(value)}")
    return float(value)


def numbers(items: Any, count: int, what: str) -> tuple[int, ...]:
    """Distinct numbers of qubits or bits, each less than the count."""
    if type(items) is not list:
        refuse(f"a list is needed, but this is {shown(items)}")
    for position, item in enumerate(items):
        if type(item) is not int or not 0 <= item < count:
            have = f"{what}s 0 … {count - 1}" if count else f"no {what}s"
            raise Fault(f"the circuit has {have}, but this is {shown(item)}", position)
    if len(set(items)) != len(items):
        refuse(f"{what}s must be distinct, but one is repeated")
    return tuple(items)


def array(items: Any, shape: tuple[int, ...]) -> NDArray[np.complex128]:
    """Complex numbers, each a list of two numbers; -1 in the shape is any number."""
    try:
        found = np.asarray(items)
    except (ValueError, OverflowError):
        found = np.empty(0)
    if found.dtype.kind not in "fi" or found.ndim != len(shape) + 1 or found.shape[-1] != 2:
        what = "a matrix as a list of rows" if len(shape) == 2 else "a list"
        refuse(f"{what} of complex numbers is needed, each a list of two numbers")
    if any(wanted not in (-1, given) for wanted, given in zip(shape, found.shape, strict=False)):
        refuse(f"{' × '.join(map(str, shape))} entries are needed, but there are {found.shape[:-1]}")
    pairs = np.ascontiguousarray(found, dtype=np.float64)
    if not np.isfinite(pairs).all():
        refuse("its numbers must be finite")
    complexes: NDArray[np.complex128] = pairs.view(np.complex128)[..., 0]
    return complexes
