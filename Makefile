# Everything a developer runs; `make` lists it.
PYTHON ?= python3
BIN := .venv/bin
SAM := .venv/sam/bin/sam
WORKERS ?= $(shell expr $$(nproc) + 1) # of the tests, of which some wait and do not compute

.DEFAULT_GOAL := help
.PHONY: help install run test test-fast test-browser pictures fuzz chaos machine bench contract readme lint format build validate sam-local sam-local-podman ci lock clean

help: ## list these targets
	@grep -E '^[a-z-]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 12

# The Runtime Interface Emulator is one binary inside the SAM CLI's package; that one package,
# without its dependencies, is all that `bridge local --runtime rie` needs.
.venv/.installed: requirements-dev.txt requirements-sam.txt pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	awk '/^[a-z]/ { wanted = /^aws-sam-cli==/ } wanted' requirements-sam.txt > .venv/rie.txt
	rm -rf .venv/rie
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes --target .venv/rie -r .venv/rie.txt
	-chmod +x .venv/rie/samcli/local/rapid/aws-lambda-rie-*
	@touch $@

# The SAM CLI pins its own boto3 and click, so it has an environment of its own.
.venv/sam/.installed: requirements-sam.txt | .venv/.installed
	$(PYTHON) -m venv .venv/sam
	.venv/sam/bin/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-sam.txt
	@touch $@

install: .venv/.installed ## make .venv with all that `make run` and `make test` need

run: install ## the local stack: a sample order becomes a delivery; stays up until Ctrl-C
	@exec $(BIN)/bridge local

test: install ## every test that needs no AWS account, on all cores
	$(BIN)/pytest -n $(WORKERS) --dist worksteal
test test-fast: export PYTHONDONTWRITEBYTECODE := # each worker and each started process would compile all of it anew

fuzz: install ## 150000 hostile webhooks through every source, and huge ones: make fuzz CASES=500000 SEED=2
	$(BIN)/python -m tests.fuzz.fuzz_sources --cases $(or $(CASES),150000) --seed $(or $(SEED),1)
	$(BIN)/python -m tests.fuzz.fuzz_sizes --places $(or $(PLACES),3) --seed $(or $(SEED),1)

chaos: install ## 1000 orders in a storm of faults and kills, then the books compared: make chaos ORDERS=200 SEED=2
	@$(BIN)/python -m tests.storm --orders $(or $(ORDERS),1000) --seed $(or $(SEED),1)

machine: install ## the life of an order over many more interleavings: make machine EXAMPLES=20000
	MACHINE_EXAMPLES=$(or $(EXAMPLES),5000) $(BIN)/pytest -q tests/state_machine

bench: install ## how fast and how dear it is, beside a floor of the same run; writes docs/performance.md (8 minutes)
	@PATH="$(CURDIR)/.venv/bin:$$PATH" $(BIN)/python -m tests.bench $(if $(QUICK),--quick)

contract: install ## does an instance answer as the recorded one? make contract COOPCYCLE_URL=… CLIENT=id:secret
	@$(BIN)/python -m tests.sandbox.contract

readme: install ## write the parts of README.md and docs/ that are made from the code
	$(BIN)/python -m bridge_laptop.generate_docs

format: install ## rewrite the code in the one format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: install ## format, lint and types, without changing anything
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

test-browser: install ## the page for dispatchers in headless Chromium (Debian's package chromium)
	$(BIN)/pytest -n $(shell nproc) --dist loadfile tests/browser

pictures: install ## take the pictures of docs/ anew, after a change of how the page looks (needs Chromium)
	$(BIN)/python -m tests.browser.pictures

test-fast: install ## the quick part: no sockets, no processes
	$(BIN)/pytest -n auto --dist worksteal tests/unit tests/template

validate: .venv/sam/.installed ## check template.yaml
	$(SAM) validate --lint

build: .venv/sam/.installed ## build the functions and the layer into .aws-sam: make build ARCHITECTURE=x86_64
	PATH="$(CURDIR)/.venv/bin:$$PATH" ARCHITECTURE=$(ARCHITECTURE) BYTECODE=$(BYTECODE) $(SAM) build \
		--parameter-overrides Architecture=$(ARCHITECTURE) --cache-dir .aws-sam/cache/bytecode-$(BYTECODE)
	@# what was built for one processor can be deployed for no other
	@sed -e '/^  Architecture:/,/^  [A-Z]/ { s/Default: .*/Default: $(ARCHITECTURE)/; $(OTHERS_DELETED) }' \
		.aws-sam/build/template.yaml > .aws-sam/template.yaml && mv .aws-sam/template.yaml .aws-sam/build/template.yaml
	@BUILT_FOR=$(ARCHITECTURE) BYTECODE=$(BYTECODE) $(BIN)/pytest --quiet --no-header -p no:cacheprovider -rP tests/artefacts
ARCHITECTURE ?= arm64
BYTECODE ?= 1
OTHERS_DELETED = $(foreach other,$(filter-out $(ARCHITECTURE),arm64 x86_64),/^ *- $(other)$$/d;)

sam-local: install ## every function under `sam local`, and what comes of it (needs Docker or podman)
	@$(BIN)/bridge sam-local --check

sam-local-podman: install ## the same with podman, with images made here, where no image registry is reached
	@tests/sam_local/podman.sh

ci: ## everything that must pass before a change lands
	.ci/run

lock: ## write the pinned requirements again (newest versions)
	$(PYTHON) -m venv .venv/uv && .venv/uv/bin/pip install --quiet uv
	$(UV_COMPILE) pyproject.toml -o layers/bridge/requirements.txt
	$(UV_COMPILE) --extra dev -c layers/bridge/requirements.txt pyproject.toml -o requirements-dev.txt
	echo aws-sam-cli | $(UV_COMPILE) - -o requirements-sam.txt
UV_COMPILE = .venv/uv/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url

clean: ## remove what these targets made
	rm -rf .venv .aws-sam build .pytest_cache .mypy_cache .ruff_cache .hypothesis
