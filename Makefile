# Everything a person or CI runs. `make demo` and `make test` set up what they need.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUST := $(shell find rust -name '*.rs' -o -name Cargo.toml 2>/dev/null) Cargo.toml Cargo.lock
DEMO := demo
WHEELS := build/wheels

# $(call timed,what,command): run it, and print how long it took.
timed = began=$$(date +%s); $(2) && echo "$(1): $$(($$(date +%s) - began)) s"

.PHONY: all demo test test-slow lint format bench wheel install-size reference picture screens site fuzz msrv instructions instructions-record flamegraph clean

all: lint test

$(VENV)/python:
	$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --upgrade 'pip>=26.3' 'maturin>=1.9,<2'
	@touch $@

# What a user gets, no more; the kernels are compiled beside it (`make demo` does both at once).
$(VENV)/libraries: $(VENV)/python pyproject.toml
	@$(call timed,libraries installed,$(BIN)/pip install --quiet --no-build-isolation --only-deps .)
	@touch $@

# The extension is always a release build: a debug kernel is 30 times slower and is measured by nobody.
$(VENV)/kernels: $(VENV)/python $(RUST)
	@$(call timed,kernels compiled,VIRTUAL_ENV=$(abspath $(VENV)) $(BIN)/maturin develop --release --skip-install --quiet)
	@touch $@

$(VENV)/built: $(VENV)/libraries $(VENV)/kernels
	@PIP_QUIET=1 VIRTUAL_ENV=$(abspath $(VENV)) $(BIN)/maturin develop --release --quiet
	@touch $@

# Every extra, and what tests, lints and benchmarks need.
$(VENV)/tools: $(VENV)/built
	$(BIN)/pip install --quiet --no-build-isolation --only-deps '.[all]'
	$(BIN)/pip install --quiet --group tools
	@touch $@

demo:
	@$(call timed,set up,$(MAKE) --no-print-directory --jobs 2 $(VENV)/built)
	@$(call timed,demo,$(BIN)/bodycam demo --out $(DEMO))

test: $(VENV)/tools
	cargo test --workspace --quiet
	$(BIN)/pytest -m 'not slow' -n auto --dist worksteal

test-slow: $(VENV)/tools
	$(BIN)/pytest -m slow

lint: $(VENV)/tools
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --quiet -- -D warnings
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/python .ci/plain_english.py
	$(BIN)/python -m mypy.stubtest bodycam_pipeline._native

format: $(VENV)/tools
	cargo fmt --all
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: $(VENV)/tools
	$(BIN)/pytest benchmarks
	$(BIN)/bodycam bench

# One file for every Python from 3.11 on; with zig, which maturin's extra brings, for every Linux since 2014 as well.
wheel: $(VENV)/python
	@rm -rf $(WHEELS)
	CARGO_PROFILE_RELEASE_LTO=fat $(BIN)/maturin build --release --strip --quiet --out $(WHEELS) \
		$(if $(shell $(BIN)/python -m ziglang version 2>/dev/null),--zig --compatibility manylinux2014)

# What the wheel brings into an empty environment: distributions and MB.
install-size: wheel
	$(BIN)/python -m benchmarks.install $(WHEELS)/*.whl

# The reference pages from the code; the site needs mkdocs-material and mkdocstrings (the group docs).
reference: $(VENV)/built
	$(BIN)/python -m docs.generate

picture: demo
	$(BIN)/python -m docs.picture $(DEMO)

# The picture of the review page; it needs Chromium and the tools of the tests.
screens: demo $(VENV)/tools
	$(BIN)/python -m docs.screens $(DEMO)

site: reference
	$(BIN)/pip install --quiet --group docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet --site-dir build/site

# What a stranger could send, at random, against everything in Rust that reads it; `SECONDS=600` for each target.
SECONDS ?= 10
fuzz:
	BOLERO_RANDOM_TEST_TIME_MS=$(SECONDS)000 CARGO_TARGET_DIR=target/fuzz cargo test --quiet --manifest-path rust/fuzz/Cargo.toml

# The oldest Rust that Cargo.toml promises.
MSRV := $(shell sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
msrv:
	rustup toolchain install $(MSRV) --profile minimal
	cargo +$(MSRV) check --workspace --quiet

# The kernels' instructions, counted by valgrind, beside those of the last release; the second target records them.
instructions: $(VENV)/tools
	$(BIN)/python -m benchmarks.instructions

instructions-record: $(VENV)/tools
	$(BIN)/python -m benchmarks.instructions --record

# Where the time of one job goes: `make flamegraph RECORDING=recording.mp4` writes flame.svg and throws the release away.
flamegraph: $(VENV)/tools
	out=$$(mktemp -d) && trap "rm -rf $$out" EXIT && $(BIN)/py-spy record --native --subprocesses --rate 20 \
		--output flame.svg -- $(BIN)/bodycam redact $(RECORDING) --out $$out $(OPTIONS)

clean:
	rm -rf $(VENV) target $(DEMO) flame.svg .pytest_cache .mypy_cache .ruff_cache .hypothesis .benchmarks
