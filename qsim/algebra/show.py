"""How operators are written: as text and as LaTeX, of bounded length."""

import re
from collections.abc import Callable, Sequence

from qsim.algebra.terms import PlacedFactor, Term

__all__ = ["format_coefficient", "latex", "latex_labels", "latex_number", "qubit_labels", "text"]

MAX_TERMS = 8  # terms shown; past it the middle is left out
MAX_NAME = 40  # characters of a factor's name
MAX_SLOTS = 8  # up to this many qubits a term is written with all its ⊗


def text(terms: Sequence[Term], qubits: Sequence[int]) -> str:
    """The sum as a line of text: `P0⊗I + P1⊗X` on few qubits, `Z(0)·Z(1) + …` on many."""
    write = _kronecker_writer(terms, qubits, lambda placed: _clipped(placed.factor.name), "I", "⊗")
    if write is None:
        return _join(terms, lambda term: "·".join(_elided(term.factors, _function_form)) or "I")
    return _join(terms, write)


def latex(terms: Sequence[Term], qubits: Sequence[int]) -> str:
    """The sum in LaTeX, without dollar signs."""
    write = _kronecker_writer(terms, qubits, lambda placed: placed.factor.latex, "I", r" \otimes ")
    if write is None:
        return _join(
            terms, lambda term: " ".join(_elided(term.factors, _subscript_form)) or "I", r" + \cdots ", latex_number
        )
    return _join(terms, write, r" + \cdots ", latex_number)


def qubit_labels(qubits: Sequence[int]) -> str:
    """Labels of the qubits a formula's factors stand for, in order.

    >>> qubit_labels([0, 1]), qubit_labels(range(40)), qubit_labels([])
    ('q0 q1', 'q0 … q39', 'no qubits')
    """
    if not qubits:
        return "no qubits"
    if len(qubits) > MAX_SLOTS:
        return f"q{qubits[0]} … q{qubits[-1]}"
    return " ".join(f"q{qubit}" for qubit in qubits)


def latex_labels(qubits: Sequence[int], suffix: str = "") -> str:
    r"""The labels as the end of a LaTeX formula.

    >>> print(latex_labels([0, 1]))
     \qquad (\text{q0 q1})
    """
    return rf" \qquad (\text{{{qubit_labels(qubits)}{suffix}}})"


def format_coefficient(value: complex) -> str:
    """A number with four significant digits, an imaginary unit where there is one.

    >>> format_coefficient(0.5), format_coefficient(-1j), format_coefficient(1 + 2j)
    ('0.5', '-i', '(1+2i)')
    """
    real, imag = f"{value.real:.4g}", f"{value.imag:.4g}"
    if float(imag) == 0:
        return real
    unit = {"1": "i", "-1": "-i"}.get(imag, f"{imag}i")
    if float(real) == 0:
        return unit
    return f"({real}{'' if unit.startswith('-') else '+'}{unit})"


def latex_number(value: complex) -> str:
    r"""A coefficient in LaTeX.

    >>> print(latex_number(1e-5), latex_number(-2e10j))
    1\cdot 10^{-5} -2\cdot 10^{10}i
    """
    return re.sub(r"e([+-])0*(\d+)", lambda m: rf"\cdot 10^{{{m[1].strip('+')}{m[2]}}}", format_coefficient(value))


def _kronecker_writer(
    terms: Sequence[Term], qubits: Sequence[int], name: Callable[[PlacedFactor], str], identity: str, times: str
) -> Callable[[Term], str] | None:
    """A writer of terms with one place a qubit, or `None` where the qubits are too many or a factor is scattered."""
    slots = {qubit: slot for slot, qubit in enumerate(qubits)}
    if len(qubits) > MAX_SLOTS or not all(
        _is_adjacent(p.qubits, slots) for term in terms[:MAX_TERMS] for p in term.factors
    ):
        return None

    def write(term: Term) -> str:
        starts = {placed.qubits[0]: placed for placed in term.factors}
        inside = {qubit for placed in term.factors for qubit in placed.qubits[1:]}
        places = [name(starts[q]) if q in starts else identity for q in qubits if q not in inside]
        return times.join(places) or "1"

    return write


def _is_adjacent(qubits: tuple[int, ...], slots: dict[int, int]) -> bool:
    first = slots[qubits[0]]
    return all(slots[qubit] == first + offset for offset, qubit in enumerate(qubits))


def _elided(factors: Sequence[PlacedFactor], write: Callable[[PlacedFactor], str]) -> list[str]:
    if len(factors) <= 2 * MAX_SLOTS:
        return [write(placed) for placed in factors]
    return [*map(write, factors[:MAX_SLOTS]), "…", *map(write, factors[-2:])]


def _function_form(placed: PlacedFactor) -> str:
    return f"{_clipped(placed.factor.name)}({', '.join(map(str, placed.qubits))})"


def _subscript_form(placed: PlacedFactor) -> str:
    return f"{{{placed.factor.latex}}}_{{{','.join(map(str, placed.qubits))}}}"


def _clipped(name: str) -> str:
    return name if len(name) <= MAX_NAME else f"{name[: MAX_NAME - 1]}…"


def _join(
    terms: Sequence[Term],
    write: Callable[[Term], str],
    gap: str = " + … ",
    number: Callable[[complex], str] = format_coefficient,
) -> str:
    if not terms:
        return "0"
    if len(terms) <= MAX_TERMS:
        return _sum(terms, write, number)
    head, tail = terms[: MAX_TERMS - 2], terms[-1:]
    return _sum(head, write, number) + gap + _sum(tail, write, number, first=False)


def _sum(
    terms: Sequence[Term], write: Callable[[Term], str], form: Callable[[complex], str], *, first: bool = True
) -> str:
    pieces: list[str] = []
    for term in terms:
        number = form(term.coefficient)
        sign, number = ("-", number[1:]) if number.startswith("-") else ("+", number)
        body = write(term) if number == "1" else f"{number} {write(term)}"
        if pieces or not first:
            pieces.append(f"{sign} {body}")
        else:
            pieces.append(body if sign == "+" else f"-{body}")
    return " ".join(pieces)
