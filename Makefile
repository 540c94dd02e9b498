# `make help` lists the targets. CI runs .ci/run, which calls the same targets.

CARGO ?= cargo
HAS_NEXTEST := $(shell $(CARGO) nextest --version >/dev/null 2>&1 && echo yes)
RUN_TESTS := $(if $(HAS_NEXTEST),nextest run,test)

.DEFAULT_GOAL := help
.PHONY: help quickstart test test-rust sim model seeded-bugs mutants test-interop test-game test-release test-system lint docs deny advisories bench bench-short bench-check package clean

help: ## List the targets
	@sed -n 's/^\([a-z][a-z-]*\):[^#]*## /\1\t/p' $(MAKEFILE_LIST) | awk -F '\t' '{ printf "  %-14s %s\n", $$1, $$2 }'

quickstart: ## Start a store, an agent and a sandbox game, and show a delivery (about 5 min with the first build)
	$(CARGO) run --release -p flux-testkit -- quickstart

test: ## Run lints and all tests that need no real game and no root (12 to 15 min on 2 cores)
	@echo 'make test takes 12 to 15 minutes on 2 cores from a fresh clone: lints, all Rust tests, then clients in JavaScript and Python.'
	@$(MAKE) --no-print-directory lint test-rust test-interop

# The programs are built first, because the end-to-end tests start them.
test-rust: ## Run the Rust tests: units, properties, end to end, simulation, documentation (needs PostgreSQL)
	scripts/postgres.sh
	$(CARGO) build --workspace --bins
	$(CARGO) $(RUN_TESTS) --workspace
	$(CARGO) test --quiet --doc --workspace

sim: ## Simulate one history (SEED=7) or search many (SEEDS=50000)
	$(if $(SEED),SEED=$(SEED)) $(if $(SEEDS),SEEDS=$(SEEDS)) $(CARGO) test --profile sim -p flux-tests --test simulation every_seed -- --nocapture

model: ## Search the delivery rules exhaustively (about 2 min on 2 cores, 3 GB of memory)
	$(CARGO) run --quiet --release --manifest-path docs/spec/delivery-model/Cargo.toml -- suite

seeded-bugs: ## Apply each patch of tests/seeded_bugs and check that the simulation finds it (about 20 min)
	scripts/seeded-bugs.sh

mutants: ## Mutate the delivery rules and list the mutants that no test finds (about 30 min; needs cargo-mutants)
	$(CARGO) mutants -p flux-delivery

test-interop: ## Run SignalR, RCON, SMTP and HTTP clients and servers of other projects against our programs (needs Node, Python)
	$(CARGO) build --workspace --bins
	$(CARGO) build -p flux-signalr --example hub
	tests/interop/run.sh

test-game: ## Deliver to bots in a real Minecraft server (needs Node)
	$(CARGO) build --workspace --bins
	tests/game/run.sh

test-release: ## Run the quickstart with release programs, and check their file sizes and memory
	$(CARGO) run --release -p flux-testkit -- quickstart --once
	scripts/release.sh

test-system: ## Install, run and remove the packages on a booted Debian (needs root; prints why if it cannot run)
	$(CARGO) build --release --workspace --bins
	tests/system/run.sh

lint: ## Check formatting and clippy lints
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --all-features -- -D warnings

docs: ## Write the generated pages of docs/reference: config.md, cli.md and api.md
	UPDATE_DOCS=1 $(CARGO) test -p flux-tests --test generated_docs

deny: ## Check dependencies: bans, licences, sources
	scripts/deny.sh bans licenses sources

advisories: ## Check dependencies against a local copy of the RustSec advisory database
	scripts/deny.sh --disable-fetch advisories

bench: ## Measure delivery, ten thousand agents, the hub, orders and referrals (about 40 min)
	scripts/bench.sh full

bench-short: ## Run every benchmark at its smallest size; the figures are not judged (about 3 min after the build)
	scripts/bench.sh short

bench-check: ## Fail if a push or a drain step costs over 5 % more instructions than recorded (needs valgrind)
	scripts/bench-check.sh

# The programs in the tarball are linked statically: they run on any Linux of this architecture.
package: HOST = $(shell rustc -vV | sed -n 's/^host: //p')
package: ## Build the .deb, the .rpm and the tarball for this architecture
	$(CARGO) build --release --workspace --bins
	RUSTFLAGS='-C target-feature=+crt-static' $(CARGO) build --release --target $(HOST) -p flux-agent -p flux-companion
	FLUX_STATIC_BIN=$(or $(CARGO_TARGET_DIR),target)/$(HOST)/release scripts/package.sh

clean: ## Remove everything that was built
	$(CARGO) clean
