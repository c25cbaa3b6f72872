# Two commands do everything on a fresh machine with Rust, Node and make: `make run` and `make test`.
# A target is made again only when what it is made from has changed.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:

DEBUG := target/debug/tidings
RELEASE := target/release/tidings
PAGES := web/dist/index.html
# npm writes this file when it has installed everything else.
WEB_MODULES := web/node_modules/.package-lock.json
TEST_MODULES := tests/node_modules/.package-lock.json
PAGE_SOURCES := $(shell find web/src web/client/src web/inbox/src -type f -not -name '*.test.ts') \
	$(wildcard web/index.html web/*.ts web/tsconfig.json web/inbox/*.config.ts)
# The first browser that is there. The tests take it from the environment.
CHROMIUM := $(shell for name in "$$CHROMIUM" chromium chromium-browser google-chrome; do \
	command -v "$$name" && break; done)

# What `cargo test` has built already: with other targets other features are chosen, and all is built once more.
BUILD_AS_TESTED := cargo build --workspace --locked --bins --tests

# Passed on to the benchmark by `make bench`: ARGS="--scenarios idle,broadcast --repeats 1", for example.
BENCH_OUT ?= target/bench
# Passed on to the tests by `make soak` and `make chaos`: how long and how much.
SOAK_SECONDS ?= 600
SOAK_CASES ?= 1000000
CHAOS_SECONDS ?= 600
# Passed on by `make fuzz`: how long for each target, and which of them (all, if none is named).
FUZZ_SECONDS ?= 60
FUZZ_TARGETS ?=

.PHONY: help run build test test-rust test-web test-system soak chaos fuzz conformance bench bench-tiny bench-micro instructions check audit openapi format demo clean tools

help: ## List what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## Build everything and start it on http://127.0.0.1:8080, with accounts to try
	@$(RELEASE) serve --demo

build: tools $(PAGES) ## Build the release binary, with its pages in it
	cargo build --release --locked --bin tidings
	@echo "Built $(RELEASE)"

test: test-rust test-web test-system ## Run every test, and install what they need
	@echo "All tests passed: Rust, pages, browser, stock clients and the OpenAPI document."

# Of the whole workspace both times: by itself a crate gets other features of what it depends on, and all is built again.
# Most tests wait for a server, so there are more of them at once than processors.
test-rust: export RUST_TEST_THREADS := $(or $(RUST_TEST_THREADS),$(shell echo $$((2 * $$(getconf _NPROCESSORS_ONLN)))))
test-rust: tools postgres buses $(PAGES) ## Run the tests in Rust, end to end ones too
	cargo test --workspace --locked
	cargo test --workspace --locked --lib --features tidings-broker/shuttle concurrency::

test-web: tools $(WEB_MODULES) ## Run the tests of the pages
	npm --prefix web test

test-system: tools browser python postgres $(PAGES) $(TEST_MODULES) ## Run the tests with a real browser, stock clients and schemathesis
	$(BUILD_AS_TESTED)
	TIDINGS_BIN="$(CURDIR)/$(DEBUG)" CHROMIUM="$${CHROMIUM:-$(or $(CHROMIUM),/usr/bin/chromium)}" npm --prefix tests test

soak: tools $(PAGES) ## Run the tests of the promise for long (SOAK_SECONDS=600 SOAK_CASES=1000000)
	TIDINGS_MODEL_CASES=$(SOAK_CASES) cargo test --locked --package tidings-broker model -- --nocapture
	TIDINGS_SOAK_SECONDS=$(SOAK_SECONDS) cargo test --locked --package tidings-server --test end_to_end promise -- --nocapture

chaos: tools browser $(PAGES) $(TEST_MODULES) ## Break everything around two browsers of one reader for long (CHAOS_SECONDS=600)
	$(BUILD_AS_TESTED)
	TIDINGS_CHAOS_SECONDS=$(CHAOS_SECONDS) TIDINGS_BIN="$(CURDIR)/$(DEBUG)" CHROMIUM="$${CHROMIUM:-$(or $(CHROMIUM),/usr/bin/chromium)}" \
		node --test --test-reporter=spec tests/browser/chaos.test.mjs

fuzz: tools ## Look for inputs that break a promise (FUZZ_SECONDS=60 for each, FUZZ_TARGETS="api_sse")
	FUZZ_SECONDS=$(FUZZ_SECONDS) FUZZ_TARGETS="$(FUZZ_TARGETS)" tests/fuzz/run.sh

conformance: tools browser python $(PAGES) $(TEST_MODULES) ## Try our client and stock ones on a bad network (ARGS="--document ../docs/conformance.md")
	$(BUILD_AS_TESTED)
	TIDINGS_BIN="$(CURDIR)/$(DEBUG)" CHROMIUM="$${CHROMIUM:-$(or $(CHROMIUM),/usr/bin/chromium)}" npm --prefix tests run conformance -- $(ARGS)

bench: build peers postgres buses ## Measure beside Nchan, a Gin hub and a floor (ARGS="--repeats 1" and others; an hour)
	cargo build --release --locked --package tidings-bench
	target/release/tidings-bench run --out $(BENCH_OUT) $(ARGS)

bench-tiny: tools $(PAGES) peers postgres buses ## Run all of the benchmark for a moment, to see that it works
	$(BUILD_AS_TESTED)
	target/debug/tidings-bench run --tiny --tidings $(DEBUG) --out target/bench-tiny

bench-micro: tools ## Measure parts: the hub, rendering, frames, a commit, a request
	cargo bench --locked --package tidings-broker --features bench --bench broker
	cargo bench --locked --package tidings-api --features bench --bench frames --bench create

instructions: tools ## Count the instructions of the way to a socket, and compare (needs valgrind)
	crates/api/benches/instructions/count.sh --check

check: tools $(WEB_MODULES) ## Check formatting, lints, types, licences and that the OpenAPI document is up to date
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked --features tidings-api/bench -- -D warnings
	npm --prefix web run check
	INSTA_UPDATE=no cargo test --workspace --locked --lib openapi
	@if command -v cargo-deny > /dev/null; then cargo deny --locked check bans licenses sources; \
	else echo "Skipped: licences and sources. To check them: cargo install --locked cargo-deny"; fi
	@echo "All checks passed."

audit: tools ## Look for known weaknesses in what this depends on (needs cargo-deny and the network)
	cargo deny --locked check advisories

openapi: tools ## Renew the OpenAPI document that the tests compare with
	INSTA_UPDATE=always cargo test --workspace --lib openapi

format: tools $(WEB_MODULES) ## Format all sources
	cargo fmt --all
	npm --prefix web run format

demo: $(TEST_MODULES) ## Feed the server of `make run` with recorded webhooks (ARGS="--fast" for no pauses)
	npm --prefix tests run demo -- $(ARGS)

clean: ## Remove everything that was built or installed here; your data stays
	rm -rf target web/dist web/node_modules tests/node_modules tests/*/.venv

$(PAGES): $(PAGE_SOURCES) $(WEB_MODULES)
	npm --prefix web run build
	@touch $@

$(WEB_MODULES) $(TEST_MODULES): %/node_modules/.package-lock.json: %/package.json %/package-lock.json
	npm --prefix $* ci
	@touch $@

tools:
	@command -v cargo > /dev/null || { echo "Rust is missing. Install it from https://rustup.rs, then try again." >&2; exit 1; }
	@command -v cc > /dev/null || { echo "A C compiler is missing. On Debian: apt-get install build-essential" >&2; exit 1; }
	@node --eval 'const [a, b] = process.versions.node.split("."); process.exit(+a > 20 || (+a == 20 && +b >= 19) ? 0 : 1)' 2> /dev/null \
		|| { echo "Node 20.19 or later is missing. Install it from https://nodejs.org, then try again." >&2; exit 1; }

# Installs a package of Debian or Ubuntu, as root or by sudo.
define install
	@echo "$(1) is missing, installing it"; \
	if ! command -v apt-get > /dev/null; then echo "Please install $(1), then try again." >&2; exit 1; fi; \
	if [ "$$(id -u)" = 0 ]; then as=; \
	elif command -v sudo > /dev/null; then as=sudo; \
	else echo "Please run as root: apt-get install $(1)" >&2; exit 1; fi; \
	$$as apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$as apt-get install -y -qq --no-install-recommends $(1)
endef

.PHONY: browser python postgres peers
browser:
ifeq ($(CHROMIUM),)
	$(call install,chromium)
endif

PYTHON := $(shell python3 -c 'import venv, ensurepip' 2> /dev/null && echo found)
python:
ifneq ($(PYTHON),found)
	$(call install,python3-venv)
endif

# For its programs. Debian may start one as a service: the tests start a server of their own, and never ask another.
POSTGRES := $(firstword $(wildcard /usr/lib/postgresql/*/bin/initdb) $(shell command -v initdb))
postgres:
ifeq ($(POSTGRES),)
	$(call install,postgresql)
endif

# As above: what nodes ring by, and what stands before them.
BUSES := redis-server nats-server nginx
.PHONY: buses
buses:
	@missing="$$(PATH="$$PATH:/usr/sbin"; for name in $(BUSES); do command -v "$$name" > /dev/null || echo "$$name"; done)"; \
	if [ -n "$$missing" ]; then $(MAKE) --no-print-directory install-packages NAMES="$$(echo $$missing)"; fi

# What Tidings is measured beside, and flooded with. Debian may start its nginx as a service: the benchmark starts its own.
PEERS := nginx libnginx-mod-nchan golang-go golang-github-gin-gonic-gin-dev slowhttptest
peers:
	@missing="$$(for name in $(PEERS); do dpkg -s "$$name" > /dev/null 2>&1 || echo "$$name"; done)"; \
	if [ -n "$$missing" ]; then $(MAKE) --no-print-directory install-packages NAMES="$$(echo $$missing)"; fi

.PHONY: install-packages
install-packages:
	$(call install,$(NAMES))
