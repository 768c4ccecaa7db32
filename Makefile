# make setup        create the virtual environment .venv with everything that development needs
# make demo         prune 8 networks on scikit-learn's digits; ends with a figure
# make reproduce PAPER=pesce SCALE=laptop   make every figure and table of a paper (pesce, pan or
#                   kumar), ending in its report; SCALE: smoke (the default), laptop, paper.
#                   WORDS="data_dir=FOLDER logger=wandb" goes to every training
# make test         run the fast tests
# make test-all     run all tests, the slow ones included
# make test-ray     test Ray's launcher in an environment of its own, .venv-ray
# make check        run ruff and mypy
# make bench        time the package against its peers (benchmarks/results.md)
# make docs         build the documentation in site/; a broken link is an error
# make notebooks    execute copies of the notebooks in site/notebooks/
# make reference    write docs/reference.md, the list of all keys and options
# make constraints  renew the pinned versions in constraints.txt (needs uv)
# make clean        delete the environments and caches; results in multirun/ stay
# Every target creates the environment first if it is missing. PYTHON=python3.13 chooses the Python,
# TESTS="-m slow tests/records" gives other options and files to pytest in make test.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
TESTS ?=
PAPER ?=
SCALE ?= smoke
WORDS ?=

.PHONY: setup demo reproduce paper-given test test-all test-ray check bench docs notebooks reference \
	constraints clean

setup: $(READY)

# Bytecode is compiled at once: without it, every new process imports torch and lightning twice as
# slowly.
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

reproduce: paper-given $(READY)
	$(BIN)/python -m pruning_phases.reproduce paper=$(PAPER) scale=$(SCALE) $(WORDS)

# Before the environment is made, which takes minutes.
paper-given:
	@test -n "$(PAPER)" || { \
		echo "make reproduce: PAPER has no value: give PAPER=pesce, PAPER=pan or PAPER=kumar" >&2; \
		exit 2; }

test: $(READY)
	$(BIN)/python -m pytest $(TESTS)

test-all: $(READY)
	$(BIN)/python -m pytest -m ""

# Ray's launcher requires an older cloudpickle than the other launchers, hence its own environment.
# A .pth file lets it import everything else from the first one.
RAY := .venv-ray
$(RAY)/.ready: $(READY)
	$(BIN)/python -m venv $(RAY)
	where="import sysconfig; print(sysconfig.get_path('purelib'))"; \
		$(BIN)/python -c "$$where" > "$$($(RAY)/bin/python -c "$$where")/base.pth"
	$(RAY)/bin/python -m pip install -q -e '.[ray]'
	@touch $@

# The import fails where the environment is broken; the test alone would be skipped.
test-ray: $(RAY)/.ready
	$(RAY)/bin/python -c "import hydra_plugins.hydra_ray_launcher.ray_launcher, ray"
	$(RAY)/bin/python -m pytest -m "" -k ray tests/sweeps/test_launchers.py

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(READY)
	$(BIN)/python -m benchmarks

docs: $(READY)
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	@echo "documentation: site/index.html"

# The runs of the notebooks lie beside the copies.
notebooks: $(READY)
	mkdir -p site/notebooks
	cp docs/notebooks/*.ipynb site/notebooks/
	$(BIN)/jupyter-execute --inplace site/notebooks/*.ipynb

reference: $(READY)
	$(BIN)/python -m pruning_phases.config.reference > docs/.reference.md
	mv docs/.reference.md docs/reference.md

# One set of pins for all platforms and Pythons, without names of hosts.
constraints:
	uv pip compile --universal --python-version 3.11 --no-header --no-annotate --extra dev \
		pyproject.toml -o constraints.txt

clean:
	rm -rf $(VENV) $(RAY) build dist site .pytest_cache .mypy_cache .ruff_cache .hypothesis
