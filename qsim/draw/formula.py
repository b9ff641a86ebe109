"""The Kronecker view: a circuit as a product of layers, each layer as a Kronecker product.

    Circuit(2).h(0).cx(0, 1)        U = (P0⊗I + P1⊗X)·(H⊗I)

A layer holds what acts at the same time, as `Circuit.depth` counts. Its factors stand in the order of the qubits, I
where nothing acts; the last layer stands leftmost, since it acts last. A controlled gate is its projector sum. What
acts on a qubit between the qubits of a sum stands in each of its terms; sums that interleave are multiplied. On more
than eight qubits, and where a factor is on qubits that are not neighbours, factors are placed instead: `H(0)·X(9)`.

Measurements, resets and what depends on classical bits are no operators. They stand below the factors of their layer,
as what they do to a density matrix ρ, or in words.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from html import escape

from qsim.algebra import OperatorProduct
from qsim.algebra.factors import NAMED
from qsim.algebra.show import qubit_labels
from qsim.circuit import Barrier, Circuit, Initialize, Instruction, Measurement, Operation, Reset
from qsim.circuit.analysis import kind, locate
from qsim.circuit.flow import ControlFlow
from qsim.draw.formula_body import MAX_FACTORS, MAX_QUBITS, Body, write_body
from qsim.draw.formula_notation import HTML, TEX, TEXT, Notation, on_one_line
from qsim.draw.formula_parts import Coefficient, Letter, Part, PartTerm, part
from qsim.draw.pictures import Names, Rows, depict
from qsim.draw.steps import Step, is_compact
from qsim.errors import CircuitError
from qsim.gates import Gate

__all__ = ["Formula", "Layer", "formula"]

MAX_LAYERS = 24  # layers shown: of more the first and the last half
MAX_EVENTS = 8  # measurements and the like shown of a layer
MAX_LINE = 80  # characters of several layers on one line, and of words
MAX_DRAWN = 40  # instructions of a circuit that is drawn beside its formula


def formula(item: "Circuit | Gate") -> "Formula":
    """The formula of a circuit, or of one gate, of which then one-qubit factors are written out too.

    Raises:
        TypeError: it is neither.

    >>> from qsim import gates
    >>> formula(Circuit(3).h(0).cx(0, 2).x(1))
    U = (P0⊗I⊗I + P1⊗I⊗X)·(H⊗X⊗I)   (q0 q1 q2; the rightmost acts first)
    >>> formula(gates.rzz(0.3))
    rzz(0.3) = cos(0.15) I⊗I - i sin(0.15) Z⊗Z   (q0 q1)
    """
    if isinstance(item, Circuit):
        return Formula(item)
    if isinstance(item, Gate):
        return Formula(Circuit(item.num_qubits).append(item, *range(item.num_qubits)), item)
    raise TypeError(f"formula takes a Circuit or a Gate, not {type(item).__name__}.")


@dataclass(frozen=True)
class Layer:
    """Instructions that act at the same time, on different qubits and bits.

    Attributes:
        operations: the gates, by their first qubit.
        events: all else: measurements, resets, control flow.
    """

    operations: tuple[Operation, ...] = ()
    events: tuple[Instruction, ...] = ()


@dataclass(frozen=True)
class Formula:
    """A circuit as a product of Kronecker products: prints as text, and shows itself in a notebook.

    Sizes and work are bounded: of a long circuit the first and the last layers are written. Decimal numbers are rounded
    to four digits; fractions of π, simple fractions and cosines are exact. Two custom gates may share a name.

    Attributes:
        circuit: what it is of.
        gate: the gate, if it is of one.
    """

    circuit: Circuit
    gate: Gate | None = None
    _instructions: list[Instruction] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "circuit", self.circuit.copy())
        object.__setattr__(self, "_instructions", self.circuit[:])

    # ── What it is made of ────────────────────────────────────────────────────────────────────────────────────────

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers, the first to act first; global phases are in none.

        >>> [len(layer.operations) for layer in formula(Circuit(2).h(0).x(1).cx(0, 1)).layers]
        [2, 1]
        """
        return tuple(map(_layer, self._rows))

    @cached_property
    def _rows(self) -> list[list[Instruction]]:
        """The instructions of each layer, as they were added."""
        num_qubits = self.circuit.num_qubits
        levels = [0] * (num_qubits + self.circuit.num_bits)
        rows: list[list[Instruction]] = []
        for instruction in self._instructions:
            places: Sequence[int] = instruction.qubits
            if instruction.bits:
                places = [*places, *(num_qubits + bit for bit in instruction.bits)]
            elif not places and isinstance(instruction, Operation):
                continue
            level = max([levels[place] for place in places], default=len(rows))
            if not isinstance(instruction, Barrier):
                if level == len(rows):
                    rows.append([])
                rows[level].append(instruction)
                level += 1
            for place in places:
                levels[place] = level
        return rows

    @property
    def is_pure(self) -> bool:
        """Whether it is of gates alone."""
        return all(isinstance(instruction, (Operation, Barrier)) for instruction in self._instructions)

    @cached_property
    def phase(self) -> Coefficient:
        """The product of the operations without qubits, the global phases."""
        total = Coefficient()
        for instruction in self._instructions:
            if isinstance(instruction, Operation) and not instruction.qubits:
                total *= part(instruction).scale
        return total

    def operators(self) -> list[OperatorProduct]:
        """The layers as operators, as written: the last first, and a global phase before it.

        Their product is the circuit's unitary. A layer is a product of sums on different qubits, never multiplied out.

        Raises:
            CircuitError: something is measured, reset or conditional.
            ParameterError: an angle has no value.

        >>> circuit = Circuit(2).h(0).cx(0, 1).rzz(0.3, 0, 1)
        >>> product = OperatorProduct(*formula(circuit).operators())
        >>> bool(abs(product.matrix() - circuit.unitary()).max() < 1e-12)
        True
        """
        for number, instruction in enumerate(self._instructions):
            if not isinstance(instruction, (Operation, Barrier)):
                place = locate(number, instruction)
                raise CircuitError(f"{place}: a circuit with {kind(instruction)} has no operator.")
        width = self.circuit.num_qubits
        layers = [[self._part(operation) for operation in layer.operations] for layer in reversed(self.layers)]
        if self.phase.value != 1:
            layers.insert(0, [Part((), self.phase, (PartTerm(Coefficient(), ()),))])
        return [OperatorProduct(*(each.operator for each in parts), num_qubits=width) for parts in layers]

    def _part(self, operation: Operation) -> Part:
        return part(operation, expand=self.gate is not None)

    # ── How it is shown ───────────────────────────────────────────────────────────────────────────────────────────

    @property
    def text(self) -> str:
        """The formula in Unicode characters: one line if it is short, else a line a layer."""
        lines = _Writer(self, TEXT).lines()
        if len(lines) == 1:
            return f"{lines[0].left} = {lines[0].right}   ({lines[0].note})"
        width = max(len(line.left) for line in lines)
        return "\n".join(
            f"{line.left:>{width}} {'=' if line.left else ' '} {line.right}{f'   ({line.note})' if line.note else ''}"
            for line in lines
        )

    @property
    def latex(self) -> str:
        """The formula in LaTeX, without dollar signs."""
        lines = _Writer(self, TEX).lines()
        rows = [
            rf"{line.left} {'&=' if line.left else '&'} {line.right}"
            + (rf" \qquad ({TEX.words(line.note)})" if line.note else "")
            for line in lines
        ]
        if len(rows) == 1:
            return rows[0].replace("&=", "=", 1)
        body = " \\\\\n".join(rows)
        return f"\\begin{{aligned}}\n{body}\n\\end{{aligned}}"

    def _repr_latex_(self) -> str:
        return rf"$\displaystyle {self.latex}$"

    def __str__(self) -> str:
        return self.text

    __repr__ = __str__

    def _repr_html_(self) -> str:
        """The formula as a table of layers, beside the drawing of a small circuit."""
        table = "".join(map(_html_row, _Writer(self, HTML).lines()))
        return f'<div style="{_BOX}">{self._drawing()}<table style="{_TABLE}"><tbody>{table}</tbody></table></div>'

    def _drawing(self) -> str:
        small = 0 < len(self._instructions) <= MAX_DRAWN and 0 < self.circuit.num_qubits <= MAX_QUBITS
        return str(self.circuit.draw(expand=True)._repr_html_()) if small and self.gate is None else ""


_BOX = "display: flex; flex-wrap: wrap; gap: 2em; align-items: center; overflow-x: auto"
_TABLE = "font-family: serif; font-size: 1.1em; border: none; margin: 0"
_CELL = "border: none; padding: 0.15em 0.3em; white-space: nowrap; vertical-align: baseline; text-align: left"


def _html_row(line: "_Line") -> str:
    equals = "=" if line.left else ""
    note = f" <small>&emsp;({escape(line.note)})</small>" if line.note else ""
    cells = (line.left, equals, f"{line.right}{note}")
    row = "".join(f'<td style="{_CELL}">{cell}</td>' for cell in cells)
    return f'<tr style="background: none">{row}</tr>'


def _layer(row: list[Instruction]) -> Layer:
    operations = sorted((i for i in row if isinstance(i, Operation)), key=lambda operation: min(operation.qubits))
    return Layer(tuple(operations), tuple(i for i in row if not isinstance(i, Operation)))


@dataclass(frozen=True)
class _Line:
    """One line: what stands left of the equals sign, what right of it, and a note in plain characters."""

    left: str
    right: str
    note: str = ""


class _Writer:
    """Writes a formula in a notation."""

    def __init__(self, of: Formula, notation: Notation) -> None:
        self.of, self.notation = of, notation
        self.num_qubits = of.circuit.num_qubits
        self.count, self.is_pure = len(of._rows), of.is_pure
        self.labels = qubit_labels(range(self.num_qubits))

    # ── The whole ─────────────────────────────────────────────────────────────────────────────────────────────────

    def lines(self) -> list[_Line]:
        """One line for a short formula of gates alone, else the product of the layers and a line for each."""
        shown = [*range(self.count)]
        if self.count > MAX_LAYERS:
            shown[MAX_LAYERS // 2 : self.count - MAX_LAYERS // 2] = [-1]
        elif self.is_pure and (short := self._short()):
            return [short]
        rows = [self._head(shown)]
        for number in shown:
            rows += [self._gap()] if number < 0 else self._layer_lines(number)
        return rows

    def _short(self) -> _Line | None:
        """All in one line, if it has room."""
        n, many = self.notation, self.count > 1
        layers = self.of.layers
        if many and sum(len(self._body(layer, TEXT).text) + 3 for layer in layers) > MAX_LINE:
            return None
        scale = n.before(self.of.phase)
        bodies = [self._body(layer, n) for layer in reversed(layers)]
        texts = [self._enclosed(body) if many else body.text for body in bodies]
        if len(bodies) == 1 and scale and (bodies[0].kind == "sum" or texts[0].startswith("-")):
            texts = [n.group(texts[0])]
        right = scale + (n.dot.join(texts) or ("" if scale.strip("- ") and not self.num_qubits else self._identity()))
        return _Line(self._name(), right.rstrip(), f"{self.labels}; the rightmost acts first" if many else self.labels)

    def _enclosed(self, body: Body) -> str:
        """A layer as a factor of a product."""
        if body.kind == "factor":
            return body.text
        return (self.notation.outer if body.kind == "product" else self.notation.group)(body.text)

    def _body(self, layer: Layer, notation: Notation) -> Body:
        """The gates of a layer; those in the middle of very many are not looked at."""
        shown = layer.operations
        if self.num_qubits > MAX_QUBITS and len(shown) > 2 * MAX_FACTORS:  # of which still not all are written
            shown = (*shown[:MAX_FACTORS], *shown[-MAX_FACTORS:])
        return write_body([self.of._part(operation) for operation in shown], self.num_qubits, notation)

    def _identity(self) -> str:
        """I on all qubits, for a circuit without gates."""
        one = self.notation.symbol("I")
        places = self.num_qubits if 0 < self.num_qubits <= MAX_QUBITS else 1
        return self.notation.times.join([one] * places) if self.num_qubits else "1"

    def _name(self) -> str:
        return self.notation.words(on_one_line(str(self.of.gate), MAX_LINE)) if self.of.gate else "U"

    def _head(self, shown: list[int]) -> _Line:
        names = [self.notation.dots if number < 0 else self.notation.layer(number + 1) for number in reversed(shown)]
        scale = self.notation.before(self.of.phase)
        note = f"{self.labels}; L1 acts first"
        if self.is_pure:
            return _Line(self._name(), scale + self.notation.dot.join(names), note)
        n = self.notation
        maps = n.group(f" {n.compose} ".join(names)) + n.group(n.rho)
        return _Line("", f"{n.rho} {n.arrow} {maps}", f"{note}; gates G are ρ → G ρ G†")

    def _gap(self) -> _Line:
        return _Line("", self.notation.dots, f"{self.count - MAX_LAYERS // 2 * 2} layers left out")

    def _layer_lines(self, number: int) -> Iterator[_Line]:
        layer = _layer(self.of._rows[number])
        left = self.notation.layer(number + 1)
        if layer.operations:
            yield _Line(left, self._body(layer, self.notation).text)
            left = ""
        events = _Events(self.of.circuit, self.notation)
        for event in layer.events[:MAX_EVENTS]:
            yield _Line(left, events.write(event))
            left = ""
        if len(layer.events) > MAX_EVENTS:
            yield _Line(left, self.notation.dots, f"{len(layer.events) - MAX_EVENTS} more like these")


class _Events:
    """What is no operator: measurements and resets as maps of density matrices, all else in words."""

    def __init__(self, circuit: Circuit, notation: Notation) -> None:
        self.notation = notation
        self.rows, self.names = Rows(circuit.num_qubits, MAX_QUBITS), Names(circuit.bits.registers)

    def write(self, event: Instruction) -> str:
        """An instruction, in words and, if it is simple, as a formula."""
        words = self._words
        if isinstance(event, Measurement):
            return words(f"measure q{event.qubit} into {self.names[event.bit]}: ") + self._map(event.qubit, "P0", "P1")
        if isinstance(event, Reset):
            return words(f"reset q{event.qubit}: ") + self._map(event.qubit, "P0", "σ+")
        if isinstance(event, Initialize):
            label = f"|{event.label[:MAX_QUBITS]}{'…' * (len(event.label) > MAX_QUBITS)}⟩" if event.label else "a state"
            return words(f"reset {qubit_labels(event.qubits)}, then put into {label}")
        return self._classical(event)

    def _map(self, qubit: int, *kraus: str) -> str:
        n = self.notation
        pairs = [(NAMED[name], NAMED[name].dagger()) for name in kraus]
        terms = [
            f"{n.on(Letter(left.name, left), (qubit,))} {n.rho} {n.on(Letter(right.name, right), (qubit,))}"
            for left, right in pairs
        ]
        return f"{n.rho} {n.arrow} {' + '.join(terms)}"

    def _classical(self, event: Instruction) -> str:
        """Control flow by its head, one instruction under a condition with that instruction."""
        is_block = isinstance(event, ControlFlow) and not is_compact(event)
        item = depict(Step(0, event, 0 if is_block else None), self.rows, self.names)
        if item is None:
            return self._words(event.name)
        if isinstance(event, ControlFlow) and is_compact(event):
            inner = event.blocks[0][0]
            shown = self._gate(inner) if isinstance(inner, Operation) else self.write(inner)
            return f"{shown}{self._words(f' if {item.condition}')}"
        if not isinstance(event, ControlFlow):
            return self._words(item.label)
        count = sum(map(len, event.blocks))
        return self._words(f"{item.label}: {count} instruction{'s' * (count != 1)}")

    def _gate(self, operation: Operation) -> str:
        return write_body([part(operation)], 0, self.notation, is_placed=True).text

    def _words(self, text: str) -> str:
        return self.notation.words(on_one_line(text, MAX_LINE))
