"""Tables, JSON and pictures of measurements, and what is said of the machine."""

import json
import math
import os
import platform
import statistics
from collections.abc import Iterable, Sequence
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from adapters import ENGINES
from timing import Case, Measurement

import circuits

__all__ = [
    "Comparison",
    "compare",
    "compared",
    "draw_ratios",
    "installed",
    "machine",
    "num_gates",
    "table",
    "versions",
    "write_json",
]

OURS = "qsim"
DISTURBED = 0.05  # of the best turn's time: more, and its figure is marked


class Comparison(NamedTuple):
    """One case: this project's measurement and the fastest engine of each peer."""

    case: Case
    ours: Measurement
    peers: dict[str, Measurement]

    @property
    def ratio(self) -> float:
        """How many times longer the fastest peer takes, by best times; NaN where no peer finished, or we did not."""
        if not self.peers or not self.ours.counts:
            return math.nan
        return min(peer.best for peer in self.peers.values()) / self.ours.best


def compare(measurements: Iterable[Measurement]) -> list[Comparison]:
    """Each case with the fastest engine, by best time, of each peer that finished with the right state."""
    cases: dict[Case, dict[str, Measurement]] = {}
    for measurement in measurements:
        cases.setdefault(measurement.case, {})[measurement.engine] = measurement
    comparisons = []
    for case, engines in cases.items():
        peers: dict[str, Measurement] = {}
        for engine, measurement in engines.items():
            family = ENGINES[engine].family
            if family == ENGINES[OURS].family or not measurement.counts:
                continue
            if family not in peers or measurement.best < peers[family].best:
                peers[family] = measurement
        comparisons.append(Comparison(case, engines.get(OURS, Measurement(OURS, case, error="not asked")), peers))
    return comparisons


def num_gates(case: Case) -> int:
    """How many gates its circuit has."""
    return len(circuits.build(case.circuit, case.qubits, case.layers))


# ── Tables ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def table(measurements: Sequence[Measurement]) -> str:
    """Markdown: a table a precision, geometric means, and who is left out of what."""
    comparisons = compare(measurements)
    precisions = list(dict.fromkeys(comparison.case.precision for comparison in comparisons))
    parts = []
    for precision in precisions:
        rows = [comparison for comparison in comparisons if comparison.case.precision == precision]
        parts += [f"**{precision} precision**, ms, best (median)", "", *_rows(rows), "", *_means(rows), ""]
    return "\n".join([*parts, *_remarks(measurements)])


def _rows(comparisons: Sequence[Comparison]) -> list[str]:
    families = sorted({family for comparison in comparisons for family in comparison.peers})
    header = ["circuit", "n", "gates", "qsim", *families, "fastest peer / qsim"]
    lines = [_line(header), _line(["---"] * len(header))]
    for comparison in comparisons:
        case, peers = comparison.case, comparison.peers
        cells = [_cell(peers[family], named=True) if family in peers else "–" for family in families]
        ratio = "–" if math.isnan(comparison.ratio) else f"{comparison.ratio:.2g}"
        start = [case.circuit, str(case.qubits), str(num_gates(case)), _cell(comparison.ours)]
        lines.append(_line([*start, *cells, ratio]))
    return lines


def _cell(measurement: Measurement, named: bool = False) -> str:
    if not measurement.seconds:
        return str(measurement.error)
    _, _, setting = measurement.engine.partition("-")
    times = f"{_ms(measurement.best)} ({_ms(measurement.median)})"
    mark = "\\*" if measurement.disturbance > DISTURBED else ""
    return f"{times}{mark} {setting}".rstrip() if named else f"{times}{mark}"


def _ms(seconds: float) -> str:
    milliseconds = 1e3 * seconds
    return f"{milliseconds:.0f}" if milliseconds >= 100 else f"{milliseconds:.3g}"


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _means(comparisons: Sequence[Comparison]) -> list[str]:
    known = [(comparison.case, comparison.ratio) for comparison in comparisons if not math.isnan(comparison.ratio)]
    if not known:
        return []
    worst, least = min(known, key=lambda item: item[1])
    mean = statistics.geometric_mean(ratio for _, ratio in known)
    return [
        f"Geometric mean of fastest peer / qsim: {mean:.2g}; least {least:.2g} ({worst.circuit}, n = {worst.qubits})."
    ]


def _remarks(measurements: Sequence[Measurement]) -> list[str]:
    """Precisions that a peer lacks, and engines over their time, failed or wrong: nobody drops out silently."""
    asked = {ENGINES[measurement.engine].family: ENGINES[measurement.engine] for measurement in measurements}
    remarks = [
        f"{family} has {engine.precisions[0]} precision only."
        for family, engine in asked.items()
        if len(engine.precisions) == 1
    ]
    for measurement in measurements:
        where = f"{measurement.engine} on {measurement.case.circuit}, n = {measurement.case.qubits}"
        where += f", {measurement.case.precision}"
        if measurement.error is not None:
            remarks.append(f"{where}: {measurement.error}; left out.")
        elif measurement.agrees is False:
            remarks.append(f"{where}: its state differs from the others'; left out.")
    if any(measurement.seconds and measurement.disturbance > DISTURBED for measurement in measurements):
        remarks.append(f"\\* Other programs held the processors for more than {DISTURBED:.0%} of this time.")
    return [f"- {remark}" for remark in remarks]


# ── JSON ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def machine() -> dict[str, Any]:
    """Processor, cores that this process may use, memory, system: what times depend on, and nothing that names it."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else 0
    return {
        "processor": _processor(),
        "cores": cores,
        "memory_gib": round(memory / 2**30, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "numpy": np.__version__,
    }


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if not cpuinfo.exists():
        return platform.processor()
    fields = dict(
        (part.strip() for part in line.split(":", 1)) for line in cpuinfo.read_text().splitlines() if ":" in line
    )
    flags = set(fields.get("flags", "").split())
    width = next((name for name in ("avx512f", "avx2") if name in flags), "")
    model = f"family {fields.get('cpu family')}, model {fields.get('model')}, {fields.get('cache size')} cache"
    return f"{fields.get('model name', platform.processor())} ({model}, {width})"


def installed() -> list[str]:
    """The engines whose distribution is there; this project always is."""
    return [name for name in ENGINES if _version(name) is not None]


def compared() -> list[str]:
    """The installed engines at settings that anyone would choose for speed."""
    return [name for name in installed() if name not in ("qsim-numpy", "aer-unfused")]


def versions(engines: Iterable[str]) -> dict[str, str | None]:
    """Version of each engine's distribution."""
    return {ENGINES[engine].family: _version(engine) for engine in engines}


def _version(engine: str) -> str | None:
    if ENGINES[engine].family == ENGINES[OURS].family:
        import qsim

        return qsim.__version__
    try:
        return ENGINES[engine].version
    except PackageNotFoundError:
        return None


def write_json(path: Path, measurements: Sequence[Measurement], **about: Any) -> None:
    """Everything that was measured, with what it depends on."""
    engines = list(dict.fromkeys(measurement.engine for measurement in measurements))
    rows = [
        {
            **measurement.case._asdict(),
            "engine": measurement.engine,
            "gates": num_gates(measurement.case),
            "seconds": measurement.seconds,
            "disturbed": measurement.disturbed,
            "best": measurement.best if measurement.seconds else None,
            "median": measurement.median if measurement.seconds else None,
            "agrees": measurement.agrees,
            "error": measurement.error,
        }
        for measurement in measurements
    ]
    content = {"machine": machine(), "versions": versions(engines), **about, "measurements": rows}
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


# ── Picture ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def draw_ratios(path: Path, measurements: Sequence[Measurement]) -> None:
    """Bars of fastest peer / qsim: a panel a precision, a group a circuit, a bar a number of qubits."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    comparisons = compare(measurements)
    precisions = list(dict.fromkeys(comparison.case.precision for comparison in comparisons))
    figure, panels = plt.subplots(
        len(precisions), 1, figsize=(9, 3.2 * len(precisions)), squeeze=False, sharex=True, layout="constrained"
    )
    for axes, precision in zip(panels[:, 0], precisions, strict=True):
        _draw_panel(axes, [comparison for comparison in comparisons if comparison.case.precision == precision])
        axes.set_title(f"{precision} precision")
    figure.savefig(path, dpi=150)
    plt.close(figure)


def _draw_panel(axes: Any, comparisons: Sequence[Comparison]) -> None:
    import matplotlib as mpl

    names = list(dict.fromkeys(comparison.case.circuit for comparison in comparisons))
    sizes = sorted({comparison.case.qubits for comparison in comparisons})
    width = 0.8 / len(sizes)
    ratios = {(comparison.case.circuit, comparison.case.qubits): comparison.ratio for comparison in comparisons}
    for number, size in enumerate(sizes):
        places = np.arange(len(names)) + (number - (len(sizes) - 1) / 2) * width
        heights = [ratios.get((name, size), math.nan) for name in names]
        shade = mpl.colormaps["Blues"](0.35 + 0.55 * (number + 1) / len(sizes))
        axes.bar(places, heights, width * 0.92, label=f"{size} qubits", color=shade)
    axes.axhline(1, color="black", linewidth=0.8)
    axes.set_yscale("log")
    axes.set_xticks(range(len(names)), [name.replace("_", "\n") for name in names])
    axes.set_ylabel("fastest peer / qsim")
    axes.legend(fontsize="small", ncols=min(len(sizes), 4))
