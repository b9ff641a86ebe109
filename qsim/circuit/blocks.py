"""Blocks while they are built: `with circuit.if_(condition):` and its like."""

from collections.abc import Callable, Iterable, Sequence
from itertools import count, islice
from operator import index
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, NoReturn, Self, SupportsIndex, TypeVar

from qsim.circuit.analysis import parameters
from qsim.circuit.builder import Bits, Builder, Call, caller
from qsim.circuit.classical import Expression, Readable, constant, read
from qsim.circuit.flow import (
    MAX_NESTING,
    MAX_ROUNDS,
    Assignment,
    Block,
    Break,
    Continue,
    ForLoop,
    IfElse,
    Switch,
    WhileLoop,
    block_of,
)
from qsim.circuit.instructions import Instruction
from qsim.circuit.registers import BitRegister
from qsim.errors import CircuitError

if TYPE_CHECKING:
    from qsim.circuit.parameters import Parameter

__all__ = ["FlowMethods", "OpenBlock"]

T = TypeVar("T")


class Names:
    """The names of the free parameters of a list of instructions that grows; nothing is looked at twice."""

    def __init__(self) -> None:
        self._names: set[str] = set()
        self._number = 0

    def of(self, instructions: Sequence[Instruction]) -> set[str]:
        """All names so far."""
        new = instructions[max(self._number - 1, 0) :]  # but for the last one, to which an `else` may have come
        self._names.update(parameter.name for parameter in parameters(new))
        self._number = len(instructions)
        return self._names


class OpenBlock(Generic[T]):
    """A context in which instructions go into a list of their own; nothing is changed where an exception leaves it.

    Args:
        circuit: what is built.
        call: the call, for messages.
        finish: takes the instructions when the block is left.
        value: what `as` gets.
        is_loop: whether `break_()` and `continue_()` may stand in it.
    """

    def __init__(
        self,
        circuit: "FlowMethods",
        call: tuple[str, Sequence[Any]],
        finish: Callable[[Block], None],
        value: T,
        *,
        is_loop: bool = False,
    ) -> None:
        self._circuit, self._call, self._finish, self._value = circuit, call, finish, value
        self.name = call[0]
        self.is_loop = is_loop
        self.is_new, self.is_told = True, False
        waiting = circuit._unentered
        if waiting is not None and not waiting.is_told:
            circuit._forgotten(waiting)
        circuit._unentered = self

    def __enter__(self) -> T:
        circuit = self._circuit
        if not self.is_new:
            circuit._refuse(self._call, "a block is entered once")
        self.is_new, circuit._unentered = False, None
        if len(circuit._frames) >= MAX_NESTING:
            circuit._refuse(self._call, f"blocks may be nested {MAX_NESTING} deep")
        self._saved = circuit._instructions, circuit._subcircuits, circuit._qubits.copy(), circuit._bits.copy()
        circuit._frames.append((self, circuit._instructions))
        self.names_around, circuit._names = circuit._names_within(), None
        circuit._instructions, circuit._subcircuits = [], []
        return self._value

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        circuit = self._circuit
        body = block_of(circuit._instructions, circuit._subcircuits)
        circuit._frames.pop()
        circuit._instructions, circuit._subcircuits, qubits, bits = self._saved
        circuit._names = self.names_around
        try:
            if kind is None:
                self._finish(body)
                return
        except BaseException:
            kind = BaseException
            raise
        finally:
            if kind is not None:
                circuit._qubits, circuit._bits, circuit._num_qubits = qubits, bits, len(qubits)


class Cases:
    """The cases of a switch: `with case(0, 2):` and at last `with case.default():`."""

    def __init__(self, circuit: "FlowMethods", subject: Expression) -> None:
        self._circuit, self._subject = circuit, subject
        self.switch: OpenBlock[Cases] | None = None  # that they stand in
        self.values: list[tuple[int, ...] | None] = []
        self.blocks: list[Block] = []

    def __call__(self, *values: SupportsIndex | str) -> OpenBlock[None]:
        """The block for values of the subject, integers or bit strings."""
        call = ("case", values)
        if not values:
            self._circuit._refuse(call, "at least one value is needed; use case.default() for all others")
        numbers = tuple(constant(value, self._subject.width, self._subject).value(()) for value in values)
        taken = [number for value in self.values if value for number in value]
        for number in numbers:
            if [*taken, *numbers].count(number) > 1:
                self._circuit._refuse(call, f"each value has one case, but {number} has two")
        return self._open(call, numbers)

    def default(self) -> OpenBlock[None]:
        """The block for all values that no case has."""
        return self._open(("case.default", ()), None)

    def _open(self, call: tuple[str, Sequence[Any]], values: tuple[int, ...] | None) -> OpenBlock[None]:
        if None in self.values:
            self._circuit._refuse(call, "the default is the last case")

        def finish(block: Block) -> None:
            around = self._circuit._frames
            if not around or around[-1][0] is not self.switch:
                self._circuit._refuse(call, "a case stands directly in the block of its switch()")
            self.values.append(values)
            self.blocks.append(block)

        return OpenBlock(self._circuit, call, finish, None)


class FlowMethods(Builder):
    """Control flow by classical bits, as blocks."""

    _names: Names | None = None  # of the innermost open block

    def if_(self, condition: Readable) -> OpenBlock[None]:
        """A block that runs where the condition is 1: `with circuit.if_(bit == 1):`.

        Args:
            condition: a bit, a comparison such as `bits == "10"` or `bits < 3`, or several joined by `&`, `|` and `~`,
                each in brackets. Bits that nothing was measured into are 0.

        >>> from qsim import Circuit
        >>> circuit = Circuit(2).h(0).measure(0)
        >>> with circuit.if_(circuit.bits[0] == 1):
        ...     _ = circuit.x(1)
        >>> circuit
        Circuit(2, 1).h(0).measure(0, 0).if_(c[0] == 1, 1 instruction)
        """
        call = ("if_", (condition,))
        wanted, source = self._condition(condition, call), caller()

        def finish(block: Block) -> None:
            self._last_if = IfElse(wanted, (block,), source)
            self._instructions.append(self._last_if)

        return OpenBlock(self, call, finish, None)

    def else_(self) -> OpenBlock[None]:
        """A block that runs where the condition of the `if_` block before it is 0."""
        call: tuple[str, Sequence[Any]] = ("else_", ())
        last = self._directly_after(self._last_if, call)

        def finish(block: Block) -> None:
            self._directly_after(last, call)
            self._last_if = None
            self._instructions[-1] = last.with_blocks((*last.blocks, block))

        return OpenBlock(self, call, finish, None)

    def while_(self, condition: Readable, *, max_rounds: int = MAX_ROUNDS) -> OpenBlock[None]:
        """A block that runs again and again as long as the condition is 1.

        Args:
            condition: as for `if_`; looked at before each round.
            max_rounds: a run in which it is still 1 after so many rounds is stopped with a CircuitError.
        """
        call = ("while_", (condition,))
        wanted, source = self._condition(condition, call), caller()
        if isinstance(max_rounds, bool) or not isinstance(max_rounds, int) or max_rounds < 0:
            self._refuse(call, f"`max_rounds` must be a number of rounds, but is {max_rounds!r}")

        def finish(block: Block) -> None:
            self._instructions.append(WhileLoop(wanted, (block,), max_rounds, source))

        return OpenBlock(self, call, finish, None, is_loop=True)

    def for_(self, values: range | Iterable[SupportsIndex], *, name: str | None = None) -> "OpenBlock[Parameter]":
        """A block that runs once for each value; `as` gives a parameter that stands for it in angles.

        Args:
            values: a `range`, or integers.
            name: of the parameter; by default one that is free.

        >>> from qsim import Circuit
        >>> circuit = Circuit(1)
        >>> with circuit.for_(range(3)) as i:
        ...     _ = circuit.rx(i / 2, 0)
        >>> circuit.state().equiv(Circuit(1).rx(1.5, 0).state())
        True
        """
        from qsim.circuit.parameters import Parameter

        call = ("for_", (values,))
        if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
            raise TypeError(self._message(call, f"values are a range or integers, not {values!r}"))
        if not isinstance(values, range):
            values = tuple(islice(values, MAX_ROUNDS + 1))
            other = next((value for value in values if not hasattr(value, "__index__")), None)
            if other is not None:
                raise TypeError(self._message(call, f"values are a range or integers, not {other!r}"))
            values = tuple(map(index, values))
        if len(values) > MAX_ROUNDS:
            self._refuse(call, f"a loop has at most {MAX_ROUNDS} rounds, but this one has more")
        listed = values
        parameter, source = Parameter(name or self._free_parameter()), caller()

        def finish(block: Block) -> None:
            self._instructions.append(ForLoop(listed, parameter, (block,), source))

        return OpenBlock(self, call, finish, parameter, is_loop=True)

    def switch(self, subject: Readable) -> OpenBlock[Cases]:
        """A block of cases, of which the one that has the value of the bits runs.

        >>> from qsim import Circuit
        >>> circuit = Circuit(3).h(range(2)).measure(range(2))
        >>> with circuit.switch(circuit.bits["c"]) as case:
        ...     with case(0, "11"):
        ...         _ = circuit.x(2)
        ...     with case.default():
        ...         _ = circuit.h(2)
        """
        call = ("switch", (subject,))
        if not isinstance(subject, Readable):
            raise TypeError(self._message(call, f"bits, a register or an expression are needed, not {subject!r}"))
        wanted, source = self._known(subject._expression(), call), caller()
        cases = Cases(self, wanted)

        def finish(block: Block) -> None:
            if block:
                self._refuse(call, f"instructions stand in its cases, but {block[0]!r} stands outside")
            self._instructions.append(Switch(wanted, cases.values, cases.blocks, source))

        cases.switch = OpenBlock(self, call, finish, cases)
        return cases.switch

    def assign(self, bits: Bits, value: Readable | SupportsIndex | str) -> Self:
        """Give classical bits the value of an expression, an integer, or a bit string.

        Args:
            bits: as many as the value has; the first is most significant, unless they are a register with `lsb0`.
            value: what is read before any bit is written.

        >>> from qsim import Circuit
        >>> circuit = Circuit(2, 3).x(0).measure(range(2), range(2))
        >>> circuit.assign(2, circuit.bits[0] ^ circuit.bits[1]).sample(5)
        Counts({'101': 5}, bits c[0] c[1] c[2])
        """
        call = ("assign", (bits, value))
        targets = self._distinct([bits], call, "bit")
        if isinstance(bits, BitRegister) and bits.lsb0:
            targets.reverse()
        given = value._expression() if isinstance(value, Readable) else constant(value, len(targets), read(targets, ""))
        if given.width != len(targets):
            self._refuse(call, f"the value has {given.width} bits, but {len(targets)} are given")
        self._instructions.append(Assignment(tuple(targets), self._known(given, call), caller()))
        return self

    def break_(self) -> Self:
        """End the innermost loop."""
        self._check_in_loop("break_")
        self._instructions.append(Break(caller()))
        return self

    def continue_(self) -> Self:
        """Go on with the next round of the innermost loop."""
        self._check_in_loop("continue_")
        self._instructions.append(Continue(caller()))
        return self

    # ── Checks ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _condition(self, condition: Any, call: Call) -> Expression:
        """A condition as an expression of this circuit's bits."""
        if not isinstance(condition, Readable):
            hint = "; two bits are compared as places: write a ^ b" if isinstance(condition, bool) else ""
            raise TypeError(
                self._message(call, f"a condition is a bit or a comparison of bits, not {condition!r}{hint}")
            )
        expression = condition._expression()
        if expression.width != 1:
            self._refuse(
                call, f"{condition!r} has {expression.width} bits and is no condition: compare it, as in bits == 1"
            )
        return self._known(expression, call)

    def _known(self, expression: Expression, call: Call) -> Expression:
        """The expression, if all bits that it reads are the circuit's."""
        if expression.op == "read":
            name = expression.text.partition("[")[0]
            register = next((register for register in self._bits.registers if register.name == name), None)
            for number in expression.args:
                if number >= self.num_bits:
                    have = f"bits 0 … {self.num_bits - 1}" if self.num_bits else "no bits"
                    self._refuse(call, f"bit {expression} does not exist: the circuit has {have}")
                if name and (register is None or not 0 <= number - register.start < register.size):
                    self._refuse(call, f"bit {expression} belongs to another circuit or kind of register")
        for argument in expression.args:
            if isinstance(argument, Expression):
                self._known(argument, call)
        return expression

    def _directly_after(self, last: IfElse | None, call: Call) -> IfElse:
        """The `if_` that an `else_` belongs to, if nothing came after it."""
        if last is None or not self._instructions or self._instructions[-1] is not last:
            self._refuse(call, "it must follow the block of an if_() directly")
        return last

    def _check_in_loop(self, name: str) -> None:
        if not any(block.is_loop for block, _ in self._frames):
            self._refuse((name, ()), "it stands in a loop: while_() or for_()")

    def _free_parameter(self) -> str:
        """A name for a loop's parameter: i, j, k, …, which no loop around it has and no parameter before it."""
        from qsim.circuit.parameters import Parameter

        loops = {block._value.name for block, _ in self._frames if isinstance(block._value, Parameter)}
        around = [block.names_around.of(instructions) for block, instructions in self._frames]
        taken = (loops, *around, self._names_within().of(self._instructions))
        names = (f"{letter}{number or ''}" for number in count() for letter in "ijklmn")
        return next(name for name in names if not any(name in used for used in taken))

    def _names_within(self) -> Names:
        """The names of the parameters in the innermost open block."""
        if self._names is None:
            self._names = Names()
        return self._names

    def _conditional(self, when: Any, call: tuple[str, Sequence[Any]]) -> OpenBlock[None]:
        """The block of an instruction with `when=`."""
        wanted, source = self._condition(when, call), caller()

        def finish(block: Block) -> None:
            if block:
                self._instructions.append(IfElse(wanted, (block,), source))

        return OpenBlock(self, call, finish, None)

    def _settled(self) -> None:
        """Refuse to use a circuit that is being built."""
        if self._frames:
            self._unfinished(f"a block of {self._frames[-1][0].name}() is open: leave its `with` first")
        if self._unentered is not None:
            self._forgotten(self._unentered)

    def _forgotten(self, block: OpenBlock[Any]) -> NoReturn:
        """Tell of a block that was not entered; once told, another may be opened."""
        block.is_told = True
        self._unfinished(f"{block.name}() opens a block: write `with circuit.{block.name}(…):`")

    def _unfinished(self, why: str) -> NoReturn:
        raise CircuitError(f"The circuit is not finished: {why}.")
