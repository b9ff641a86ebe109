"""The example notebooks: each runs, and is saved with the outputs that a reader should see and nothing else."""

import os
import re
from pathlib import Path

import nbformat
import pytest
from jupyter_client.kernelspec import KernelSpecManager
from nbclient import NotebookClient

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
MAX_BYTES = 400_000  # code hosts stop rendering large files, and every change of a picture stays in the history
SECONDS_PER_CELL = 120
ABSOLUTE_PATH = re.compile(r"(?<![\w.:/<])/\w[\w.-]*/|\b[A-Z]:\\\w")  # of somebody's machine

pytestmark = pytest.mark.notebook
each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def read(path):
    """The notebook as a checked tree of cells."""
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    return notebook


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def kinds(cell):
    """What a cell puts out, as names of streams and of media types; the contents may differ from run to run."""
    found = set()
    for output in cell.outputs:
        found.update({output.name} if output.output_type == "stream" else output.get("data", {"error": ""}))
    return found


def texts(notebook):
    """All that can be read: sources, and outputs but for pictures."""
    for cell in notebook.cells:
        yield cell.source
        for output in cell.get("outputs", ()):
            yield output.get("text", "")
            yield from (data for kind, data in output.get("data", {}).items() if kind.startswith("text/"))


def run_in(folder, notebook):
    """Run a notebook in place, in a fresh kernel of this interpreter on this tree; an error in a cell is raised."""
    from matplotlib import font_manager  # noqa: F401  # its first import on a machine would be announced in a notebook

    client = NotebookClient(
        notebook, timeout=SECONDS_PER_CELL, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    )
    client.create_kernel_manager()
    # With no folders to search, "python3" is the kernel of sys.executable, whatever else is installed under that name.
    client.km.kernel_spec_manager = KernelSpecManager(kernel_dirs=[])
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    # An empty MPLBACKEND is that of notebooks; a profile of the user is not read.
    settings = {"PYTHONPATH": os.pathsep.join(paths), "IPYTHONDIR": str(folder / ".ipython"), "MPLBACKEND": ""}
    client.execute(env={**os.environ, **settings})


def test_there_are_notebooks():
    assert [path.stem[:2] for path in NOTEBOOKS] == ["01", "02", "03", "04", "05", "06", "07"]


@each_notebook
def test_runs_and_is_saved_with_its_outputs(path, tmp_path):
    saved, fresh = read(path), read(path)
    for cell in code_cells(fresh):
        cell.outputs = []
    run_in(tmp_path, fresh)
    for before, after in zip(code_cells(saved), code_cells(fresh), strict=True):
        assert kinds(before) == kinds(after), before.source
        assert not kinds(after) & {"stderr", "error"}, after.source


@each_notebook
def test_is_saved_clean(path):
    assert path.stat().st_size < MAX_BYTES
    notebook = read(path)
    assert not [text for text in texts(notebook) if ABSOLUTE_PATH.search(text)]
    assert notebook.metadata.kernelspec.name == "python3"
    assert notebook.metadata.language_info == {"name": "python"}
    assert not any(cell.metadata for cell in notebook.cells)
    cells = code_cells(notebook)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1)), "run all cells once, in order"
    assert not any(kinds(cell) & {"stderr", "error"} for cell in cells)
