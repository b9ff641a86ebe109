"""Circuits that nobody here wrote: does qsim load them, and do Qiskit and Cirq find the same?

    python benchmarks/third_party.py ../shared/circuits --results third-party.json --page docs/third-party.md

Each simulator reads each text itself, in a process of its own. What is known is kept in the file of results, file by
file: started again, only what is missing is run. See docs/third-party.md for what is compared.
"""

import argparse
import json
import multiprocessing
import re
import sys
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
from readings import READERS, Reading, head

ATOL = 1e-8  # between amplitudes, after the global phase is taken out
LEAST_P = 1e-6  # of the chi-square test of the shots
PEERS = ("Qiskit", "Cirq")


class Worker:
    """A process in which one simulator reads texts; ended when it takes too long, and started again when needed."""

    def __init__(self, reader: str, limit: float) -> None:
        self.reader, self.limit = reader, limit
        self._process: Any = None
        self._connection: Any = None

    def read(self, path: Path, lines: int | None) -> Reading | str:
        """What it makes of the text, or why nothing."""
        if self._process is None:
            context = multiprocessing.get_context("spawn")
            self._connection, theirs = context.Pipe()
            self._process = context.Process(target=_serve, args=(self.reader, theirs), daemon=True)
            self._process.start()
            theirs.close()
        self._connection.send((path, lines))
        if not self._connection.poll(self.limit):
            self.end()
            return f"over {self.limit:g} s"
        try:
            return self._connection.recv()
        except EOFError:
            self.end()
            return "the process died"

    def end(self) -> None:
        """End the process."""
        if self._process is not None:
            self._connection.close()
            self._process.terminate()
            self._process.join()
            self._process = None


def _serve(reader: str, connection: Connection) -> None:
    import warnings

    warnings.simplefilter("ignore")
    while True:
        try:
            path, lines = connection.recv()
        except EOFError:
            return
        try:
            reply: Reading | str = READERS[reader](path, lines)
        except Exception as error:  # of any simulator, for the table
            reply = str(error).strip().strip("\"'").splitlines()[0] if str(error).strip() else type(error).__name__
        connection.send(reply)


# ── One file ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def examine(path: Path, workers: dict[str, Worker]) -> dict[str, Any]:
    """The row of a file.

    Of OpenQASM 2 that is refused, the lines before the refused one are compared: they are a program too.
    """
    ours, lines = workers["qsim"].read(path, None), None
    row: dict[str, Any] = {"refused": None}
    if isinstance(ours, str):
        row["refused"] = ours
        found = re.search(r":(\d+):\d+: ", ours)
        if not found or not re.search(r"^\s*OPENQASM\s+2", head(path, None), re.MULTILINE):
            return row
        row["also_refused"] = [peer for peer in PEERS if isinstance(workers[peer].read(path, None), str)]
        lines = int(found[1]) - 1
        ours = workers["qsim"].read(path, lines)
        if isinstance(ours, str):
            return row
        row["lines"] = lines
    row |= {name: getattr(ours, name) for name in ("num_qubits", "instructions", "parser", "seconds", "remark")}
    if ours.state is not None or ours.bits is not None:
        for peer in PEERS:
            row[peer] = compare(ours, workers[peer].read(path, lines))
    return row


def compare(ours: Reading, theirs: Reading | str) -> dict[str, Any]:
    """Whether a peer's reading is ours: `agrees` is `None` where there is nothing to compare."""
    if isinstance(theirs, str):
        return {"agrees": None, "why": theirs}
    if ours.num_qubits != theirs.num_qubits:
        return {"agrees": False, "why": f"{theirs.num_qubits} qubits there"}
    found: dict[str, Any] = {"agrees": None, "why": theirs.remark or "nothing to compare"}
    verdicts = []
    if ours.state is not None and theirs.state is not None:
        found["gap"] = gap(ours.state, theirs.state)
        verdicts.append(found["gap"] <= ATOL)
    if ours.bits is not None and theirs.bits is not None:
        found["shots"] = sum(theirs.bits.values())
        found["p"] = p_value(theirs.bits, ours.bits)
        verdicts.append(found["p"] >= LEAST_P)
    return {**found, "agrees": all(verdicts), "why": ""} if verdicts else found


def gap(state: np.ndarray, other: np.ndarray) -> float:
    """Largest difference of amplitudes, with the global phase that fits best."""
    overlap = np.vdot(other, state)
    return float(abs(state - other * (overlap / max(abs(overlap), 1e-300))).max())


def p_value(counts: dict[str, int], probabilities: dict[str, float]) -> float:
    """Of the chi-square test; 0 where bit strings differ in length."""
    from qsim import Counts

    if len(next(iter(counts))) != len(next(iter(probabilities))):
        return 0.0
    return Counts(counts).chi_square(probabilities).p_value


# ── The page ──────────────────────────────────────────────────────────────────────────────────────────────────────────

INTRODUCTION = """# Other people's circuits

Circuits that nobody on this project wrote, read by `qsim.io.load` and compared with Qiskit and Cirq. Generated by
`benchmarks/third_party.py`; the files themselves (QASMBench, small; MQT Bench, algorithm level; the examples of the
OpenQASM 3 specification) are not part of the repository.

{counts}

## What is compared

- Each simulator reads the text itself: Qiskit by `qiskit.qasm2` and `qiskit.qasm3`, Cirq by `cirq.contrib.qasm_import`.
- **State**: all amplitudes without the final measurements, qubit 0 most significant, up to a global phase, to {atol:g}.
  Qiskit's is `quantum_info.Statevector`. The figure is the largest difference.
- **Bits**: the exact distribution of all classical bits (`exact=True`) against {shots} shots of the peer (1,000 where
  Cirq simulates shot by shot), by the chi-square test with p ≥ {least_p:g}. Qiskit's shots are Aer's, method
  statevector, fusion off. Where a file measures or resets before its end, this is all there is.
- Barriers and comments are taken out for Cirq. Conditions of OpenQASM 3 on a bit or on a parity of bits are written
  out, without a change of meaning, as the conditions that the importers of Qiskit and Cirq know. "Not read" stands
  where an importer still refuses the text; the remark has its words.
- For Cirq the header is normalised, and bits that conditions read before they are measured are measured from a fresh
  qubit. Rows may come from runs with different time limits, since the script goes on where it was stopped.
- Of OpenQASM 2 that is refused, the lines before the refused one are a program too: they are compared.
- Qubits and instructions are those of the loaded circuit; milliseconds are of one load on a busy machine of two cores.

Versions: {versions}.

"""


def page(rows: dict[str, dict[str, Any]], missing: Sequence[str] = ()) -> str:
    """Markdown: counts, how it was made, a table a folder; and what was not examined."""
    counts = _counts(rows)
    if missing:
        counts += f"\n- Not examined yet: {', '.join(f'`{name}`' for name in missing)}."
    about = {"counts": counts, "atol": ATOL, "shots": "10,000", "least_p": LEAST_P, "versions": _versions()}
    parts = [INTRODUCTION.format(**about).rstrip()]
    for folder in dict.fromkeys(name.split("/")[0] for name in rows):
        mine = {name: row for name, row in rows.items() if name.startswith(f"{folder}/")}
        parts += [f"## {folder}", "\n".join(_table(mine))]
    return "\n\n".join(parts) + "\n"


def _counts(rows: dict[str, dict[str, Any]]) -> str:
    loaded = [row for row in rows.values() if row["refused"] is None]
    refused = [row for row in rows.values() if row["refused"] is not None]
    flat = sum(row["parser"] == "flat" for row in loaded)
    lines = [
        f"- **{len(rows)} files: {len(loaded)} load** ({flat} by the flat parser, {len(loaded) - flat} by that of the "
        f"full language), {len(refused)} are refused; {sum('lines' in row for row in refused)} of these are compared "
        "up to the refused line."
    ]
    compared = [row for row in rows.values() if PEERS[0] in row]
    for peer in PEERS:
        outcomes = [row[peer]["agrees"] for row in compared]
        lines.append(
            f"- **{peer}: {outcomes.count(True)} of {len(compared)} agree, {outcomes.count(False)} differ**, "
            f"{outcomes.count(None)} could not be compared."
        )
    num_agreeing = [sum(row[peer]["agrees"] is True for peer in PEERS) for row in compared]
    lines.append(
        f"- {num_agreeing.count(2)} files agree with both peers, {num_agreeing.count(1)} with one, "
        f"{num_agreeing.count(0)} have none that reads them; {len(loaded) - sum('lines' not in r for r in compared)} "
        "loaded ones were not run, the remark says why."
    )
    return "\n".join(lines)


def _versions() -> str:
    from importlib.metadata import version

    from qsim import __version__

    names = ("qiskit", "qiskit-aer", "qiskit-qasm3-import", "cirq-core")
    return ", ".join([f"qsim {__version__}", *(f"{name} {version(name)}" for name in names)])


def _table(rows: dict[str, dict[str, Any]]) -> Iterator[str]:
    yield "| file | qubits | instructions | loads | ms | Qiskit | Cirq | remark |"
    yield "| --- | ---: | ---: | --- | ---: | --- | --- | --- |"
    for name, row in rows.items():
        loads = "refused" if row["refused"] else row["parser"]
        known = "num_qubits" in row
        figures = [str(row["num_qubits"]), str(row["instructions"])] if known else ["–", "–"]
        milliseconds = "–" if row["refused"] else f"{1e3 * row['seconds']:.3g}"
        cells = [f"`{Path(name).name}`", *figures, loads, milliseconds, *(_verdict(row.get(peer)) for peer in PEERS)]
        yield f"| {' | '.join([*cells, _remark(row)])} |"


def _verdict(found: dict[str, Any] | None) -> str:
    if found is None:
        return "–"
    if found["agrees"] is None:
        return "not read" if not found["why"].startswith("over") else found["why"]
    figures = [f"state {found['gap']:.0e}"] if "gap" in found else []
    figures += [f"bits p = {found['p']:.2g}"] if "p" in found else []
    return f"{'yes' if found['agrees'] else '**no**'}: {', '.join(figures) or found['why']}"


def _remark(row: dict[str, Any]) -> str:
    parts = []
    if row["refused"]:
        parts.append(row["refused"])
    if row.get("also_refused"):
        parts.append(f"Refused by {' and '.join(row['also_refused'])} too.")
    if "lines" in row:
        parts.append(f"Compared: the {row['lines']} lines before.")
    parts.append(row.get("remark", ""))
    parts += [f"{peer}: {row[peer]['why']}" for peer in PEERS if row.get(peer, {}).get("why")]
    return " ".join(re.sub(r"([|*_<>\[\]])", r"\\\1", part) for part in parts if part)


# ── All files ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def files(folder: Path) -> list[Path]:
    """The circuits below a folder, small ones first; texts of a grammar's tests are none."""
    found = [path for pattern in ("*.qasm", "*.qasm3") for path in folder.rglob(pattern) if "grammar" not in path.parts]
    return sorted(found, key=lambda path: (path.stat().st_size, path.name))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--results", type=Path, required=True, help="JSON; outside the repository")
    parser.add_argument("--page", type=Path, help="Markdown")
    parser.add_argument("--time-limit", type=float, default=60.0, help="seconds a file and a simulator")
    parser.add_argument("--only", default="", help="files whose path contains this are run, again if need be")
    arguments = parser.parse_args()
    rows = json.loads(arguments.results.read_text()) if arguments.results.exists() else {}
    workers = {name: Worker(name, arguments.time_limit) for name in READERS}
    try:
        for path in files(arguments.folder):
            name = path.relative_to(arguments.folder).as_posix()
            if (name in rows and not (arguments.only and arguments.only in name)) or arguments.only not in name:
                continue
            rows[name] = examine(path, workers)
            arguments.results.write_text(json.dumps(dict(sorted(rows.items())), indent=1))
            print(name, *(_verdict(rows[name].get(peer)) for peer in PEERS), sep="  ", file=sys.stderr, flush=True)
    finally:
        for worker in workers.values():
            worker.end()
    if arguments.page:
        names = [path.relative_to(arguments.folder).as_posix() for path in files(arguments.folder)]
        missing = [name for name in names if name not in rows]
        arguments.page.write_text(page(dict(sorted(rows.items())), missing), encoding="utf-8")


if __name__ == "__main__":
    main()
