# make demo   from nothing to the report of the study `camera`
# make test   lint, types, import contracts and every test
# make docs   the documentation site, into site/; needs no network once installed
# make bench  the benchmarks, results into benchmarks/results/
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.worldprobe-installed

.PHONY: setup system demo test docs bench clean
setup: system $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt torch -e ".[room,arm,data,dev]"
	@touch $@

# What needs a system library (EGL for the rasteriser, X libraries for Blender, Chromium for the report's tests).
# Installed where we are root on a Debian machine; `worldprobe doctor` says what is missing elsewhere.
system:
	@missing="$$($(PYTHON) src/worldprobe/doctor.py --apt --tests)"; \
	if [ -n "$$missing" ] && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing; \
	fi

demo: setup
	$(BIN)/worldprobe doctor
	$(BIN)/worldprobe run camera --preset cpu --out demo

test: setup
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest

$(VENV)/.docs-installed: $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt "worldprobe[docs]"
	@touch $@

docs: $(VENV)/.docs-installed
	$(BIN)/python benchmarks/tables.py --check
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	@echo "Open site/index.html"

bench: setup
	for script in sigreg training stacked raster raster_against_cycles arm cycles_recovery camera audit; do $(BIN)/python benchmarks/$$script.py || exit 1; done

clean:
	rm -rf $(VENV) demo runs
