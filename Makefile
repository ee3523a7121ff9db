# The two commands: `make demo` and `make test`. Each installs what it needs.
CARGO ?= cargo

.PHONY: demo test deps lint unit freestanding conformance interop guest

demo: ## The main job: a real VM boots on a vTPM in its container, and is refused when the container is not running.
	demo/run.sh

test: deps lint unit conformance interop guest ## Everything.

deps: ## Installs with apt what the tests need.
	demo/install.sh demo/packages tests/packages

lint:
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings
	RUSTDOCFLAGS='-D warnings' $(CARGO) doc --no-deps --locked -p tpm2-wire -p tpm2-crypto -p tpm2-engine

freestanding: ## The engine in a program without an operating system.
	tests/freestanding/run.sh

unit: ## Unit, known-answer, spec-table, behaviour, sandbox and fault tests.
	$(CARGO) test --workspace --locked

conformance: ## The same commands to our engine and to the installed swtpm, and the same answers.
	$(CARGO) run --locked -p conformance

interop: ## Debian's TPM tools against the simulator.
	$(CARGO) build --release --locked -p donjon
	tests/interop/run.sh --tpm donjon --binary target/release/donjon

guest: ## The demonstration VM, as assertions.
	tests/guest/run.sh
