# Everything here works on a machine with Python 3.11 (with venv) and make.
PYTHON ?= python3.11
BIN := .venv/bin
JOBS ?= 4
CHAOS_SECONDS ?= 600
# Compiling every module again in each process would double the time of the tests.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: setup demo pictures test test-all lint types architecture bench chaos audit lock clean

setup: .venv/.ready  ## A virtual environment with exactly the locked dependencies, and baton in it.

.venv/.ready: requirements-dev.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is missing. Install Python 3.11, or say make PYTHON=python3."; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: setup  ## Baton and a small Slack on this machine, with sample leads, until Ctrl-C.
	@exec $(BIN)/baton demo

lint: setup  ## Style.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup  ## Types.
	$(BIN)/mypy

architecture: setup  ## The direction of imports, and that what is imported is declared.
	$(BIN)/lint-imports
	$(BIN)/deptry .

test: lint types architecture  ## Lint, types, architecture and the tests, under 6 minutes on 2 cores.
	$(BIN)/pytest -n $(JOBS) -m "not slow"

test-all: test  ## And the slow suites.
	$(BIN)/pytest -n 2 -m slow

pictures: setup  ## The pictures of the README, taken anew by their test.
	BATON_PICTURES=docs/images $(BIN)/pytest -p no:cacheprovider tests/end_to_end/test_front_door.py -k pictures

bench: setup  ## The benchmarks, each beside a yardstick of the same run; writes docs/performance.md.
	$(BIN)/python -m benchmarks

chaos: setup  ## Replicas killed while they work, in legs of CHAOS_SECONDS; each appends to docs/reliability.md.
	$(BIN)/python -m tests.harness all --seconds $(CHAOS_SECONDS)

audit: setup  ## Known vulnerabilities of the locked dependencies: a report that needs the network and fails nothing.
	@said=$$(timeout 120 $(BIN)/uv tool run --quiet pip-audit==2.9.0 --requirement requirements.lock --require-hashes \
	  --no-deps --disable-pip --progress-spinner off --timeout 15 2>&1 </dev/null); status=$$?; \
	if [ $$status -eq 0 ]; then echo "audit: no known vulnerability in requirements.lock"; \
	elif echo "$$said" | grep -q "known vulnerabilit"; then echo "$$said"; echo "audit: see above; this fails nothing"; \
	else echo "audit: could not be run (exit $$status, it needs the network); nothing was checked"; fi

lock: setup  ## Resolve the dependencies again.
	$(BIN)/uv pip compile --quiet --upgrade --generate-hashes --universal --python-version 3.11 pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --upgrade --generate-hashes --universal --python-version 3.11 pyproject.toml --group dev -o requirements-dev.lock

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis build *.egg-info
