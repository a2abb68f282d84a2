# PlusClouds VM Agent. `make` alone lists the targets.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules

PREFIX ?= /usr
DESTDIR ?=
BINDIR := $(DESTDIR)$(PREFIX)/bin
SHAREDIR := $(DESTDIR)$(PREFIX)/share
MANDIR := $(SHAREDIR)/man/man8
# Where systemd looks, whatever the prefix.
UNITDIR := $(DESTDIR)/usr/lib/systemd/system
CONFDIR := $(DESTDIR)/etc/plusclouds
BINARY ?= dist/plusclouds-agent
VERSION := $(shell sed -n 's/.*current = "\(.*\)".*/\1/p' Sources/AgentCore/Agent/AgentVersion.swift)
SOURCES := Sources Tests Benchmarks Package.swift

.PHONY: help demo test portable-check cross-check unit-test acceptance system-test sanitize fuzz build release release-agent release-check deb lint format bench soak install install-files install-platform uninstall uninstall-platform clean

help: ## list the targets
	@echo "PlusClouds VM Agent"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | while IFS=$$'\t' read -r name text; do \
	  printf '  make %-14s %s\n' "$$name" "$$text"; done

demo: ## run platform, agent and plsctl on this machine; ends at a shell with plsctl
	@scripts/demo

test: ## lint, unit, acceptance and system tests (installs missing packages)
	@scripts/test

unit-test: ## the Swift tests alone
	@scripts/install-dependencies build demo
	@echo "== Swift tests"
	@scripts/swift-tests

portable-check: ## the portable modules as Embedded Swift: compiles, links and runs a program for each
	@scripts/install-dependencies build
	@echo "== Portable modules"
	@scripts/portable-check

cross-check: ## the same programs for linux-arm64 under qemu-user and windows-amd64 under wine (installs both)
	@echo "== Portable modules on other machines"
	@scripts/cross-check

acceptance: ## the acceptance tests alone (ARGS="-k exec" selects some)
	@scripts/install-dependencies build test
	@echo "== Acceptance tests"
	@scripts/acceptance $(ARGS)

system-test: ## the package and the agent in a booted systemd; needs root (ARGS="-k package" selects some)
	@scripts/install-dependencies build test
	@echo "== System tests"
	@scripts/system-test $(ARGS)

sanitize: ## the unit tests under the thread sanitizer
	@scripts/install-dependencies build
	@echo "== Unit tests under the thread sanitizer"
	@swift test --sanitize=thread --scratch-path .build-tsan --skip IntegrationTests

build: ## debug build
	@scripts/install-dependencies build
	@echo "== Debug build"
	@swift build

release: release-agent ## stripped binaries in dist/: agent, platform, plsctl
	@echo "== Release build of platform and plsctl"
	@binaries="$$(scripts/build-platform)"; install -m 755 $$binaries dist/
	@ls -l dist/plusclouds-platform dist/plsctl

release-agent: ## stripped binary of the agent alone
	@scripts/install-dependencies build
	@echo "== Release build of the agent"
	@binary="$$(scripts/build-release)"; mkdir -p dist; install -m 755 "$$binary" dist/plusclouds-agent
	@ls -l dist/plusclouds-agent

deb: release-agent ## the Debian package in dist/
	@scripts/build-deb dist/plusclouds-agent

release-check: release-agent ## check size, dependencies and glibc version of the release binary
	@scripts/release-check dist/plusclouds-agent

lint: ## swift format, strictly, and the borders between targets and folders
	@echo "== Lint"
	@swift format lint --strict --parallel --recursive $(wildcard $(SOURCES))
	@scripts/check-borders
	@scripts/folder-cycles Sources/AgentCore Sources/PlatformCore

format: ## format the sources
	@swift format --in-place --parallel --recursive $(wildcard $(SOURCES))

bench: release-agent ## print tables: throughput of the client, resource usage of the agent
	@scripts/install-dependencies build test
	@scripts/bench

SECONDS ?= 60
fuzz: ## search for inputs that crash a parser, for SECONDS=60 shared by all parsers
	@scripts/install-dependencies build
	@echo "== Fuzzing"
	@scripts/fuzz $(SECONDS)

soak: ## run the tests that are too long for `make test`
	@scripts/install-dependencies build test
	@echo "== Soak: a million random splits and as many damaged bytes into the parser"
	@NATS_PARSER_ROUNDS=1000000 swift test --filter ServerOperationParserFuzzTests
	@echo "== Soak: the agent"
	@scripts/acceptance --soak $(ARGS)
	@echo "== Soak: the system"
	@scripts/system-test --soak $(ARGS)

install: install-files ## install binary, systemd unit, manual, configuration (never overwritten); PREFIX, DESTDIR
	@install -d -m 755 $(CONFDIR)
	@if [ -e $(CONFDIR)/agent.yaml ]; then echo "kept $(CONFDIR)/agent.yaml"; \
	  else install -m 600 configs/agent.yaml $(CONFDIR)/agent.yaml; echo "wrote $(CONFDIR)/agent.yaml"; fi
	@if [ -z "$(DESTDIR)" ] && [ -d /run/systemd/system ]; then systemctl daemon-reload; fi
	@echo "Next: write uuid and key (and the URL of your own nats-server) to /etc/plusclouds/agent.yaml, run 'plusclouds-agent check',"
	@echo "      then 'systemctl enable --now plusclouds-agent'."

# The files that the package contains as well.
install-files:
	@test -x $(BINARY) || { echo "install: run 'make release' first"; exit 1; }
	@echo "== Installing into $(DESTDIR)$(PREFIX)"
	@install -D -m 755 $(BINARY) $(BINDIR)/plusclouds-agent
	@install -d $(UNITDIR) $(MANDIR)
	@sed 's|@BINDIR@|$(PREFIX)/bin|g' packaging/plusclouds-agent.service.in > $(UNITDIR)/plusclouds-agent.service
	@sed 's|@VERSION@|$(VERSION)|g' packaging/plusclouds-agent.8 > $(MANDIR)/plusclouds-agent.8
	@chmod 644 $(UNITDIR)/plusclouds-agent.service $(MANDIR)/plusclouds-agent.8
	@install -D -m 644 configs/agent.yaml $(SHAREDIR)/plusclouds-agent/agent.yaml
	@install -D -m 644 packaging/completions/plusclouds-agent.bash $(SHAREDIR)/bash-completion/completions/plusclouds-agent
	@install -D -m 644 packaging/completions/_plusclouds-agent $(SHAREDIR)/zsh/vendor-completions/_plusclouds-agent
	@install -D -m 644 packaging/completions/plusclouds-agent.fish \
	  $(SHAREDIR)/fish/vendor_completions.d/plusclouds-agent.fish

uninstall: ## remove the installed files, keep the configuration
	@if [ -z "$(DESTDIR)" ] && [ -d /run/systemd/system ]; then systemctl disable --now plusclouds-agent || true; fi
	@rm -f $(BINDIR)/plusclouds-agent $(UNITDIR)/plusclouds-agent.service $(MANDIR)/plusclouds-agent.8 \
	  $(SHAREDIR)/bash-completion/completions/plusclouds-agent \
	  $(SHAREDIR)/zsh/vendor-completions/_plusclouds-agent \
	  $(SHAREDIR)/fish/vendor_completions.d/plusclouds-agent.fish
	@rm -rf $(SHAREDIR)/plusclouds-agent
	@if [ -z "$(DESTDIR)" ] && [ -d /run/systemd/system ]; then systemctl daemon-reload; fi
	@echo "Removed the installed files; $(CONFDIR) and /var/lib/plusclouds are kept."

install-platform: ## install platform, plsctl, systemd unit and user; PREFIX, DESTDIR
	@test -x dist/plusclouds-platform -a -x dist/plsctl || { echo "install-platform: run 'make release' first"; exit 1; }
	@echo "== Installing into $(DESTDIR)$(PREFIX)"
	@install -D -m 755 dist/plusclouds-platform $(BINDIR)/plusclouds-platform
	@install -D -m 755 dist/plsctl $(BINDIR)/plsctl
	@install -d $(UNITDIR)
	@sed 's|@BINDIR@|$(PREFIX)/bin|g' packaging/plusclouds-platform.service.in > $(UNITDIR)/plusclouds-platform.service
	@chmod 644 $(UNITDIR)/plusclouds-platform.service
	@install -D -m 644 packaging/plusclouds-platform.sysusers $(DESTDIR)/usr/lib/sysusers.d/plusclouds-platform.conf
	@if [ -z "$(DESTDIR)" ] && [ -d /run/systemd/system ]; then systemd-sysusers; systemctl daemon-reload; fi
	@# Keys and configuration of an earlier installation: readable by the service, writable only by root.
	@if [ -z "$(DESTDIR)" ] && getent group plusclouds-platform >/dev/null; then \
	  for path in /etc/plusclouds-platform /etc/plusclouds-platform/keys; do \
	    if [ -d $$path ]; then chown root:plusclouds-platform $$path && chmod 750 $$path; fi; done; \
	  for path in /etc/plusclouds-platform/platform.yaml /etc/plusclouds-platform/keys/*.nk; do \
	    if [ -f $$path ]; then chown root:plusclouds-platform $$path && chmod 640 $$path; fi; done; fi
	@echo "Next: run 'plusclouds-platform init /etc/plusclouds-platform' and continue with docs/platform.md."

uninstall-platform: ## remove the files of install-platform, keep configuration and keys
	@if [ -z "$(DESTDIR)" ] && [ -d /run/systemd/system ]; then systemctl disable --now plusclouds-platform || true; fi
	@rm -f $(BINDIR)/plusclouds-platform $(BINDIR)/plsctl $(UNITDIR)/plusclouds-platform.service \
	  $(DESTDIR)/usr/lib/sysusers.d/plusclouds-platform.conf
	@if [ -z "$(DESTDIR)" ] && [ -d /run/systemd/system ]; then systemctl daemon-reload; fi

clean: ## remove build results (keeps .tools)
	@rm -rf .build .build-platform dist
