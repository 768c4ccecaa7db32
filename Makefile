# make demo     set up, then the pruning transition of scikit-learn's digits, ending with a figure
# make test     set up, then the tests
# make test-ray the tests of launchers once more, with Ray's
# make check    set up, then ruff and mypy
# make bench    set up, then the benchmarks against peers
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: setup demo test test-ray check bench constraints clean

setup: $(READY)

# With uv where it is, else with venv and pip; bytecode is compiled at once, since importing torch
# and lightning without it takes twice as long in every process.
$(READY): pyproject.toml constraints.txt
	@if command -v uv >/dev/null 2>&1; then \
		test -x $(BIN)/python || uv venv --python $(PYTHON) $(VENV); \
		uv pip install --python $(BIN)/python --compile-bytecode -c constraints.txt -e '.[dev]'; \
	else \
		test -x $(BIN)/python || $(PYTHON) -m venv $(VENV); \
		$(BIN)/python -m pip install -c constraints.txt -e '.[dev]'; \
	fi
	@touch $@

demo: $(READY)
	$(BIN)/python -m pruning_phases.train model=fc dataset=digits scale=smoke num_replicas=8

test: $(READY)
	$(BIN)/python -m pytest

# Ray's launcher wants an older cloudpickle than the others: an environment of its own, which finds
# everything else in the first one.
RAY := .venv-ray
$(RAY)/.ready: $(READY)
	$(BIN)/python -m venv $(RAY)
	where="import sysconfig; print(sysconfig.get_path('purelib'))"; \
		$(BIN)/python -c "$$where" > "$$($(RAY)/bin/python -c "$$where")/base.pth"
	$(RAY)/bin/python -m pip install -q -e '.[ray]'
	@touch $@

test-ray: $(RAY)/.ready
	$(RAY)/bin/python -c "import hydra_plugins.hydra_ray_launcher.ray_launcher, ray"
	$(RAY)/bin/python -m pytest tests/test_launchers.py

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(READY)
	$(BIN)/python -m benchmarks

# The pins, for every platform and Python, without the names of hosts (needs uv).
constraints:
	uv pip compile --universal --python-version 3.11 --no-header --no-annotate --extra dev \
		pyproject.toml -o constraints.txt

clean:
	rm -rf $(VENV) $(RAY) build dist .pytest_cache .mypy_cache .ruff_cache
