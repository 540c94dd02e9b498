# One word a task. `make test` is what the gate runs; it installs what it needs itself (npm, PyPI).

CARGO ?= cargo
NEXTEST := $(shell $(CARGO) nextest --version >/dev/null 2>&1 && echo 'nextest run' || echo test)

.PHONY: quickstart test test-rust sim seeded-bugs test-interop test-game test-release test-system lint docs deny advisories bench bench-check package clean

quickstart:
	$(CARGO) run --release -p flux-testkit -- quickstart

test: lint test-rust test-interop

# The programs are built first: the end-to-end tests start them.
test-rust:
	$(CARGO) build --workspace --bins
	$(CARGO) $(NEXTEST) --workspace
	$(CARGO) test --quiet --doc --workspace

# Deterministic simulation: `make sim SEED=7` replays one history, `make sim SEEDS=50000` searches.
sim:
	$(if $(SEED),SEED=$(SEED)) $(if $(SEEDS),SEEDS=$(SEEDS)) $(CARGO) test --profile sim -p flux-tests --test simulation every_seed -- --nocapture

# Puts each bug of tests/seeded_bugs in, and says what finds it. Takes about an hour.
seeded-bugs:
	scripts/seeded-bugs.sh

# Other people's clients and servers.
test-interop:
	$(CARGO) build --workspace --bins
	$(CARGO) build -p flux-signalr --example hub
	tests/interop/run.sh

# A real game with real players.
test-game:
	$(CARGO) build --workspace --bins
	tests/game/run.sh

# The README's first command to its end, what it prints to play with, and what the release programs weigh.
test-release:
	$(CARGO) run --release -p flux-testkit -- quickstart --once
	scripts/release.sh

lint:
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --all-features -- -D warnings

# Writes the generated pages of docs/reference/: config.md, cli.md and api.md.
docs:
	UPDATE_DOCS=1 $(CARGO) test -p flux-tests --test generated_docs

deny:
	scripts/deny.sh bans licenses sources

# Needs a copy of the RustSec advisory database where cargo-deny looks for it; nothing is fetched.
advisories:
	scripts/deny.sh --disable-fetch advisories

# Order paid → line in the game, beside its floor; ten thousand agents on one companion, on one hub.
bench:
	$(CARGO) build --release --workspace --bins
	$(CARGO) bench -p flux-tests --bench delivery
	$(CARGO) bench -p flux-tests --bench fleet
	$(CARGO) bench -p flux-signalr --bench connections
	$(CARGO) bench -p flux-companion --bench orders
	$(CARGO) bench -p flux-companion --bench referrals

# Says when a push or a drain step costs more instructions than it did. Needs valgrind.
bench-check:
	scripts/bench-check.sh

# .deb, .rpm and tarball. The tarball's programs bring their own C library: they run on any Linux of this architecture.
package: HOST = $(shell rustc -vV | sed -n 's/^host: //p')
package:
	$(CARGO) build --release --workspace --bins
	RUSTFLAGS='-C target-feature=+crt-static' $(CARGO) build --release --target $(HOST) -p flux-agent -p flux-companion
	FLUX_STATIC_BIN=$(or $(CARGO_TARGET_DIR),target)/$(HOST)/release scripts/package.sh

# The packages on a booted Debian; needs root, and says so where it cannot run.
test-system:
	$(CARGO) build --release --workspace --bins
	tests/system/run.sh

clean:
	$(CARGO) clean
