# PlusClouds VM Agent. `make` alone lists the targets.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules

PREFIX ?= /usr
DESTDIR ?=
BINDIR := $(DESTDIR)$(PREFIX)/bin
UNITDIR := $(DESTDIR)/lib/systemd/system
CONFDIR := $(DESTDIR)/etc/plusclouds
SOURCES := Sources Tests Benchmarks Package.swift

.PHONY: help demo test unit-test acceptance sanitize build release release-check lint format bench soak install uninstall clean

help: ## list the targets
	@echo "PlusClouds VM Agent"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | while IFS=$$'\t' read -r name text; do \
	  printf '  make %-14s %s\n' "$$name" "$$text"; done

demo: ## show the agent at work against a local nats-server (Ctrl-C ends it)
	@scripts/demo

test: ## lint, unit tests, acceptance tests (installs what is missing)
	@scripts/test

unit-test: ## the Swift tests alone
	@scripts/install-dependencies build demo
	@echo "== Swift tests"
	@NATS_SERVER="$$(scripts/fetch-nats-server)" swift test

acceptance: ## the acceptance tests alone (ARGS="-k exec" picks some)
	@scripts/install-dependencies build test
	@echo "== Acceptance tests"
	@scripts/acceptance $(ARGS)

sanitize: ## the unit tests under the thread sanitizer
	@scripts/install-dependencies build
	@echo "== Unit tests under the thread sanitizer"
	@swift test --sanitize=thread --scratch-path .build-tsan --skip IntegrationTests

build: ## debug build
	@scripts/install-dependencies build
	@echo "== Debug build"
	@swift build

release: ## stripped binary in dist/
	@scripts/install-dependencies build
	@echo "== Release build"
	@binary="$$(scripts/build-release)"; mkdir -p dist; install -m 755 "$$binary" dist/plusclouds-agent
	@ls -l dist/plusclouds-agent

release-check: release ## what the release binary needs, its size, the glibc it asks for
	@scripts/release-check dist/plusclouds-agent

lint: ## swift format, strictly
	@echo "== Lint"
	@swift format lint --strict --parallel --recursive $(wildcard $(SOURCES))

format: ## rewrite the sources as lint wants them
	@swift format --in-place --parallel --recursive $(wildcard $(SOURCES))

bench: release ## throughput of the client, cost of the agent: prints tables
	@scripts/install-dependencies build test
	@scripts/bench

soak: ## the tests that are too long for `make test`
	@scripts/install-dependencies build test
	@echo "== Soak: a million random splits and as many damaged bytes into the parser"
	@NATS_PARSER_ROUNDS=1000000 swift test --filter ServerOperationParserFuzzTests
	@echo "== Soak: the agent"
	@scripts/acceptance --soak $(ARGS)

install: ## binary, systemd unit, configuration (never overwritten); PREFIX, DESTDIR
	@test -x dist/plusclouds-agent || { echo "install: run 'make release' first"; exit 1; }
	@echo "== Installing into $(BINDIR)"
	@install -D -m 755 dist/plusclouds-agent $(BINDIR)/plusclouds-agent
	@install -d $(UNITDIR)
	@sed 's|@BINDIR@|$(PREFIX)/bin|g' packaging/plusclouds-agent.service.in > $(UNITDIR)/plusclouds-agent.service
	@chmod 644 $(UNITDIR)/plusclouds-agent.service
	@install -d -m 755 $(CONFDIR)
	@if [ -e $(CONFDIR)/agent.yaml ]; then echo "kept $(CONFDIR)/agent.yaml"; \
	  else install -m 600 configs/agent.yaml $(CONFDIR)/agent.yaml; echo "wrote $(CONFDIR)/agent.yaml"; fi
	@if [ -z "$(DESTDIR)" ] && [ -d /run/systemd/system ]; then systemctl daemon-reload; fi
	@echo "Next: put uuid, key and URL into /etc/plusclouds/agent.yaml, try 'plusclouds-agent check',"
	@echo "      then 'systemctl enable --now plusclouds-agent'."

uninstall: ## remove binary and unit, keep the configuration
	@if [ -z "$(DESTDIR)" ] && [ -d /run/systemd/system ]; then systemctl disable --now plusclouds-agent || true; fi
	@rm -f $(BINDIR)/plusclouds-agent $(UNITDIR)/plusclouds-agent.service
	@if [ -z "$(DESTDIR)" ] && [ -d /run/systemd/system ]; then systemctl daemon-reload; fi
	@echo "Removed binary and unit; $(CONFDIR) and /var/lib/plusclouds are kept."

clean: ## remove what was built (.tools stays)
	@rm -rf .build dist
