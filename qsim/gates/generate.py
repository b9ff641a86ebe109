"""Generator of the typed gate names: `python -m qsim.gates.generate [--check]`.

From the gate table it writes `qsim/circuit/gate_methods.py` (the methods of `Circuit`) and `qsim/gates/named.py` (the
gates as values), so that completion and type checkers know every gate. `make check` tests that both are fresh.
"""

import sys
from pathlib import Path

from qsim.gates.spec import GateSpec
from qsim.gates.table import ALIASES, TABLE

__all__ = ["gate_methods", "main", "named_gates"]

_PACKAGE = Path(__file__).resolve().parent.parent
_NOTE = "Generated from the gate table by `make generate`; do not edit."

_METHODS_HEAD = f'''"""The gate methods of `Circuit`. {_NOTE}"""

from collections.abc import Sequence
from typing import Self

from qsim.circuit.blocks import FlowMethods
from qsim.circuit.builder import Angle, Qubits
from qsim.circuit.classical import Readable
from qsim.gates.table import TABLE

__all__ = ["GateMethods"]

State = str | Sequence[int] | None
When = Readable | None


class GateMethods(FlowMethods):
    """One method a gate: angles first, then qubits.

    Every one takes further `controls` with their `control_state`, and with `when` a condition of classical bits.
    """
'''

_NAMED_HEAD = f'''"""The gates by name. {_NOTE}"""

from typing import Any

from qsim.gates.gate import Gate

'''


def _arguments(spec: GateSpec) -> str:
    angles = "".join(f", {param}: Angle" for param in spec.params)
    if spec.num_qubits == 0:
        return f"{angles}, *"
    if spec.num_qubits == 1:
        return f"{angles}, *qubits: Qubits"
    return angles + "".join(f", {qubit}: Qubits" for qubit in spec.qubits) + ", *"


def _method(name: str, spec: GateSpec) -> str:
    params = "".join(f"{param}, " for param in spec.params)
    qubits = "qubits" if spec.num_qubits == 1 else f"({''.join(f'{qubit}, ' for qubit in spec.qubits)})"
    help_text = spec.help if name == spec.name else f"Another name of `{spec.name}`: {spec.help}"
    return f'''
    def {name}(self{_arguments(spec)}, controls: Qubits = (), control_state: State = None, when: When = None) -> Self:
        """{help_text}"""
        return self._add(TABLE["{spec.name}"], ({params}), {qubits}, controls, control_state, when)
'''


def gate_methods() -> str:
    """Text of `qsim/circuit/gate_methods.py`."""
    names = {**{name: name for name in TABLE}, **ALIASES}
    return _METHODS_HEAD + "".join(_method(name, TABLE[target]) for name, target in names.items())


def named_gates() -> str:
    """Text of `qsim/gates/named.py`."""
    fixed = [name for name, spec in TABLE.items() if not spec.params]
    angled = [spec for spec in TABLE.values() if spec.params]
    listing = "".join(f'    "{name}",\n' for name in sorted(TABLE))
    values = "".join(f'{name} = Gate.named("{name}")  # {TABLE[name].help}\n' for name in fixed)
    functions = "".join(
        f"\n\ndef {spec.name}({', '.join(f'{param}: Any' for param in spec.params)}) -> Gate:\n"
        f'    """{spec.help}"""\n'
        f'    return Gate.named("{spec.name}", {", ".join(spec.params)})\n'
        for spec in angled
    )
    return f"{_NAMED_HEAD}__all__ = [\n{listing}]\n\n{values}{functions}"


def main(arguments: list[str]) -> int:
    """Write both files, or with `--check` say whether they are fresh."""
    stale = []
    for path, text in (
        (_PACKAGE / "circuit" / "gate_methods.py", gate_methods()),
        (_PACKAGE / "gates" / "named.py", named_gates()),
    ):
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(path.name)
        if "--check" not in arguments:
            path.write_text(text, encoding="utf-8")
    if "--check" in arguments and stale:
        print(f"Not fresh: {', '.join(stale)}. Run `make generate`.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
