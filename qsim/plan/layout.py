"""Layout: the moves that bring an initial state's qubits to where a plan wants them."""

from collections.abc import Sequence

from qsim import bits
from qsim.plan.steps import Flip

__all__ = ["arrange"]


def arrange(layout: Sequence[int]) -> list[Flip]:
    """Flips after which the content of each qubit's own bit lies at `layout[qubit]`; a swap is three of them.

    The lowest bit of a cycle trades places with its others in turn: low bits are local in every sweep, so each sweep
    settles as many others as it has room for.

    >>> arrange([1, 0]) == []
    True
    >>> arrange([0, 1])
    [Flip(target=1, controls=2), Flip(target=2, controls=1), Flip(target=1, controls=2)]
    """
    goal = {bits.qubit_bit(qubit, len(layout)): bit for qubit, bit in enumerate(layout)}
    flips: list[Flip] = []
    for hub in range(len(layout)):
        bit = goal.pop(hub, hub)
        while bit != hub:
            a, b = bits.register_size(hub), bits.register_size(bit)
            flips += [Flip(a, b), Flip(b, a), Flip(a, b)]
            bit = goal.pop(bit)
    return flips
