# Everything that a developer or a build server does, by name. `make` alone prints the list.
# Needs on the machine: Python 3.11, 3.12 or 3.13, and for Spark Java 17 or 21. Nothing else.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.NOTPARALLEL:

PYTHON_FITS := import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))
PYTHON ?= $(shell for name in python3.11 python3.12 python3.13 python3; do \
	if $$name -c '$(PYTHON_FITS)' >/dev/null 2>&1; then echo $$name; break; fi; done)
VENV := .venv
BIN := $(VENV)/bin
# Two ways to install: everything, or what the embedded engine needs, which is small.
INSTALLED := $(VENV)/.installed
SMALL := $(VENV)/.installed-embedded
PIP := $(BIN)/pip --disable-pip-version-check -q
# Another project's PYTHONPATH or SPARK_HOME would mix its Spark into ours.
RUN := env -u PYTHONPATH -u SPARK_HOME

JAVA := $(if $(JAVA_HOME),$(JAVA_HOME)/bin/java,java)
JAVA_PLACE := $(if $(JAVA_HOME),JAVA_HOME=$(JAVA_HOME),the PATH)
JAVA_REMEDY := Spark 4.2 needs Java 17 or 21: install openjdk-17-jre-headless (Debian, Ubuntu) \
	or another JRE 17$(if $(JAVA_HOME), and correct JAVA_HOME)
# Empty where Java fits. Kept out of the recipe so that it ends make with one line, not with two.
JAVA_PROBLEM = $(shell \
	if ! command -v "$(JAVA)" >/dev/null 2>&1; then echo "No Java in $(JAVA_PLACE)."; exit; fi; \
	version=$$("$(JAVA)" -version 2>&1 | sed -n 's/.*version "\([^"]*\)".*/\1/p'); \
	case "$$version" in (17|17.*|21|21.*) ;; \
	(*) echo "Java $${version:-of unknown version} in $(JAVA_PLACE) does not fit.";; esac)

PYTHON_REMEDY := Install python3.11 and python3.11-venv (Debian, Ubuntu), or name one: \
	make PYTHON=/path/to/python
PYTHON_PROBLEM = $(shell \
	if [ -z "$(PYTHON)" ]; then echo "No Python 3.11, 3.12 or 3.13 with venv on the PATH."; \
	elif ! $(PYTHON) -c '$(PYTHON_FITS)' >/dev/null 2>&1; then \
	echo "$(PYTHON) is no Python 3.11, 3.12 or 3.13 with venv."; fi)

.PHONY: help check-java check-python setup demo example-cdnow bench bench-k bench-fixed bench-ledger bench-scale test check lint configuration package deploy-check lock clean distclean

help: ## print this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | \
		while IFS='|' read -r name text; do printf '  %-14s %s\n' "$$name" "$$text"; done

check-java:
	@$(if $(JAVA_PROBLEM),$(error $(JAVA_PROBLEM) $(JAVA_REMEDY)))

check-python:
	@$(if $(PYTHON_PROBLEM),$(error $(PYTHON_PROBLEM) $(PYTHON_REMEDY)))

CREATE_VENV = test -x $(BIN)/python || \
	{ echo "Creating $(VENV) with $(PYTHON)"; $(PYTHON) -m venv $(VENV); }

# Both give the module pyspark over the same files: the other one must go, and what it took along.
WITHOUT = for found in $(VENV)/lib/python3*/site-packages/$(1).dist-info; do \
	if test -d "$$found"; then $(PIP) uninstall -y pyspark pyspark-client 2>/dev/null; fi; done

$(INSTALLED): requirements/dev.txt pyproject.toml | check-python
	@$(CREATE_VENV)
	@rm -f $(SMALL)
	@$(call WITHOUT,pyspark_client-*)
	@echo "Installing the pinned dependencies (Spark alone is some 450 MB)"
	@$(PIP) install --require-hashes -r requirements/dev.txt
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(SMALL): requirements/embedded.txt pyproject.toml | check-python
	@$(CREATE_VENV)
	@$(call WITHOUT,pyspark-[0-9]*)
	@echo "Installing the pinned dependencies of the embedded engine"
	@$(PIP) install --require-hashes -r requirements/embedded.txt
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

setup: $(INSTALLED) ## create .venv with the pinned dependencies and the package

demo: check-python ## generate a ledger, run the whole job on it, print what came out
	@$(MAKE) -s --no-print-directory $$(test -e $(INSTALLED) && echo setup || echo $(SMALL))
	@$(RUN) $(BIN)/rfmf demo

example-cdnow: check-java setup ## classic RFM on real purchases: make example-cdnow FILE=…/CDNOW_master.txt
	@test -n "$(FILE)" || { echo "FILE= names no file: make example-cdnow FILE=…/CDNOW_master.txt"; exit 2; }
	@$(RUN) $(BIN)/python examples/cdnow/convert.py "$(FILE)" build/cdnow/trades.csv
	@$(RUN) $(BIN)/rfmf run --config examples/cdnow/cdnow.yaml \
		--set input.trades=build/cdnow/trades.csv --set output.root=build/cdnow/results
	@$(RUN) $(BIN)/python examples/cdnow/facts.py build/cdnow/results

BENCH_K := build/bench-k
bench-k: check-java setup ## the choice of K on known data: make bench-k FILE=…/CDNOW_master.txt (or without)
	@test -d $(BENCH_K)/results/runs || $(RUN) $(BIN)/rfmf demo --out $(BENCH_K) >/dev/null
	@$(RUN) $(BIN)/python -m benchmarks.choice_of_k $(BENCH_K)/results $(or $(FILE),$(RFMF_CDNOW))

SIZE := 2m
ROUNDS := 3
BENCH_USERS := $(patsubst %m,%000000,$(SIZE))
BENCH := build/bench-$(SIZE)
bench: check-java setup ## the whole job beside other tools: make bench SIZE=2m (or 20m, 50m) ROUNDS=3
	@test -d $(BENCH)/trades || $(RUN) $(BIN)/rfmf generate --users $(BENCH_USERS) --seed 7 \
		--out $(BENCH) >/dev/null
	@$(RUN) $(BIN)/python -m benchmarks.whole_run $(BENCH) $(ROUNDS)

bench-fixed: check-java setup ## a bare session, then runs of 1,000 and 100,000 users, on each engine, by stage
	@$(RUN) $(BIN)/python -m benchmarks.fixed_costs build/bench-fixed $(ROUNDS)

bench-scale: check-java setup ## one core and two, a small cluster, a skewed ledger: make bench-scale SIZE=2m
	@test -d $(BENCH)/trades || $(RUN) $(BIN)/rfmf generate --users $(BENCH_USERS) --seed 7 \
		--out $(BENCH) >/dev/null
	@test -d $(BENCH)-skew/trades || $(RUN) $(BIN)/rfmf generate --users $(BENCH_USERS) --seed 7 \
		--skew --out $(BENCH)-skew >/dev/null
	@$(RUN) $(BIN)/python -m benchmarks.scale_out cores $(BENCH)
	@$(RUN) $(BIN)/python -m benchmarks.scale_out cluster $(BENCH)
	@$(RUN) $(BIN)/python -m benchmarks.scale_out skew $(BENCH) $(BENCH)-skew

BENCH_LEDGER := build/bench-ledger
bench-ledger: check-java setup ## what cleaning costs, on a generated ledger of two million users
	@test -d $(BENCH_LEDGER)/trades || $(RUN) $(BIN)/rfmf generate --users 2000000 --seed 7 \
		--out $(BENCH_LEDGER) >/dev/null
	@$(RUN) $(BIN)/python -m benchmarks.ledger_stage $(BENCH_LEDGER)

# A process for each core, up to four: each has a Spark of its own. make test PROCESSES=0 uses one.
PROCESSES := logical
PYTEST = $(RUN) $(BIN)/pytest -q -n $(PROCESSES) --maxprocesses 4 --no-loadscope-reorder \
	--durations 10 $(ARGS)
SECONDS_SINCE = echo "make $@: $$(($$(date +%s) - start)) s"
test: check-java setup ## run all tests; make test ARGS="-k words" runs some
	@start=$$(date +%s); $(PYTEST); status=$$?; $(SECONDS_SINCE); exit $$status

check: check-java setup ## before every commit: lint, types, and all tests without whole jobs
	@start=$$(date +%s); $(MAKE) -s lint && $(PYTEST) -m "not slow"; \
		status=$$?; $(SECONDS_SINCE); exit $$status

lint: setup ## check style, formatting and types
	@$(BIN)/ruff check -q
	@$(BIN)/ruff format -q --check
	@$(RUN) $(BIN)/mypy

configuration: setup ## write conf/base.yaml and docs/configuration.md from the settings
	@$(RUN) $(BIN)/python -m rfmf_spark.config.reference

package: setup ## build into dist/: the wheel, and what an edge node of YARN needs
	@rm -f dist/rfmf_spark-*
	@$(PIP) wheel --no-deps --no-build-isolation -w dist .
	@$(RUN) $(BIN)/python deploy/yarn/make_package.py dist/*.whl >/dev/null
	@ls dist/rfmf_spark-*

deploy-check: check-java setup ## what this computer can show of deploy/, by name, with seconds (a quarter of an hour)
	@start=$$(date +%s); $(RUN) $(BIN)/pytest -v -rs --durations 0 --durations-min 1 deploy/proofs $(ARGS); \
		status=$$?; $(SECONDS_SINCE); exit $$status

# Pins stay where they are unless they must move; make lock UPGRADE=--upgrade takes the newest.
LOCK = $(BIN)/uv pip compile -q pyproject.toml --universal --python-version 3.11 \
	--fork-strategy fewest --generate-hashes --no-annotate --no-emit-index-url \
	--custom-compile-command "make lock" $(UPGRADE)
lock: setup ## resolve the dependencies again into requirements/*.txt
	@$(LOCK) --extra local --extra connect --extra dev -o requirements/dev.txt
	@$(LOCK) --extra embedded --extra checkout -c requirements/dev.txt -o requirements/embedded.txt
	@$(LOCK) --extra local --extra connect -c requirements/dev.txt -o requirements/local.txt
	@$(LOCK) -c requirements/dev.txt -o requirements/runtime.txt
	@for tools in airflow manifests; do $(subst pyproject.toml,deploy/proofs/$$tools.in,$(LOCK)) \
		-o deploy/proofs/$$tools.txt || exit 1; done

clean: ## remove what was built and generated, and all caches
	@rm -rf build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis spark-warehouse metastore_db
	@rm -f derby.log .coverage
	@find . -path ./$(VENV) -prune -o -name __pycache__ -type d -exec rm -rf {} +

distclean: clean ## clean, and remove .venv too
	@rm -rf $(VENV)
