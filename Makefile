# One runner for people, hooks and CI. It needs Python >= 3.11 and make; the rest it sets up itself.
PYTHON ?= python3
UV := .venv/bin/uv
export UV_PYTHON_DOWNLOADS = never
RUN := $(UV) run --quiet

.PHONY: demo test check lint bench faults fmt contract pins venv
venv: .venv/.pinned           ## everything that is needed, below .venv
	$(RUN) polycopy --help >/dev/null

demo: .venv/.pinned           ## the whole pipeline on this machine, against a paper venue; ends by itself
	$(RUN) polycopy demo

test: .venv/.pinned           ## every test
	$(RUN) pytest -n 2 --dist loadfile tests

lint: .venv/.pinned           ## format, lint, import contracts, types
	$(RUN) ruff format --check
	$(RUN) ruff check
	$(RUN) lint-imports
	$(RUN) mypy schemas shared services tests

check: lint                   ## the same, and fast tests
	HYPOTHESIS_PROFILE=quick $(RUN) pytest -q -n 2 tests/unit tests/architecture

bench: .venv/.pinned          ## measure; one benchmark with ONLY=NAME
	$(RUN) python -m tests.bench $(ONLY)

faults: .venv/.pinned         ## break everything; LOOPS=N loops of kill -9, or the one of SEED=…
	$(RUN) python -m tests.faults $(LOOPS)

fmt: .venv/.pinned            ## format and fix
	$(RUN) ruff format
	$(RUN) ruff check --fix

contract: .venv/.pinned       ## JSON Schemas and asyncapi.yaml made anew, samples of new event types
	$(RUN) python -m tests.support.contract_files

pins: .venv/.pinned           ## deploy/pins made anew; UPGRADE=--upgrade moves them to what is newest
	.venv/bin/python -m tests.support.pin_files $(UPGRADE)

# Everything from outside comes in here, and is what the hashes say. `uv run` adds our own members.
# An environment names its own folder in its scripts: one that was moved is made again.
RECENT := import sys; sys.exit(sys.version_info < (3, 11))
NEEDED := Python 3.11 or newer with venv is needed: make PYTHON=/path/to/python3.11
MADE_FOR := $(shell cat .venv/.pinned 2>/dev/null)
ifneq ($(MADE_FOR),$(CURDIR))
.venv/.pinned: FORCE
endif
.PHONY: FORCE
FORCE:

.venv/.pinned: deploy/pins/uv.txt deploy/pins/dev.txt
	@test -z "$(MADE_FOR)" -o "$(MADE_FOR)" = "$(CURDIR)" || rm -rf .venv
	@.venv/bin/python -c 'import pip; $(RECENT)' 2>/dev/null || \
		$(PYTHON) -c 'import ensurepip, venv; $(RECENT)' 2>/dev/null || \
		{ echo "$(NEEDED)" >&2; exit 1; }
	.venv/bin/python -c 'import pip; $(RECENT)' 2>/dev/null || $(PYTHON) -m venv --clear .venv
	.venv/bin/python -m pip install --quiet --require-hashes -r deploy/pins/uv.txt
	$(UV) pip install --quiet --python .venv --require-hashes -r deploy/pins/dev.txt
	printf '%s' "$(CURDIR)" > $@
