# One runner for people, hooks and CI. It needs Python >= 3.11 and make; the rest it sets up itself.
PYTHON ?= python3
UV := $(shell command -v uv || echo .venv/bin/uv)
export UV_PYTHON_DOWNLOADS = never
RUN := $(UV) run --quiet

.PHONY: demo test check fmt contract
demo: $(UV)           ## the whole pipeline on this machine, against a paper venue; ends by itself
	$(RUN) polycopy demo

test: $(UV)           ## every test
	$(RUN) pytest -n 2 --dist loadfile tests

check: $(UV)          ## format, lint, import contracts, types, fast tests
	$(RUN) ruff format --check
	$(RUN) ruff check
	$(RUN) lint-imports
	$(RUN) mypy schemas shared services tests
	HYPOTHESIS_PROFILE=quick $(RUN) pytest -q -n 2 tests/unit tests/architecture

fmt: $(UV)            ## format and fix
	$(RUN) ruff format
	$(RUN) ruff check --fix

contract: $(UV)       ## JSON Schemas and asyncapi.yaml made anew, samples of new event types
	$(RUN) python -m tests.support.contract_files

.venv/bin/uv:
	$(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet uv
