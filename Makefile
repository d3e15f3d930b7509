# Two commands matter: `make run` (a tour of models that answer, with a report) and `make test` (everything that can be checked).
# Both set up .venv themselves; `make` alone says what else there is.

PYTHON ?= $(firstword $(foreach p,python3.11 python3.12 python3,$(shell $(p) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 13))' 2>/dev/null && echo $(p))) python3)
BIN := .venv/bin
JOBS ?= 2
NOTEBOOKS ?=
NBVAL = $(BIN)/pytest -q --nbval-lax --nbval-current-env --nbval-sanitize-with notebooks/house/nbval.cfg --ignore notebooks/house

.DEFAULT_GOAL := help
.PHONY: help run test check notebooks lab new-model sync clean lock protos setup lint types layers rules unit slow executed nbval

help: ## say what each target does
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-12s %s\n", $$1, $$2}'

run: setup ## run the tour (or NOTEBOOKS="slug task", NOTEBOOKS=all), JOBS=2 at a time, and write one HTML report
	@$(BIN)/python -m notebooks run --jobs $(JOBS) $(or $(NOTEBOOKS),tour)

test: setup ## check everything: lint, types, layers, tests, rules, every notebook
	@$(MAKE) --no-print-directory -k -j2 -Otarget lint types layers rules
	@$(MAKE) --no-print-directory unit slow executed nbval

check: setup ## check the quick things, in under two minutes: lint, types, layers, rules, unit tests
	@$(MAKE) --no-print-directory -k -j2 -Otarget lint types layers rules unit

notebooks: setup ## run the notebooks in place, keep their outputs, renew the index (or NOTEBOOKS="slug task")
	@$(BIN)/python -m notebooks.house.sync
	@$(BIN)/python -m notebooks run --in-place --jobs $(JOBS) $(or $(NOTEBOOKS),all)
	@$(MAKE) --no-print-directory sync

lab: setup ## open JupyterLab on the tour
	@$(BIN)/jupyter lab $(if $(filter 0,$(shell id -u)),--allow-root) --ServerApp.root_dir=. notebooks/start-here.ipynb

new-model: setup ## begin a model: make new-model NAME=slug TASK=task
	@$(BIN)/python -m notebooks.house.new_model --name "$(NAME)" --task "$(TASK)"

sync: setup ## stamp the frame cells of every notebook, the thumbnails and the tables of the documents
	@$(BIN)/python -m notebooks.house.sync
	@$(BIN)/python -m notebooks thumbnails
	@$(BIN)/python -m notebooks.house.document

clean: ## remove .venv and everything that was built; downloads in the cache stay
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

lock: setup ## choose versions anew and write the lock files
	@$(BIN)/uv pip compile --quiet --no-header --no-annotate --no-emit-index-url --no-emit-find-links --upgrade \
	  --extra zoo --extra notebooks --extra test pyproject.toml -o requirements.lock
	@$(BIN)/uv pip compile --quiet --no-header --no-annotate --no-emit-index-url --no-emit-find-links --upgrade \
	  --extra zoo --extra notebooks --extra test --extra suites -c requirements.lock --override requirements-suites.overrides pyproject.toml -o requirements-suites.lock
	@for peer in triton kserve grpcurl perf native; do \
	  if [ $$peer = native ]; then python=3.9; else python=3.11; fi; \
	  $(BIN)/uv pip compile --quiet --no-header --no-annotate --no-emit-index-url --no-emit-find-links --upgrade \
	    --python-version $$python tests/peers/locks/$$peer.in -o tests/peers/locks/$$peer.lock || exit; done
	@for peer in benchmarks/peer/locks/*.in; do \
	  if [ $$(basename $$peer) = paddle-serving.in ]; then further="--python-version 3.8 --override $${peer%.in}.overrides"; \
	  else further="--python-version 3.11"; fi; \
	  $(BIN)/uv pip compile --quiet --no-header --no-annotate --no-emit-index-url --no-emit-find-links --upgrade \
	    $$further $$peer -o $${peer%.in}.lock || exit; done

# Written for protobuf 5.29, the oldest that pyproject.toml allows; a newer protobuf reads it too. Each file gets a
# descriptor pool of its own, so that it stands beside another package's messages of the same names (tritonclient's).
protos: setup ## write the Python of every .proto file
	@$(BIN)/uvx --quiet --from grpcio-tools==1.71.2 --with mypy-protobuf==3.6.0 --with setuptools \
	  python -m grpc_tools.protoc --proto_path=. --python_out=. --mypy_out=. serving_kit/codecs/*.proto
	@sed -i 's/_descriptor_pool.Default()/_descriptor_pool.DescriptorPool()/' serving_kit/codecs/*_pb2.py

# The steps of test and check.

setup:
	@$(PYTHON) bootstrap.py

lint:
	@echo "== lint"
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .

types:
	@echo "== types"
	@$(BIN)/mypy

layers:
	@echo "== layers"
	@$(BIN)/lint-imports

rules:
	@echo "== notebook rules"
	@$(BIN)/python -m notebooks.house.rules; kept=$$?; \
	$(BIN)/python -m notebooks.house.sync --check && $(BIN)/python -m notebooks thumbnails --check && \
	$(BIN)/python -m notebooks.house.document --check && exit $$kept

unit:
	@echo "== unit tests"
	@$(BIN)/pytest -q tests/unit

slow:
	@echo "== integration tests, house and recipes"
	@$(BIN)/pytest -q -n $(JOBS) --dist loadfile tests --ignore tests/unit

executed:
	@echo "== every notebook through papermill"
	@$(BIN)/python -m notebooks run all --jobs $(JOBS)

# What papermill ran is compared as nbval compares; on some notebooks nbval runs every cell itself.
nbval:
	@echo "== what the notebooks say they answer"
	@$(NBVAL) -p notebooks.house.replay --nbval-executed build/run notebooks
	@$(NBVAL) notebooks/regression
