# The front of the build; `make` and `make test` are all there is to learn. CMakeLists.txt says what
# is made of what. Everything made goes below build/.

PREFIX ?= /usr/local
FUZZ_SECONDS ?= 5
JOBS ?= $(shell nproc 2>/dev/null || echo 2)

# What runs in here may run make itself, and is to see nothing of this one.
CLEAN = env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS

.PHONY: all demo test asan tsan bench check soak fuzz install clean \
        setup setup-test release build-tests build-asan build-clang

all: release
	@ninja -j$(JOBS) -C build rein

demo: all
	@$(CLEAN) build/rein demo

# The tests of the release build, the same ones under the sanitizers, and clang's view of the code.
# ONLY=folder runs the tests of one folder, FILTER='S053*' those of that name.
test: build-tests build-asan build-clang
	@$(CLEAN) ONLY='$(ONLY)' FILTER='$(FILTER)' scripts/run-tests build build/asan

asan: build-asan
	@$(CLEAN) ONLY='$(ONLY)' FILTER='$(FILTER)' scripts/run-tests build/asan

# The tests under ThreadSanitizer: for what touches the pool and the writer.
tsan: setup-test
	@$(call configure,build/tsan,-DREIN_TESTS=ON -DREIN_SANITIZE=thread)
	@ninja -j$(JOBS) -C build/tsan all tests
	@$(CLEAN) ONLY='$(ONLY)' FILTER='$(FILTER)' scripts/run-tests build/tsan

# Long sweeps: tests/*/soak_*, and the long modes of the other tests.
soak: build-tests
	@$(CLEAN) REIN_SOAK=1 ONLY='$(ONLY)' FILTER='$(FILTER)' scripts/run-tests build

fuzz: setup-test
	@$(call configure,build/fuzz,-DREIN_TESTS=ON -DREIN_FUZZ=ON -DCMAKE_C_COMPILER=clang)
	@ninja -j$(JOBS) -C build/fuzz fuzzers
	@scripts/run-fuzzers build/fuzz $(FUZZ_SECONDS)

bench: setup-test
	@$(call configure,build,-DREIN_TESTS=ON)
	@ninja -j$(JOBS) -C build benchmarks
	@$(CLEAN) REIN_BINARY=$(CURDIR)/build/rein REIN_BENCH=$(CURDIR)/build/bench bench/run

# clang-tidy, clang-format, the longest files and functions.
check: build-clang
	@scripts/check build/clang

install: release
	@ninja -j$(JOBS) -C build rein librein
	@cmake --install build --prefix $(PREFIX)

clean:
	rm -rf build

setup:
	@scripts/setup

setup-test:
	@scripts/setup test

comma = ,

# $(call configure,FOLDER,OPTIONS): when it has not been, or not with the tests though they are
# wanted now. What changes later, ninja sees by itself.
configure = { [ -f $(1)/build.ninja ] && { [ -z '$(findstring TESTS=ON,$(2))' ] || \
	grep -q REIN_TESTS:BOOL=ON $(1)/CMakeCache.txt; }; } || { mkdir -p $(1); \
	cmake -G Ninja -S . -B $(1) $(2) >$(1)/configure.log 2>&1 || { cat $(1)/configure.log; exit 1; }; }

release: setup
	@$(call configure,build,-DREIN_TESTS=OFF)

build-tests: setup-test
	@$(call configure,build,-DREIN_TESTS=ON)
	@ninja -j$(JOBS) -C build all tests

build-asan: setup-test
	@$(call configure,build/asan,-DREIN_TESTS=ON -DREIN_SANITIZE=address$(comma)undefined)
	@ninja -j$(JOBS) -C build/asan all tests

build-clang: setup-test
	@$(call configure,build/clang,-DREIN_TESTS=ON -DREIN_QUICK=ON -DCMAKE_C_COMPILER=clang)
	@ninja -j$(JOBS) -C build/clang all tests benchmarks
