PYTHON ?= python3
VENV := .venv
DEMO := .venv-demo
BIN := $(VENV)/bin
SOURCE ?=
PORT := 8000

.PHONY: demo test nightly lint bench docs notebooks lock clean

# each of their many processes would compile every module anew
test nightly demo: export PYTHONDONTWRITEBYTECODE =
# a lock is complete, and a module that nobody imports need not be compiled
INSTALL := python -m pip install --quiet --no-deps --no-compile

test: $(VENV)/.made  ## the tests, in an environment of their own
	$(BIN)/python -m pytest -n 2 --dist loadscope

nightly: $(VENV)/.made  ## all of them, the long ones too; then the random tests, ten thousand examples each
	$(BIN)/python -m pytest -n 2 --dist loadscope -m ""
	HYPOTHESIS_PROFILE=nightly $(BIN)/python -m pytest -n 2 --dist loadscope -m "" tests/features tests/serving

lint: $(VENV)/.made  ## style, types, layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

demo: $(DEMO)/.made  ## a simulated plant, from its first event to its planner's morning; PORT=8321 serves it there
	$(DEMO)/bin/shiprisk demo --port $(PORT)

bench: $(VENV)/.made  ## the model on real orders; SOURCE is the folder that holds the SCMS export
	$(BIN)/python benchmarks/scms.py --source "$(SOURCE)"

docs: $(VENV)/.made  ## write what is generated
	$(BIN)/python -m features.catalogue.document > docs/signals.md
	$(BIN)/python -m tools.architecture > docs/architecture.svg
	$(BIN)/python -m tools.python_reference > docs/python.md

$(VENV)/.made: requirements-dev.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python must be 3.11 or later, got " + sys.version)'
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/$(INSTALL) --require-hashes -r requirements-dev.lock
	$(BIN)/$(INSTALL) --no-build-isolation --editable .
	touch $@

$(DEMO)/.made: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python must be 3.11 or later, got " + sys.version)'
	$(PYTHON) -m venv --clear $(DEMO)
	$(DEMO)/bin/$(INSTALL) --require-hashes -r requirements.lock
	$(DEMO)/bin/$(INSTALL) --no-build-isolation .
	touch $@

notebooks: $(VENV)/.made  ## execute the notebooks in place
	$(BIN)/python notebooks/execute.py

lock:  ## resolve the dependencies anew; needs uv
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url \
		--extra build pyproject.toml -o requirements.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url \
		--extra build --extra dev -c requirements.lock pyproject.toml -o requirements-dev.lock

clean:
	rm -rf $(VENV) $(DEMO) dist build
