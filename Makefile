# Everything a person or CI runs. `make demo` and `make test` set up what they need.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUST := $(shell find rust -name '*.rs' -o -name Cargo.toml 2>/dev/null) Cargo.toml Cargo.lock
DEMO := demo

.PHONY: all demo test test-slow lint format bench instructions instructions-record flamegraph clean
all: lint test

$(VENV)/installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade 'pip>=25.1' 'maturin>=1.9,<2'
	$(BIN)/pip install --quiet --group dev
	touch $@

# The extension is always a release build: a debug kernel is 30 times slower and is measured by nobody.
$(VENV)/built: $(VENV)/installed $(RUST) pyproject.toml
	VIRTUAL_ENV=$(abspath $(VENV)) $(BIN)/maturin develop --release --quiet
	touch $@

demo: $(VENV)/built
	$(BIN)/bodycam demo --out $(DEMO)

test: $(VENV)/built
	cargo test --workspace --quiet
	$(BIN)/pytest -m 'not slow'

test-slow: $(VENV)/built
	$(BIN)/pytest -m slow

lint: $(VENV)/built
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --quiet -- -D warnings
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/python -m mypy.stubtest bodycam_pipeline._native

format: $(VENV)/installed
	cargo fmt --all
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: $(VENV)/built
	$(BIN)/pytest benchmarks
	$(BIN)/bodycam bench

# The kernels' instructions, counted by valgrind, beside those of the last release; the second target records them.
instructions: $(VENV)/built
	$(BIN)/python -m benchmarks.instructions

instructions-record: $(VENV)/built
	$(BIN)/python -m benchmarks.instructions --record

# Where the time of one job goes: `make flamegraph RECORDING=recording.mp4` writes flame.svg and throws the release away.
flamegraph: $(VENV)/built
	out=$$(mktemp -d) && trap "rm -rf $$out" EXIT && $(BIN)/py-spy record --native --subprocesses --rate 20 \
		--output flame.svg -- $(BIN)/bodycam redact $(RECORDING) --out $$out $(OPTIONS)

clean:
	rm -rf $(VENV) target $(DEMO) flame.svg .pytest_cache .mypy_cache .ruff_cache .hypothesis .benchmarks
