# Three commands: `make bell` (the example), `make test`, `make check`.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: bell test check docs format generate clean

bell: $(VENV)/.run
	$(BIN)/python circuits/bell.py

test: $(VENV)/.test
	$(BIN)/python -m pytest -n 2

check: $(VENV)/.check
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m qsim.gates.generate --check
	$(BIN)/python -m pytest --doctest-modules qsim circuits
	$(BIN)/python -m pytest --doctest-glob='*.md' README.md docs
	$(BIN)/sphinx-build -W --keep-going -q docs docs/_build

docs: $(VENV)/.check        # the site, in docs/_build/index.html
	$(BIN)/sphinx-build -W --keep-going -q docs docs/_build

format: $(VENV)/.check
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

generate: $(VENV)/.run      # writes the typed gate methods from the gate table
	$(BIN)/python -m qsim.gates.generate

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "qsim needs Python 3.11 or newer: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: $(BIN)/python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

# The peers (other simulators to compare with) are large and not built for every Python: without them their tests are skipped.
$(VENV)/.test: $(VENV)/.run
	$(BIN)/python -m pip install --quiet --editable '.[test,peers]' || \
	    { echo 'The peer simulators cannot be installed here: tests against them will be skipped.'; \
	      $(BIN)/python -m pip install --quiet --editable '.[test]'; }
	touch $@

$(VENV)/.check: $(VENV)/.test
	$(BIN)/python -m pip install --quiet --editable '.[check]'
	touch $@

clean:
	rm -rf docs/_build docs/gates.md $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
