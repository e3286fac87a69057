# Guardroom. Few verbs; `make help` lists them.
SHELL := /bin/bash
WEB := console/web
GOLANGCI := v2.15.0
UI := $(shell find $(WEB)/src $(WEB)/public $(WEB)/index.html $(WEB)/vite.config.ts $(WEB)/package-lock.json -type f 2>/dev/null)
PROGRAMS := console gateway simulators demo rosterplan

.DEFAULT_GOAL := help
.PHONY: help run build test bench bench-journal bench-video bench-screen bench-board bench-rosters lint generate ui go-build need need-test go-test web-test e2e clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

run: build ## build everything and start the demo station on http://127.0.0.1:8080
	@exec ./bin/demo $(ARGS)

build: need ui go-build ## programs in bin/, screens included

# The browser has the machine to itself: beside the Go tests it waits for it most of the time.
test: need-test ui go-build ## everything that CI runs
	@$(MAKE) --no-print-directory --jobs=2 go-test web-test lint
	@$(MAKE) --no-print-directory e2e
	@echo "guardroom: every test passed"

bench: build ## the figures: intake, latency, poller, memory, readers
	go build -o bin/bench ./cmd/bench
	./bin/bench $(ARGS)

bench-journal: ## looking back into a journal of 10,000,000 signals; some minutes: ROWS=10000000
	go build -o bin/bench ./cmd/bench
	./bin/bench -only journal -rows $(or $(ROWS),10000000) $(ARGS)

bench-video: ## live pictures: first picture, cost and delay: ARGS="-peer http://127.0.0.1:8889/{camera}/whep -peer-pid N -cameras 127.0.0.1:8554"
	go build -o bin/bench ./cmd/bench
	./bin/bench -only video,overload $(ARGS)

bench-screen: ui ## frames and key-to-paint of the alarm screen: 2,000 alarms, 50 changes a second
	cd $(WEB) && node dev/smooth.mjs $(ARGS)

bench-board: build ## first paint and key-to-paint of the roster board: 400 officers, 31 days
	cd $(WEB) && node dev/board.mjs $(ARGS)

bench-rosters: ## penalty, best known and gap of benchmark instances: INSTANCES=DIR TIME=10s
	go run ./cmd/rosterplan -bench $(INSTANCES) -time $(or $(TIME),10s) $(ARGS)

lint: .tools/golangci-lint-$(GOLANGCI) $(WEB)/node_modules/.ready ## Go and TypeScript linters
	.tools/golangci-lint-$(GOLANGCI) run ./...
	cd $(WEB) && npm run --silent lint

generate: $(WEB)/node_modules/.ready ## OpenAPI, TypeScript types, NOTICE
	go run ./cmd/console openapi > $(WEB)/openapi.json
	cd $(WEB) && npm run --silent api
	go run ./cmd/notice > NOTICE

need:
	@.ci/need run
need-test:
	@.ci/need test

ui: $(WEB)/dist/index.html
$(WEB)/node_modules/.ready: $(WEB)/package-lock.json
	cd $(WEB) && npm ci --no-audit --no-fund --loglevel=error
	@touch $@
$(WEB)/dist/index.html: $(WEB)/node_modules/.ready $(UI)
	cd $(WEB) && npm run --silent build

go-build:
	@mkdir -p bin
	go build -o bin/ $(addprefix ./cmd/,$(PROGRAMS))

# Three packages at a time: the longest mostly wait, for links that are cut and programs
# that start again. Vet is part of lint; nobody debugs these binaries.
go-test:
	go test -race -p 3 -vet=off -ldflags='-s -w' -timeout 12m ./...
	.ci/fuzz
	.ci/generated

web-test:
	cd $(WEB) && npm test --silent

e2e: go-build
	.ci/e2e

.tools/golangci-lint-$(GOLANGCI):
	@mkdir -p .tools
	GOBIN=$(CURDIR)/.tools go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI)
	@mv .tools/golangci-lint $@

clean: ## remove what was built, keep data/
	rm -rf bin $(WEB)/dist/assets $(WEB)/dist/index.html $(WEB)/node_modules
