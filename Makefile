# The thin front of the build: every target works from a clean clone.
BUILD ?= build

.PHONY: all install clean
all: $(BUILD)/build.ninja
	@ninja -C $(BUILD)

$(BUILD)/build.ninja: CMakeLists.txt
	@cmake -S . -B $(BUILD) -G Ninja >/dev/null

install: all
	@cmake --install $(BUILD)

clean:
	rm -rf build build-*
