"""Assignments: to variables, to bits of them, to elements of arrays."""

from collections.abc import Sequence
from typing import Any

from openqasm3 import ast

from qsim.circuit.classical import Expression
from qsim.io.qasm3.bitwise import constant, select
from qsim.io.qasm3.build import Undetermined
from qsim.io.qasm3.calls import Calls
from qsim.io.qasm3.evaluate import described
from qsim.io.qasm3.names import BitNames, Variable
from qsim.io.qasm3.operators import NotComputable, binary
from qsim.io.qasm3.values import Type, Value, convert, default, wrapped

__all__ = ["Stores"]

Places = list[tuple[Variable, int]]


class Stores(Calls):
    """Statements that change variables."""

    # ── Bits ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def bits_of(self, node: Any) -> BitNames:
        """The bits that something names: a register, a part of one, several, an alias."""
        if isinstance(node, ast.Identifier):
            found = self.lookup(node, node.name)
            if isinstance(found, BitNames):
                return found
            if not isinstance(found, Variable) or found.type.width is None or found.is_constant:
                self.refuse(node, f"Bits are needed, but {node.name} is {described(found)}.")
            return BitNames(tuple((found, k) for k in range(found.type.width)))
        if isinstance(node, ast.Concatenation):
            places = self.bits_of(node.lhs).places + self.bits_of(node.rhs).places
            if len(places) > self.limits.bits:
                self.refuse(node, f"An alias may have {self.limits.bits} bits, but this one has more.")
            return BitNames(places)
        if isinstance(node, ast.IndexExpression):
            return self._bits_at(node, self.bits_of(node.collection), [node.index])
        if isinstance(node, ast.IndexedIdentifier):
            return self._bits_at(node, self.bits_of(node.name), node.indices)
        raise self.error(node, "Bits are needed here.")

    def _bits_at(self, node: Any, names: BitNames, indices: Sequence[Any]) -> BitNames:
        for index in indices:
            if isinstance(index, list) and len(index) != 1:
                self.refuse(node, "A register has one dimension.")
            element = index[0] if isinstance(index, list) else index
            places, _ = self.places(node, element, len(names.places))
            names = BitNames(tuple(names.places[k] for k in places))
        return names

    def run_measurement(self, node: ast.QuantumMeasurementStatement) -> None:
        """A measurement, into bits or into none that have a name."""
        if node.target is not None:
            places = list(self.bits_of(node.target).places)
        else:
            type = Type("bit", max(len(self.qubits_of(node.measure.qubit).numbers), 1))
            unnamed = Variable("unnamed", type, (id(node),), self.level, default(type))
            places = [(unnamed, k) for k in range(type.width or 1)]
        self.measure(node, node.measure, places)

    # ── Assignments ───────────────────────────────────────────────────────────────────────────────────────────────

    def run_assignment(self, node: ast.ClassicalAssignment) -> None:
        """`=`, and the operators with it."""
        name = node.lvalue if isinstance(node.lvalue, ast.Identifier) else node.lvalue.name
        found = self.lookup(node, name.name)
        if isinstance(found, BitNames) or (
            isinstance(found, Variable) and not found.type.shape and name is not node.lvalue
        ):
            self._assign_bits(node)
            return
        if not isinstance(found, Variable):
            self.refuse(node, f"{name.name} is {described(found)} and cannot be assigned to.")
        if found.is_constant:
            self.refuse(node, f"{name.name} is readonly.")
        if found.type.shape:
            self._assign_array(node, found)
            return
        value, possible = self._new_value(node, found.type, self.read(found), found)
        self.store(node, found, value, possible)

    def _new_value(
        self, node: ast.ClassicalAssignment, type: Type, old: Value, variable: Variable | None = None
    ) -> tuple[Value, frozenset[int] | None]:
        """What is assigned, and the integers that it can be where that is known."""
        op = node.op.name
        if op == "=":
            return self.right_side(node.rvalue, type), None
        if op == "~=":
            self.refuse(node, "~= has no meaning.")
        op = op[:-1]
        is_real = type.name in ("float", "angle", "complex")
        right = self.evaluate(node.rvalue, is_real)
        if type.name == "angle" and type.size is not None and op in ("+", "-"):
            right = self.converted(node, right, type)
            is_real = False
            if old.is_dynamic or right.is_dynamic:
                parts = tuple(v.data if v.is_dynamic else constant(v.data, type.size) for v in (old, right))
                return Value(type, Expression(op, parts, type.size)), None

        def combined(left: Value) -> Value:
            return binary(op, left, right, is_real, self.settler(node), lambda text: self.warn(node, text))

        with self.problems_at(node):
            try:
                value = combined(old)
            except NotComputable:
                raise Undetermined(node) from None
            possible = None
            if variable is not None and variable.possible is not None and right.is_known and type.is_integer:
                each = (
                    convert(combined(Value(type, item)), type, self.settler(node)).data for item in variable.possible
                )
                possible = frozenset(wrapped(int(item), type) for item in each)
        return value, possible

    def _assign_bits(self, node: ast.ClassicalAssignment) -> None:
        """An assignment to bits of a register."""
        places = self.bits_of(node.lvalue).places
        type = Type("bit", len(places))
        old = self._joined(BitNames(places))
        value, _ = self._new_value(node, type, old)
        if len(places) == 1 and value.type.name in ("bit", "bool") and (value.type.size or 1) == 1:
            type = Type("bit")
        value = self.converted(node, value._replace(type=type) if type.size is None else value, type)
        of_variable: dict[Variable, list[tuple[int, int]]] = {}
        for k, (variable, place) in enumerate(places):
            of_variable.setdefault(variable, []).append((k, place))
        if len(of_variable) > 1 and value.is_dynamic:
            value = Value(type, self.settle(node, value.data))  # read before any is written
        for variable, pairs in of_variable.items():
            part = select(self._as_expression(value, len(places)), [k for k, _ in pairs], self.settler(node))
            data = part.args[0] if part.op == "value" else part
            self.store_bits(node, variable, [place for _, place in pairs], Value(Type("bit", len(pairs)), data))

    def _as_expression(self, value: Value, width: int) -> Expression:
        return value.data if value.is_dynamic else constant(int(value.data), width)

    # ── Arrays ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _assign_array(self, node: ast.ClassicalAssignment, variable: Variable) -> None:
        """An assignment to an array, or to elements of it."""
        indices = [] if isinstance(node.lvalue, ast.Identifier) else node.lvalue.indices
        elements = [element for index in indices for element in (index if isinstance(index, list) else [index])]
        old = self.read(variable)
        part = old
        if elements:
            if self._is_beyond(node, old.type, elements):
                self.evaluate(node.rvalue)
                self.warn(node, f"This element lies outside {variable.name}, of type {old.type}: nothing is stored.")
                return
            part = self.indexed(node, old, elements)
        value, _ = self._new_value(node, part.type, part)
        data = self.converted(node, value, part.type).data
        if not Value(part.type, data).is_known:
            self.refuse(node, "The elements of an array must be known while the text is read.")
        self.store_array(node, variable, self._with(node, old, elements, data) if elements else data)

    def _is_beyond(self, node: Any, type: Type, elements: Sequence[Any]) -> bool:
        """Whether an index lies outside the array."""
        for size, element in zip(type.shape, elements, strict=False):
            if not isinstance(element, (ast.DiscreteSet, ast.RangeDefinition)):
                index = self.integer(element)
                if not -size <= index < size:
                    return True
        return False

    def _with(self, node: Any, value: Value, elements: Sequence[Any], data: Any) -> Any:
        """A copy of an array in which some elements are others."""
        if not elements:
            return data
        inner = value.type._replace(shape=value.type.shape[1:])
        if not value.type.shape:  # bits of an element
            places, _ = self.places(node, elements[0], value.type.width or 1)
            other = Variable("element", value.type, (), self.level, value.data)
            return self._with_bits(other, places, int(data))
        places, is_single = self.places(node, elements[0], value.type.shape[0])
        items = list(value.data)
        for number, place in enumerate(places):
            given = data if is_single else data[number]
            items[place] = self._with(node, Value(inner, items[place]), elements[1:], given)
        return items
