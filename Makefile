# The thin front of the build: every target works from a clean clone.
BUILD ?= build
BUILD_TYPE ?= RelWithDebInfo
PREFIX ?= /usr/local
PYTHON ?= /usr/bin/python3
LEAKBENCH ?= ../shared/leakbench
FUZZ_SECONDS ?= 20
DEMO_OUT ?= demo-snapshots

CONFIGURE = cmake -S . -G Ninja -DCMAKE_BUILD_TYPE=$(BUILD_TYPE)
SANITIZED = $(CONFIGURE) -DCMAKE_BUILD_TYPE=Debug -DHOLDFAST_SANITIZE=address,undefined

.PHONY: peers bench-trace bench-lint soak suites extensions extensions-table all static wheel demo test bench leakbench asan fuzz coverage coverage-table lint format install clean help

all: $(BUILD)/build.ninja ## build the program: build/holdfast
	@ninja -C $(BUILD)

$(BUILD)/build.ninja: CMakeLists.txt
	@tools/install_dependencies --check build
	@$(CONFIGURE) -B $(BUILD) >/dev/null

static: ## one program that needs no library: build-static/holdfast
	@tools/install_dependencies --check build
	@$(CONFIGURE) -DHOLDFAST_STATIC=ON -DHOLDFAST_TESTS=OFF -B build-static >/dev/null
	@ninja -C build-static

wheel: ## an sdist and a wheel in dist/
	@tools/install_dependencies wheel
	@tools/make_wheel

demo: ## start a leaking service, diagnose it live, print the report
	@tools/install_dependencies demo
	@$(MAKE) --no-print-directory all
	@$(BUILD)/holdfast demo --output $(DEMO_OUT)

test: ## every test there is; installs what it needs
	@tools/install_dependencies test
	@LEAKBENCH=$(LEAKBENCH) $(PYTHON) tools/run_tests

asan: ## the unit tests under AddressSanitizer and UndefinedBehaviorSanitizer
	@$(SANITIZED) -B build-asan >/dev/null
	@ninja -C build-asan
	@ctest --test-dir build-asan --output-on-failure

soak: ## hours of proof that looking is harmless; goes on where it stood: SOAK_OPTIONS="--kills 100"
	@tools/install_dependencies test soak
	@$(MAKE) --no-print-directory all
	@$(PYTHON) -m tests.soak $(SOAK_OPTIONS)

suites: ## tests of CPython and of large packages under `holdfast run`: writes docs/suites.md; SUITES_OPTIONS="--only test_gc"
	@tools/install_dependencies bench
	@$(MAKE) --no-print-directory all
	@$(PYTHON) -m tests.suites $(SUITES_OPTIONS)

fuzz: ## every fuzzer for FUZZ_SECONDS
	@tools/run_fuzzers $(FUZZ_SECONDS)

bench: ## the numbers of the README, on this machine
	@tools/install_dependencies bench
	@$(MAKE) --no-print-directory all
	@$(PYTHON) tests/bench/bench.py

bench-trace: ## what `holdfast run` costs, beside other tracers: writes docs/tracing-cost.md; BENCH_OPTIONS="--quick"
	@tools/install_dependencies bench bench-trace
	@$(MAKE) --no-print-directory all
	@$(PYTHON) tests/bench/bench_trace.py $(BENCH_OPTIONS)

bench-lint: all ## what `holdfast lint` costs, beside the bare parse and ruff
	@$(PYTHON) tests/bench/lint_speed.py $(BENCH_OPTIONS)

extensions: ## install the C extensions that tests look at: about 400 MB, in the cache
	@$(PYTHON) tests/extensions/install

extensions-table: extensions all ## write the tables of docs/extensions.md
	@$(PYTHON) -m tests.extensions.table

leakbench: ## LeakBench, read from LEAKBENCH (default ../shared/leakbench)
	@tools/install_dependencies leakbench
	@$(MAKE) --no-print-directory all
	@$(PYTHON) tests/bench/leakbench.py --leakbench $(LEAKBENCH) $(LEAKBENCH_OPTIONS)

peers: ## the same programs through tracemalloc, objgraph, pympler, guppy3 and memray
	@tools/install_dependencies leakbench
	@$(MAKE) --no-print-directory all
	@$(PYTHON) tests/bench/peers.py --leakbench $(LEAKBENCH) $(PEERS_OPTIONS)

coverage: ## line coverage of the unit tests
	@$(CONFIGURE) -DCMAKE_BUILD_TYPE=Debug -DCMAKE_C_FLAGS=--coverage -B build-coverage >/dev/null
	@ninja -C build-coverage && ctest --test-dir build-coverage --output-on-failure
	@gcovr --root . --filter src/ build-coverage

coverage-table: all ## the ground truth on every CPython and allocator here: docs/coverage.md
	@$(PYTHON) -m tests.oracle.coverage_table $(COVERAGE_OPTIONS)

lint: ## the gates of the source: layers, sizes, format, spelling
	@tools/lint

format: ## rewrite our C as .clang-format says
	@git ls-files -co --exclude-standard '*.c' '*.h' | xargs clang-format-16 -i

install: all ## install the program and its man pages under PREFIX
	@cmake --install $(BUILD) --prefix $(PREFIX)

clean: ## remove what was built
	rm -rf build build-* dist

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 18
