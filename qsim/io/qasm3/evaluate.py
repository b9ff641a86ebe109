"""Expressions of a program: their values, the qubits and bits that they name, and types."""

from collections.abc import Callable, Sequence
from typing import Any

from openqasm3 import ast

from qsim.bits import register_size
from qsim.circuit.classical import Expression
from qsim.io.qasm3.bitwise import constant, join, select
from qsim.io.qasm3.build import Builder, Undetermined
from qsim.io.qasm3.functions import FUNCTIONS, call_function
from qsim.io.qasm3.names import CONSTANTS, BitNames, Name, QubitNames, Subroutine, Variable
from qsim.io.qasm3.operators import NotComputable, binary, unary
from qsim.io.qasm3.values import Type, Value, boolean, convert, real

__all__ = ["Evaluator", "Index", "described"]

Index = tuple[list[int], bool]  # places, and whether it is one place and not a list of one

LARGEST_ANGLE = 1000  # bits: their weights are floating-point numbers

_SIZED = {ast.IntType: "int", ast.UintType: "uint", ast.FloatType: "float", ast.AngleType: "angle", ast.BitType: "bit"}
_UNITS = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0, "dt": 0.0}


def described(name: Name | None) -> str:
    """What a name stands for, for messages."""
    if isinstance(name, Variable):
        return f"of type {name.type}"
    kinds = {QubitNames: "qubits", BitNames: "bits", Subroutine: "a subroutine"}
    return kinds.get(type(name), "a gate")


class Evaluator(Builder):
    """Values of expressions. `is_real` says that the quotient of integers is real, as in angles."""

    def call(self, node: ast.QASMNode, name: str, arguments: Sequence[Any], *, is_direct: bool) -> Value | None:
        """The value that a subroutine returns."""
        raise NotImplementedError

    def hardware_qubit(self, node: ast.QASMNode, name: str) -> QubitNames:
        """The qubit of a name such as $0."""
        raise NotImplementedError

    def evaluate(self, node: ast.Expression, is_real: bool = False) -> Value:
        """The value of an expression."""
        method = getattr(self, f"_value_of_{type(node).__name__}", None)
        if method is None:
            self.refuse(node, f"{type(node).__name__} has no value here.")
        with self.problems_at(node):
            try:
                value: Value = method(node, is_real)
            except NotComputable:
                raise Undetermined(node) from None
        return value

    def integer(self, node: ast.Expression) -> int:
        """An integer that must be known now."""
        value = self.evaluate(node)
        if value.is_dynamic:
            raise Undetermined(node)
        data = value.data
        if isinstance(data, float) and data.is_integer():
            return int(data)
        if not value.type.is_integer or not value.is_known:
            self.refuse(node, f"An integer is needed, but this is {value.type}.")
        return int(data)

    def real_number(self, node: ast.Expression) -> Any:
        """A real number: float, symbolic or affine in measured bits."""
        value = self.evaluate(node, is_real=True)
        with self.problems_at(node):
            return real(value, self.settler(node))

    def condition(self, node: ast.Expression) -> Any:
        """A truth value: bool or an expression of one bit."""
        value = self.evaluate(node)
        with self.problems_at(node):
            return boolean(value)

    def settler(self, node: ast.QASMNode) -> Callable[[Expression], Expression]:
        """What keeps an expression in bits, for a node."""
        return lambda expression: self.settle(node, expression)

    # ── Literals and names ────────────────────────────────────────────────────────────────────────────────────────

    def _value_of_IntegerLiteral(self, node: ast.IntegerLiteral, _: bool) -> Value:
        return Value(Type("int"), node.value)

    def _value_of_FloatLiteral(self, node: ast.FloatLiteral, _: bool) -> Value:
        if node.value - node.value != 0:
            self.refuse(node, "The number is too large.")
        return Value(Type("float"), node.value)

    def _value_of_ImaginaryLiteral(self, node: ast.ImaginaryLiteral, _: bool) -> Value:
        return Value(Type("complex"), complex(0, node.value))

    def _value_of_BooleanLiteral(self, node: ast.BooleanLiteral, _: bool) -> Value:
        return Value(Type("bool"), node.value)

    def _value_of_BitstringLiteral(self, node: ast.BitstringLiteral, _: bool) -> Value:
        return Value(Type("bit", node.width), node.value)

    def _value_of_DurationLiteral(self, node: ast.DurationLiteral, _: bool) -> Value:
        return Value(Type("duration"), node.value * _UNITS[node.unit.name])

    def _value_of_DurationOf(self, node: ast.DurationOf, _: bool) -> Value:
        self.refuse(node, "durationof is not supported: a simulation has no clock.")

    def _value_of_ArrayLiteral(self, node: ast.ArrayLiteral, is_real: bool) -> Value:
        values = [self.evaluate(item, is_real) for item in node.values]
        if not values:
            self.refuse(node, "An array needs at least one element.")
        shape = values[0].type.shape
        if any(value.type.shape != shape for value in values):
            self.refuse(node, "The elements of an array must have one shape.")
        if any(not value.is_known for value in values):
            self.refuse(node, "The elements of an array must be known while the text is read.")
        widest = max((value.type for value in values), key=lambda type: _WIDTHS.index(type.name))
        with self.problems_at(node):
            items = [convert(value, widest, self.settler(node)).data for value in values]
        return Value(widest._replace(shape=(len(values), *shape)), items)

    def lookup(self, node: ast.QASMNode, name: str) -> Name:
        """What a name stands for."""
        found, crossed = self.scope.find(name)
        if name.startswith("$"):
            return self.hardware_qubit(node, name)
        if found is None:
            self.refuse(node, f"{name} is not declared.")
        if crossed and (isinstance(found, (QubitNames, BitNames)) or _is_variable(found)):
            self.refuse(
                node,
                f"{name} is declared outside: gates and subroutines see only constants there.",
                "Pass it as an argument.",
            )
        return found

    def _value_of_Identifier(self, node: ast.Identifier, _: bool) -> Value:
        if node.name in CONSTANTS and self.scope.find(node.name)[0] is None:
            return Value(Type("float"), CONSTANTS[node.name])
        found = self.lookup(node, node.name)
        if isinstance(found, Variable):
            return self.read(found)
        if isinstance(found, Value):
            return found
        if isinstance(found, BitNames):
            return self._joined(found)
        raise self.error(node, f"{node.name} is {described(found)} and has no value.")

    def _joined(self, names: BitNames) -> Value:
        """The value of bits under an alias."""
        with_values = [self._bit_of(self.read(variable), place) for variable, place in names.places]
        type = Type("bit", len(with_values))
        if all(isinstance(bit, int) for bit in with_values):
            return Value(type, sum(bit * register_size(k) for k, bit in enumerate(with_values)))
        parts = [constant(bit, 1) if isinstance(bit, int) else bit for bit in with_values]
        return Value(type, join(parts[::-1]))

    def _bit_of(self, value: Value, place: int) -> Any:
        if isinstance(value.data, Expression):
            return select(value.data, [place], lambda e: e)
        return value.data // register_size(place) % 2

    # ── Operators, functions, casts ───────────────────────────────────────────────────────────────────────────────

    def _value_of_UnaryExpression(self, node: ast.UnaryExpression, is_real: bool) -> Value:
        return unary(node.op.name, self.evaluate(node.expression, is_real), is_real, self.settler(node))

    def _value_of_BinaryExpression(self, node: ast.BinaryExpression, is_real: bool) -> Value:
        op = node.op.name
        left = self.evaluate(node.lhs, is_real)
        if op in ("&&", "||") and left.is_known and bool(boolean(left)) is (op == "||"):
            return Value(Type("bool"), op == "||")  # the other side is not looked at
        right = self.evaluate(node.rhs, is_real)
        return binary(op, left, right, is_real, self.settler(node), lambda text: self.warn(node, text))

    def _value_of_FunctionCall(self, node: ast.FunctionCall, _: bool) -> Value:
        name = node.name.name
        if name in FUNCTIONS and not isinstance(self.scope.find(name)[0], Subroutine):
            is_real = name not in ("mod", "popcount", "rotl", "rotr")
            values = [self.evaluate(argument, is_real) for argument in node.arguments]
            return call_function(name, values, self.settler(node), lambda text: self.warn(node, text))
        value = self.call(node, name, node.arguments, is_direct=False)
        if value is None:
            self.refuse(node, f"{name} returns nothing.")
        return value

    def _value_of_Cast(self, node: ast.Cast, _: bool) -> Value:
        type = self.type_of(node.type)
        value = self.evaluate(node.argument, type.name in ("float", "angle", "complex"))
        return convert(value, type, self.settler(node))

    def _value_of_SizeOf(self, node: ast.SizeOf, _: bool) -> Value:
        shape = self.evaluate(node.target).type.shape
        axis = 0 if node.index is None else self.integer(node.index)
        if not 0 <= axis < len(shape):
            self.refuse(node, f"The array has {len(shape)} dimensions, and none is number {axis}.")
        return Value(Type("uint"), shape[axis])

    def _value_of_Concatenation(self, node: ast.Concatenation, is_real: bool) -> Value:
        left, right = self.evaluate(node.lhs), self.evaluate(node.rhs)
        if left.type.shape and left.type.shape[1:] == right.type.shape[1:]:
            right = convert(right, left.type._replace(shape=right.type.shape), self.settler(node))
            size = left.type.shape[0] + right.type.shape[0]
            if size > self.limits.rounds:
                self.refuse(node, f"An array may have {self.limits.rounds} elements, but this one has {size}.")
            return Value(left.type._replace(shape=(size, *left.type.shape[1:])), left.data + right.data)
        if left.type.name != "bit" or right.type.name != "bit" or left.type.shape or right.type.shape:
            self.refuse(node, f"++ joins registers or arrays, not {left.type} and {right.type}.")
        width, extra = left.type.width or 1, right.type.width or 1  # the first comes first: it holds the low bits
        if width + extra > self.limits.bits:
            self.refuse(node, f"A value may have {self.limits.bits} bits, but this one has {width + extra}.")
        if left.is_known and right.is_known:
            return Value(Type("bit", width + extra), left.data + right.data * register_size(width))
        parts = [v.data if v.is_dynamic else constant(v.data, v.type.width or 1) for v in (right, left)]
        return Value(Type("bit", width + extra), join(parts))

    # ── Indices ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _value_of_IndexExpression(self, node: ast.IndexExpression, _: bool) -> Value:
        return self.indexed(node, self.evaluate(node.collection), node.index)

    def indexed(self, node: ast.QASMNode, value: Value, index: Any) -> Value:
        """An element of an array, or bits of a number."""
        elements = index if isinstance(index, list) else [index]
        for number, element in enumerate(elements):
            if value.type.shape:
                inner = value.type._replace(shape=value.type.shape[1:])
                places, is_single = self.places(node, element, value.type.shape[0])
                if is_single:
                    value = Value(inner, value.data[places[0]])
                    continue
                rest = [self.indexed(node, Value(inner, value.data[k]), elements[number + 1 :]) for k in places]
                shape = rest[0].type.shape if rest else inner.shape
                return Value(value.type._replace(shape=(len(places), *shape)), [item.data for item in rest])
            value = self._indexed_bits(node, value, element)
        return value

    def _indexed_bits(self, node: ast.QASMNode, value: Value, element: Any) -> Value:
        width = value.type.width
        if width is None or value.type.name == "bool" or (value.type.name == "bit" and value.type.size is None):
            self.refuse(node, f"A value of type {value.type} has no elements.")
        places, is_single = self.places(node, element, width)
        type = Type("bit", None if is_single else len(places))
        if isinstance(value.data, Expression):
            return Value(type, select(value.data, places, self.settler(node)))
        return Value(type, sum(self._bit_of(value, k) * register_size(i) for i, k in enumerate(places)))

    def places(self, node: ast.QASMNode, element: Any, size: int) -> Index:
        """The places that an index, range or set names in something of this size."""
        if isinstance(element, ast.DiscreteSet):
            return [self._place(item, self.integer(item), size) for item in element.values], False
        if isinstance(element, ast.RangeDefinition):
            step = 1 if element.step is None else self.integer(element.step)
            first, last = (0, size - 1) if step > 0 else (size - 1, 0)
            start = first if element.start is None else self._place(node, self.integer(element.start), size)
            end = last if element.end is None else self._place(node, self.integer(element.end), size)
            return list(self.inclusive(node, start, end, step)), False
        return [self._place(element, self.integer(element), size)], True

    def inclusive(self, node: ast.QASMNode, start: int, end: int, step: int) -> range:
        """A range of OpenQASM, whose end belongs to it."""
        if not step:
            self.refuse(node, "The step of a range must not be 0.")
        return range(start, end + (1 if step > 0 else -1), step)

    def _place(self, node: ast.QASMNode, index: int, size: int) -> int:
        if not -size <= index < size:
            self.refuse(node, f"Index {index} lies outside: there are places 0 … {size - 1}.")
        return index + size if index < 0 else index

    # ── Qubits ────────────────────────────────────────────────────────────────────────────────────────────────────

    def qubits_of(self, node: Any) -> QubitNames:
        """The qubits that an operand names."""
        if isinstance(node, ast.Identifier):
            found = self.lookup(node, node.name)
            if not isinstance(found, QubitNames):
                self.refuse(node, f"Qubits are needed, but {node.name} is {described(found)}.")
            return found
        if isinstance(node, ast.Concatenation):
            left, right = self.qubits_of(node.lhs), self.qubits_of(node.rhs)
            if len(left.numbers) + len(right.numbers) > self.limits.qubits:
                self.refuse(node, f"An alias may have {self.limits.qubits} qubits, but this one has more.")
            return QubitNames(left.numbers + right.numbers)
        if isinstance(node, ast.IndexExpression):
            return self._part(node, self.qubits_of(node.collection), node.index)
        if isinstance(node, ast.IndexedIdentifier):
            names = self.qubits_of(node.name)
            for index in node.indices:
                names = self._part(node, names, index)
            return names
        raise self.error(node, "Qubits are needed here.")

    def _part(self, node: ast.QASMNode, names: QubitNames, index: Any) -> QubitNames:
        if isinstance(index, list):
            if len(index) != 1:
                self.refuse(node, "A register has one dimension.")
            index = index[0]
        if names.is_single:
            self.refuse(node, "A single qubit has no elements.")
        places, is_single = self.places(node, index, len(names.numbers))
        return QubitNames(tuple(names.numbers[k] for k in places), is_single)

    # ── Types ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def type_of(self, node: Any) -> Type:
        """The type that is written somewhere."""
        if isinstance(node, ast.ArrayType):
            shape = tuple(self._size(dimension, 0) for dimension in node.dimensions)
            count = 1
            for size in shape:
                count *= size
            if count > self.limits.rounds:
                self.refuse(node, f"An array may have {self.limits.rounds} elements, but this one has {count}.")
            return self.type_of(node.base_type)._replace(shape=shape)
        if isinstance(node, ast.BoolType):
            return Type("bool")
        if isinstance(node, ast.ComplexType):
            return Type("complex")
        if isinstance(node, ast.DurationType):
            return Type("duration")
        if type(node) in _SIZED:
            found = Type(_SIZED[type(node)], None if node.size is None else self._size(node.size, 1))
            if found.name == "angle" and (found.size or 0) > LARGEST_ANGLE:
                self.refuse(node, f"An angle may have {LARGEST_ANGLE} bits, but this one has {found.size}.")
            return found
        kind = "stretch" if isinstance(node, ast.StretchType) else type(node).__name__
        raise self.error(node, f"{kind} is not supported: a simulation has no clock.")

    def _size(self, node: ast.Expression, least: int) -> int:
        size = self.integer(node)
        if size < least:
            self.refuse(node, f"A size must be at least {least}, but is {size}.")
        if size > self.limits.bits:
            self.refuse(node, f"A size may be {self.limits.bits}, but is {size}.", "Limits(bits=…) allows more.")
        return size


_WIDTHS = ("bit", "bool", "duration", "uint", "int", "angle", "float", "complex")


def _is_variable(name: Name) -> bool:
    return isinstance(name, Variable) and not name.is_constant
