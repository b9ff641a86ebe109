"""Subroutines, inlined where they are called."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from openqasm3 import ast

from qsim.circuit.classical import Expression
from qsim.circuit.flow import Break
from qsim.io.qasm3.build import DEAD, Signal
from qsim.io.qasm3.flow import Flow, NeedsGuard, once
from qsim.io.qasm3.names import QubitNames, Scope, Subroutine, Variable
from qsim.io.qasm3.static import nodes
from qsim.io.qasm3.values import Type, Value, convert, default

__all__ = ["Calls"]


@dataclass(eq=False, slots=True)
class Frame:
    """A call that is being walked.

    Attributes:
        subroutine: what is called.
        type: of what it returns, or None.
        level: how many blocks of which the run decides stand around its statements.
        result: where it goes if the run decides when it returns.
        is_guarded: whether the run may decide that.
        value: what it returns otherwise.
        has_returned: whether a `return` was walked.
    """

    subroutine: Subroutine
    type: Type | None
    level: int
    result: Variable | None = None
    is_guarded: bool = False
    value: Value | None = None
    has_returned: bool = False


class Calls(Flow):
    """Calls of subroutines."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.frames: list[Frame] = []

    def call(self, node: ast.QASMNode, name: str, arguments: Sequence[Any], *, is_direct: bool) -> Value | None:
        """Inline a subroutine; what it returns, in bits of its own unless it is used at once."""
        found = self.lookup(node, name)
        if not isinstance(found, Subroutine):
            self.refuse(node, f"{name} is no function.")
        if any(frame.subroutine is found for frame in self.frames):
            self.refuse(node, f"Subroutine {name} calls itself, so it cannot be inlined.")
        if len(self.frames) >= self.limits.nesting:
            self.refuse(node, f"Subroutines may call one another {self.limits.nesting} deep.")
        self.require(node, self._size_of_call(node, found))
        scope = self._bound(node, found, arguments)
        value = self._inlined(node, found, scope)
        if value is not None and isinstance(value.data, Expression) and not is_direct:
            value = Value(value.type, self.settle(node, value.data))
        return value

    def _size_of_call(self, node: ast.QASMNode, found: Subroutine) -> int:
        """How many statements a call comes to at least, those of the subroutines that it calls included."""
        if not found.size:
            found.size = 1  # of one that calls itself, which is refused when it is walked
            for inner in nodes(found.node.body):
                found.size += isinstance(inner, ast.Statement)
                if isinstance(inner, (ast.FunctionCall, ast.QuantumGate)):
                    called = self.outermost.names.get(inner.name.name)
                    if isinstance(called, Subroutine):
                        found.size += self._size_of_call(inner, called)
        return found.size

    def _bound(self, node: ast.QASMNode, found: Subroutine, arguments: Sequence[Any]) -> Scope:
        """The scope of a call: its arguments by name."""
        formals = found.node.arguments
        name = found.node.name.name
        if len(arguments) != len(formals):
            self.refuse(node, f"{name} takes {len(formals)} arguments, but {len(arguments)} are given.")
        scope = Scope(self.outermost, is_border=True)
        for formal, actual in zip(formals, arguments, strict=True):
            if formal.name.name in scope.names:
                self.refuse(node, f"{name} has two arguments {formal.name.name}.")
            if isinstance(formal, ast.QuantumArgument):
                thing: Any = self._qubit_argument(formal, actual)
            elif isinstance(formal.type, ast.ArrayReferenceType):
                thing = self._array_argument(formal, formal.type, actual)
            else:
                type = self._type_outside(formal.type)
                is_real = type.name in ("float", "angle", "complex")
                value = self.evaluate(actual, is_real)
                thing = Variable(formal.name.name, type, (id(formal),), self.level, default(type))
                self.store(actual, thing, value)
            scope.names[formal.name.name] = thing
        return scope

    @property
    def outermost(self) -> Scope:
        """The scope of the whole program."""
        return list(self.scope.chain())[-1]

    def _type_outside(self, node: Any) -> Type:
        """A type in a signature, where only what the whole program knows is seen."""
        scope, self.scope = self.scope, self.outermost
        try:
            return self.type_of(node)
        finally:
            self.scope = scope

    def _qubit_argument(self, formal: ast.QuantumArgument, actual: Any) -> QubitNames:
        names = self.qubits_of(actual)
        size = 1 if formal.size is None else self._type_outside(ast.BitType(formal.size)).size
        if len(names.numbers) != size:
            self.refuse(actual, f"{formal.name.name} needs {size} qubits, but {len(names.numbers)} are given.")
        return QubitNames(names.numbers, is_single=formal.size is None)

    def _array_argument(self, formal: ast.ClassicalArgument, wanted: ast.ArrayReferenceType, actual: Any) -> Variable:
        base = self._type_outside(wanted.base_type)
        value = self.evaluate(actual)
        if isinstance(wanted.dimensions, list):
            shape = tuple(self._type_outside(ast.IntType(size)).size for size in wanted.dimensions)
            fits = value.type.shape == shape
        else:
            fits = len(value.type.shape) == (self._type_outside(ast.IntType(wanted.dimensions)).size or 0)
        if not fits or value.type._replace(shape=()) != base:
            self.refuse(actual, f"{formal.name.name} needs another array than one of type {value.type}.")
        if formal.access is not None and formal.access.name == "readonly":
            variable = Variable(formal.name.name, value.type, (id(formal),), self.level, value.data)
            variable.is_constant = True
            return variable
        found = self.scope.find(actual.name)[0] if isinstance(actual, ast.Identifier) else None
        if not isinstance(found, Variable) or found.is_constant:
            self.refuse(actual, f"{formal.name.name} is mutable: give a variable that is a whole array.")
        return found

    def _inlined(self, node: ast.QASMNode, found: Subroutine, scope: Scope) -> Value | None:
        returns = None if found.node.return_type is None else self._type_outside(found.node.return_type)
        mark = self.mark()
        frame = Frame(found, returns, self.level)
        try:
            signal = self._walk_call(frame, scope)
        except NeedsGuard as needed:
            if needed.target is not frame:
                raise
        else:
            if returns is not None and not frame.has_returned and signal != DEAD:
                self.refuse(node, f"{found.node.name.name} ends without returning its {returns}.")
            return frame.value
        self.go_back(mark)
        return self._guarded_call(node, found, scope, returns)

    def _walk_call(self, frame: Frame, scope: Scope) -> Signal:
        saved = self.scope, self.source, self.loops
        self.scope, self.source, self.loops = scope, frame.subroutine.source, []
        self.frames.append(frame)
        try:
            with self.new_scope():
                return self.run_all(frame.subroutine.node.body)
        finally:
            self.frames.pop()
            self.scope, self.source, self.loops = saved

    def _guarded_call(self, node: ast.QASMNode, found: Subroutine, scope: Scope, returns: Type | None) -> Value | None:
        """A call whose end the run decides: a loop of one round, which `return` leaves."""
        name = found.node.name.name
        result = None
        if returns is not None:
            result = Variable(f"{name}_result", returns, ("result", id(node)), self.level, default(returns))
        with self.nested(node) as block:
            self._walk_call(Frame(found, returns, self.level, result, is_guarded=True), scope)
        self.emit(once(block))
        if result is None:
            return None
        self.forget(node, [result])
        return self.read(result)

    def run_return(self, node: ast.ReturnStatement) -> Signal:
        """A `return`."""
        frame = self.frames[-1]
        is_early = frame.level != self.level
        if is_early and not frame.is_guarded:
            raise NeedsGuard(frame)
        if is_early and any(loop.kind != "known" for loop in self.loops):
            self.refuse(node, "A return from inside a loop, when the run decides, is not supported.")
        value = self._returned(node, frame.type)
        if frame.result is None:
            frame.value = value
        elif value is not None:
            self.store(node, frame.result, value)
        frame.has_returned = True
        if not is_early:
            return "return"
        self.emit(Break())
        return DEAD

    def _returned(self, node: ast.ReturnStatement, type: Type | None) -> Value | None:
        if node.expression is None or type is None:
            if node.expression is not None or type is not None:
                self.refuse(
                    node, f"This subroutine returns {'nothing' if type is None else f'a value of type {type}'}."
                )
            return None
        if isinstance(node.expression, ast.QuantumMeasurement):
            variable = Variable("measured", type, ("measured", id(node)), self.level, default(type))
            self.measure(node, node.expression, [(variable, k) for k in range(type.width or 1)])
            return self.read(variable)
        return self.converted(node, self.right_side(node.expression, type), type)

    def right_side(self, node: Any, type: Type) -> Value:
        """The value of what is assigned to something of a type."""
        if isinstance(node, ast.FunctionCall) and isinstance(self.scope.find(node.name.name)[0], Subroutine):
            value = self.call(node, node.name.name, node.arguments, is_direct=True)
            if value is None:
                self.refuse(node, f"{node.name.name} returns nothing.")
            return value
        return self.evaluate(node, type.name in ("float", "angle", "complex"))

    def converted(self, node: Any, value: Value, type: Type) -> Value:
        """A value as another type."""
        with self.problems_at(node):
            return convert(value, type, self.settler(node))

    def measure(self, node: Any, measurement: ast.QuantumMeasurement, targets: list[tuple[Variable, int]]) -> None:
        """Measure qubits into bits of variables."""
        raise NotImplementedError
