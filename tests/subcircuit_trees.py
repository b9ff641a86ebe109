"""Random circuits made of circuits with names, beside a list by hand of what lies in what."""

from hypothesis import strategies as st

from qsim import Circuit

SIZE = 4  # qubits of the whole
NAMES = st.sampled_from(["A", "B", "QFT", ""])


def nodes(size, depth=2):
    """Lists of gates `("x", qubits)` and parts `(name, qubits, nodes)` on so many qubits."""
    gate = st.tuples(st.just("x"), st.integers(0, size - 1).map(lambda q: (q,)))
    pair = st.permutations(range(size)).map(lambda qubits: ("cx", tuple(qubits[:2])))
    kinds = [gate, pair] if size > 1 else [gate]
    if depth:
        for width in range(1, size + 1):
            places = st.permutations(range(size)).map(lambda qubits, width=width: tuple(qubits[:width]))
            kinds.append(st.tuples(NAMES, places, nodes(width, depth - 1)))
    return st.lists(st.one_of(kinds), max_size=4)


def built(tree, size=SIZE):
    """The circuit of a list of nodes."""
    circuit = Circuit(size)
    for node in tree:
        if len(node) == 2:
            getattr(circuit, node[0])(*node[1])
        else:
            part = built(node[2], len(node[1]))
            part.name = node[0] or None
            circuit.append(part, *node[1])
    return circuit


def listed(tree, places=tuple(range(SIZE)), path=()):
    """For each gate its qubits, and the names and qubits of the parts that it lies in."""
    for node in tree:
        here = tuple(places[q] for q in node[1])
        if len(node) == 2:
            yield here, path
        else:
            yield from listed(node[2], here, (*path, (node[0], here)) if node[0] else path)


def names(tree, places=tuple(range(SIZE))):
    """Names and qubits of all parts, each followed by those in it."""
    for node in tree:
        if len(node) == 3:
            here = tuple(places[q] for q in node[1])
            yield from [(node[0], here)] if node[0] else []
            yield from names(node[2], here)


def paths(circuit):
    """As `listed`, of a circuit; checks that positions and depths fit together."""
    found = []
    for position, instruction in enumerate(circuit):
        around = [s for s in circuit.subcircuits if s.start <= position < s.stop]
        assert [s.depth for s in around] == list(range(len(around)))
        found.append((instruction.qubits, tuple((s.name, s.qubits) for s in around)))
    return found
