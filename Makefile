# make install   set up .venv from requirements.lock (uv where present, else plain pip)
# make run       run the nightly flow over samples/, end with the targets found
# make test      lint, type check, fast tests (what .ci/run does)
# make test-slow the longer proofs: kill tests, real servers, a simulated year
# make lint      ruff and mypy alone
# make bench     the benchmarks; prints ratios (about a quarter of an hour)
# make bench-docs  the same, and writes docs/performance.md and its charts
# make accuracy measure how well documents are read, and write docs/accuracy.md
# make lock      rewrite requirements.lock from pyproject.toml (needs uv)

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/installed
UV     := $(shell command -v uv 2>/dev/null)

.PHONY: install run test test-slow lint bench bench-docs accuracy lock clean
.DELETE_ON_ERROR:

install: $(STAMP)

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "muctieu needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version). Try: make PYTHON=python3.12" >&2; exit 2; }
ifdef UV
	@test -x $(BIN)/python || uv venv --quiet --python $(PYTHON) $(VENV)
	uv pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock
	uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
else
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --no-deps --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
endif
	@echo "Compiling bytecode once, so that every later start is fast"
	@$(BIN)/python -m compileall -q -j 0 $(VENV)/lib >/dev/null 2>&1 || true
	@touch $@

run: install
	@$(BIN)/muctieu run samples --warehouse warehouse/data

test: install
	@.ci/run

test-slow: install
	@$(BIN)/python -m pytest -m slow

lint: install
	@$(BIN)/ruff check .
	@$(BIN)/mypy

bench: install
	@$(BIN)/python -m benchmarks.all

bench-docs: install
	@$(BIN)/python -m benchmarks.all --write

accuracy: install
	@$(BIN)/python -m benchmarks.accuracy

lock:
	uv pip compile --quiet --generate-hashes --no-header --no-annotate --extra dev --universal --python-version 3.11 \
	  -o requirements.lock pyproject.toml

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache
