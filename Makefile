# make demo, make test: all that a newcomer needs. Both begin on a machine that has only
# Python 3.11 or later and make, and fill .venv themselves.

PYTHON ?= python3
BIN := .venv/bin
PIP := -m pip install --quiet --disable-pip-version-check

.PHONY: demo test slow check bench clean

demo: .venv/installed
	@mkdir -p build
	$(BIN)/python examples/index_stdlib.py build/stdlib.state

# Compiled first, as pip does it: CPython leaves half a .pyc where a program that is given no room on
# the disk, as some tests do, is the first to import a module.
# One process a core: most of the tests wait for the disk, or for the processes that they kill.
test: check
	$(BIN)/python -m compileall -q src
	$(BIN)/python -m pytest --numprocesses auto --dist worksteal

slow: .venv/installed
	$(BIN)/python -m pytest -m slow --timeout 1800

check: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy --platform darwin src
	$(BIN)/mypy --platform win32 src

# The peers bring packages that would overwrite ours, so they have an environment of their own.
bench: .venv-bench/installed
	.venv-bench/bin/python -m benchmarks

.venv/installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "outlive needs Python 3.11 or later: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m venv .venv || \
		{ echo "Python cannot make a .venv here (on Debian: apt install python3-venv)"; exit 1; }
	$(BIN)/python $(PIP) --constraint constraints.txt --editable '.[test]'
	@touch $@

.venv-bench/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python $(PIP) --constraint constraints.txt --editable '.[bench]'
	@touch $@

clean:
	rm -rf .venv .venv-bench build dist src/*.egg-info .mypy_cache .ruff_cache .pytest_cache
