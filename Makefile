# One word a task. `make test` is what the gate runs; it installs what it needs itself (npm, PyPI).

CARGO ?= cargo
NEXTEST := $(shell $(CARGO) nextest --version >/dev/null 2>&1 && echo 'nextest run' || echo test)

.PHONY: quickstart test test-rust test-interop test-release lint deny advisories bench package clean

quickstart:
	$(CARGO) run --release -p flux-sandbox -- quickstart

test: lint test-rust test-interop test-release

# The programs are built first: the end-to-end tests start them.
test-rust:
	$(CARGO) build --workspace --bins
	$(CARGO) $(NEXTEST) --workspace
	$(CARGO) test --quiet --doc --workspace

# Other people's clients and servers.
test-interop:
	$(CARGO) build --workspace --bins
	tests/interop/run.sh

# The README's first command to its end, what it prints to play with, and what the release programs weigh.
test-release:
	$(CARGO) run --release -p flux-sandbox -- quickstart --once
	scripts/release.sh

lint:
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --all-features -- -D warnings

deny:
	scripts/deny.sh bans licenses sources

# Needs a copy of the RustSec advisory database where cargo-deny looks for it; nothing is fetched.
advisories:
	scripts/deny.sh --disable-fetch advisories

# Order paid → line in the game, beside its floor.
bench:
	$(CARGO) build --release --workspace --bins
	$(CARGO) run --release -p flux-tests --bin bench

package:
	$(CARGO) build --release --workspace --bins
	scripts/package.sh

clean:
	$(CARGO) clean
