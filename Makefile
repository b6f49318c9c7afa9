# Everything a newcomer types. Works with GNU make and a POSIX shell; `make` alone lists what there is.
#
# Each set-up leaves a stamp in .venv, so that it runs again only when pyproject.toml changes.

PYTHON ?= python3
VENV   ?= .venv
TORCH  ?= torch==2.13.0
ARGS   ?=

BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet
VOICES := espeak-ng flite festival festvox-kallpc16k festvox-kdlpc16k festvox-us-slt-hts

export PIP_DISABLE_PIP_VERSION_CHECK := 1
.DEFAULT_GOAL := help
.PHONY: help demo house pictures test test-all check format wire bench sheets examples train clean voices FORCE
.SUFFIXES:

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

demo: $(VENV)/.core ## set up, then bake the spoken line that comes with Mien into out/
	@$(BIN)/python -m mien.cli.main demo -o out

test: check ## the checks, then the tests: Python only, no root
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -m "not heavy"

test-all: voices $(VENV)/.train ## the tests that need torch and Debian's voices
	@$(BIN)/python -m pytest -q -m heavy

check: $(VENV)/.test ## style, types and the import order of the rooms
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet . || { echo "Not formatted; 'make format' does it." >&2; exit 1; }
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

format: $(VENV)/.test ## put the code into its one shape
	@$(BIN)/ruff check --quiet --fix . ; $(BIN)/ruff format --quiet .

wire: $(VENV)/.test ## generate server/mien/wire from proto/ again (ARGS=--check only compares)
	@$(BIN)/python proto/generate.py $(ARGS)

bench: $(VENV)/.core ## measure: cost by stage, start-up, memory, streams (ARGS=--quick for a short look)
	@$(BIN)/python -m tests.benchmarks $(ARGS)

sheets: $(VENV)/.test ## look: golden lines on the house head, a frame per phone, into build/sheets/
	@$(BIN)/python -m tests.sheets $(ARGS)

LINE := server/mien/demo/line.flac

examples: $(VENV)/.core ## run the examples against real servers: an NPC of a game, a client in Node
	@$(BIN)/python examples/game/npc.py --tts --hitch 0.2
	@command -v npm >/dev/null || { echo "The client in Node wants Node 20 and npm: https://nodejs.org" >&2; exit 1; }
	@mkdir -p out && $(BIN)/python -c "import soundfile as s; s.write('out/line.wav', *s.read('$(LINE)', dtype='int16'))"
	@npm --prefix examples/node ci --silent
	@$(BIN)/python examples/game/serving.py \
	    node examples/node/stream.js out/line.wav --server {} -o out/node.csv

house: $(VENV)/.test ## build the house head again: rigs/house
	@$(BIN)/python -m house $(ARGS)

pictures: $(VENV)/.test ## draw the README's pictures of the head again
	@$(BIN)/python -m house.pictures

train: voices $(VENV)/.train ## train mien-live from an empty folder (ARGS="--help" says how)
	@$(BIN)/python -m mien.train.main $(ARGS)

clean: ## remove what make and its tools made
	@rm -rf $(VENV) examples/node/node_modules out build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .benchmarks
	@find server tests proto examples -name __pycache__ -type d -prune -exec rm -rf {} +

# Set-up

$(VENV)/.core: $(VENV)/.made pyproject.toml
	$(call install,-e '.[plot$(comma)preview]')

$(VENV)/.test: $(VENV)/.made pyproject.toml
	$(call install,-e '.[test]')

# torch by its version: what pip would take by itself brings gigabytes of CUDA along.
$(VENV)/.train: $(VENV)/.made pyproject.toml
	$(call install,'$(TORCH)' -e '.[test$(comma)train]')

comma := ,

define install
@echo "Setting up $(VENV): pip install" $(1) ...
@$(PIP) install $(1)
@touch $@
endef

voices:
	@missing=; for name in $(VOICES); do \
	    dpkg-query -W -f '$${Status}' $$name 2>/dev/null | grep -q ' installed' || missing="$$missing $$name"; \
	done; \
	[ -z "$$missing" ] || { $(call debian,$$missing,The synthetic voices need Debian packages); }

# Packages of Debian: as root they are installed, for anybody else one sentence says how.
# $(1) the packages, $(2) what is missing.
debian = if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "Installing from Debian:" $(1) ...; \
	    apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install $(1) >/dev/null; \
	else \
	    echo "$(2); install what it takes: sudo apt-get install" $(1) >&2; exit 1; \
	fi

# The environment. One that make made is made again when its Python is gone, too old or not the one named, or when the
# folder was moved. One that somebody else made is used if it fits, and otherwise left alone.
FIT   := -c 'import sys; sys.exit(sys.version_info < (3, 11))'
WHO   := -c 'import sys; print(sys.version)'
NAMED := $(filter-out file,$(origin PYTHON))

# Debian's Python comes without the part that puts pip into an environment; there are other ways to get it in.
new_venv = { $(PYTHON) -m venv $(VENV) || $(PYTHON) -m virtualenv $(VENV) || \
	    { $(PYTHON) -m venv --without-pip $(VENV) && $(PYTHON) -m pip --python $(BIN)/python install pip; }; } >/dev/null 2>&1

$(VENV)/.made: FORCE
	@fits() { $(BIN)/python $(FIT) 2>/dev/null && \
	    { [ -z "$(NAMED)" ] || [ "$$($(BIN)/python $(WHO))" = "$$($(PYTHON) $(WHO) 2>&1)" ]; }; }; \
	if fits && [ "$$(cat $@ 2>/dev/null)" = "$(CURDIR)" ]; then exit 0; fi; \
	if [ -e $(VENV) ] && [ ! -e $@ ]; then \
	    if fits && $(BIN)/python -m pip --version >/dev/null 2>&1; then echo "$(CURDIR)" >$@; exit 0; fi; \
	    echo "$(VENV) was not made by make and does not fit (no pip, or not the right Python);" \
	        "remove it, or choose another place: make VENV=.venv-mien" >&2; exit 1; \
	fi; \
	command -v $(PYTHON) >/dev/null || { \
	    echo "There is no '$(PYTHON)', and Mien needs Python 3.11 or newer: sudo apt-get install python3 python3-venv" >&2; \
	    exit 1; }; \
	$(PYTHON) $(FIT) || { \
	    echo "Mien needs Python 3.11 or newer, and '$(PYTHON)' is $$($(PYTHON) -V 2>&1);" \
	        "name a newer one: make PYTHON=python3.12" >&2; exit 1; }; \
	rm -rf $(VENV); mkdir $(VENV); echo unfinished >$@; \
	echo "Making $(VENV) with $$($(PYTHON) -V) ..."; \
	$(new_venv) || { $(call debian,python3-venv,'$(PYTHON)' cannot make environments); $(new_venv); } || { \
	    echo "'$(PYTHON)' cannot make environments even so; name another: make PYTHON=python3.12" >&2; exit 1; }; \
	echo "$(CURDIR)" >$@
