# make demo   from nothing: an audit within two minutes, then the report of the study `camera`; needs no Blender
# make quick  lint, types, import contracts and the fast tests: after every edit
# make test   the same with every test
# make lock   the versions that are installed here, into constraints.txt
# make wheel  the wheel and the sdist, built, and the wheel tried outside of this folder
# make docs   the documentation site, into site/; needs no network once installed
# make bench  the benchmarks, results into benchmarks/results/
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
LIGHT := $(VENV)/.worldprobe-light
FULL := $(VENV)/.worldprobe-installed

.PHONY: setup light system system-demo demo quick test lint lock docs wheel bench clean
setup: system $(FULL)
light: system-demo $(LIGHT)

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(LIGHT): pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) torch -e .
	@touch $@

$(FULL): pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) torch -e ".[room,arm,data,mcap,lance,rlds,app,dev]"
	@touch $(LIGHT) $@

# What needs a system library (EGL for the rasteriser, X libraries for Blender, Chromium for the report's tests).
# Installed where we are root on a Debian machine; `worldprobe doctor` says what is missing elsewhere.
system: WANTED := --blender --tests
system system-demo:
	@missing="$$($(PYTHON) src/worldprobe/machine_checks.py --apt $(WANTED))"; \
	if [ -n "$$missing" ] && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing; \
	fi

# A contrast that is meant to fail does not change the audit's exit status; should a gate fail all the same, go on. The
# study takes over the predictions that the audit in its folder has made.
demo: light
	$(BIN)/worldprobe audit camera --out demo || test $$? -eq 1
	$(BIN)/worldprobe run camera --preset cpu --out demo

lint: setup
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

# A process for every core; the tests of one file stay together, because they share what is dear to make, and the files
# are begun in the order of tests/conftest.py: those with slow tests first.
PYTEST := $(BIN)/python -m pytest --numprocesses logical --dist loadfile --no-loadscope-reorder

# Without its bytecode every process that a test starts compiles worldprobe and torch anew: seconds each.
unexport PYTHONDONTWRITEBYTECODE
# Freed memory stays with the process: else Linux clears the same pages again for every large array.
quick test: export MALLOC_MMAP_THRESHOLD_ = 67108864
quick test: export MALLOC_TRIM_THRESHOLD_ = 536870912
quick: lint
	$(PYTEST) -m "not slow and not blender and not browser"

test: lint
	$(PYTEST)

$(VENV)/.docs-installed: $(FULL)
	$(PIP) "worldprobe[docs]"
	@touch $@

docs: $(VENV)/.docs-installed
	$(BIN)/python benchmarks/tables.py --check
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	@echo "Open site/index.html"

lock: setup
	$(BIN)/python .ci/lock

wheel: setup
	BUILD_PYTHON=$(BIN)/python .ci/wheel

bench: setup
	for script in sigreg training stacked raster raster_against_cycles arm cycles_recovery camera audit recovery_callback; do $(BIN)/python benchmarks/$$script.py || exit 1; done

clean:
	rm -rf $(VENV) demo runs build dist
