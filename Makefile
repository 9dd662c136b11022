# Needs Python 3.11+, make and pip, and nothing else. Another Python: make PYTHON=/usr/bin/python3.12 test
VENV ?= .venv
BIN := $(VENV)/bin

ifndef PYTHON
PYTHON := $(shell for name in python3 python3.13 python3.12 python3.11 python3.14 python; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $$name && break; done)
endif

.DEFAULT_GOAL := help
.PHONY: help demo test check test-slow bench format clean

help:
	@echo "make demo       train, score and use a translator on the embedded corpus"
	@echo "make test       ruff, types and the fast tests (make check is the same)"
	@echo "make test-slow  the slow tests too"
	@echo "make bench      finished translators beside CTranslate2 and transformers; up to an hour"
	@echo "make format     let ruff format and mend the code"
	@echo "make clean      remove the virtual environment and every cache"

demo: $(VENV)/.installed
	$(BIN)/heedful demo

test check: $(VENV)/.installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q

test-slow: test
	$(BIN)/python -m pytest -q -m slow

# For example make bench OPTIONS="--rounds 5 --test test.en --reference test.de"
bench: $(VENV)/.installed-bench
	@mkdir -p build/bench
	$(BIN)/python -m bench.inference --model build/bench/model --json build/bench/speed.json --chart build/bench/speed.svg $(OPTIONS)

format: $(VENV)/.installed-test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

$(VENV)/.installed: pyproject.toml scripts/install.py
	@$(PYTHON) scripts/install.py --venv $(VENV)
	@touch $@

$(VENV)/.installed-test: pyproject.toml scripts/install.py
	@$(PYTHON) scripts/install.py --venv $(VENV) --extra test
	@touch $(VENV)/.installed $@

$(VENV)/.installed-bench: pyproject.toml scripts/install.py
	@$(PYTHON) scripts/install.py --venv $(VENV) --extra bench
	@touch $(VENV)/.installed $@

ifeq ($(PYTHON),)
$(VENV)/.installed $(VENV)/.installed-test $(VENV)/.installed-bench: no-python
.PHONY: no-python
no-python:
	@echo "heedful needs Python 3.11 or later and found none; install one, or name it: make PYTHON=/path/to/python3" >&2; exit 2
endif

clean:
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
