# SPDX-License-Identifier: MIT OR GPL-2.0-only
#
# Fuzzing: the engine as clang makes it for libFuzzer; the same targets on files, with gcc's
# sanitizers (fuzz-replay), and counting what is reached (fuzz-coverage).
#
FUZZ_TIME ?= 60
FUZZ_TARGETS := packets scripts states captures
# gcc defines that, clang does not
FUZZ_FLAGS := -D__SANITIZE_ADDRESS__ -O1 $(SANITIZE) -fsanitize=fuzzer-no-link
COVERAGE_FLAGS := -O1 -fprofile-instr-generate -fcoverage-mapping
# what tests/fuzz/fuzz.c puts itself in front of
FUZZ_WRAP := $(addprefix -Wl$(comma)--wrap=,ps_host_enter ps_host_leave ps_host_enter_work \
	ps_host_leave_work ps_host_realloc ps_host_resize ps_host_read \
	ps_host_random ps_host_time ps_host_log ps_runtime_expire ps_object_call ps_object_read \
	ps_object_write ps_object_get_byte ps_object_set_byte)
$(eval $(call engine,$(BUILD)/fuzz,$(FUZZ_FLAGS)))
$(eval $(call engine,$(BUILD)/coverage,$(COVERAGE_FLAGS)))
$(BUILD)/fuzz/% $(BUILD)/coverage/%: CC = clang
# what is reached in Lua's own files says little, and costs half the speed
$(BUILD)/fuzz/lua/src/%: LUA_FLAGS += -fno-sanitize=fuzzer-no-link

FUZZ_COMMON := $(addprefix tests/fuzz/,fuzz.c frame.c case.c model.c) $(addprefix tests/unit/,packets.c messages.c)
FUZZ_DEPENDS := $(FUZZ_COMMON) $(wildcard tests/fuzz/*.h) $(addprefix $(BUILD)/fuzz-scripts/,scripts.inc modules.inc)
fuzz_compile = $(Q)$(CC) $(CFLAGS) $(WARN) $(1) -Ipacket -Iengine -Icompile -Ilua -Iplat/user -Iproto -Ilua/src -Itests/fuzz \
	-Itests/unit -Iuser -D_GNU_SOURCE -I$(BUILD)/fuzz-scripts -o $@ $(filter %.c %.a,$^) $(FUZZ_WRAP) $(FUZZ_LIBS)

# scripts as C strings, by name
# those of examples that handle packets, not the tests of these
FUZZ_SCRIPTS := $(sort $(shell grep -l '^function ' examples/*.lua) $(wildcard tests/fuzz/scripts/*.lua))
$(BUILD)/fuzz-scripts/scripts.inc: $(FUZZ_SCRIPTS)
# what they require
$(BUILD)/fuzz-scripts/modules.inc: $(wildcard lualib/*.lua)
$(addprefix $(BUILD)/fuzz-scripts/,scripts.inc modules.inc):
	@mkdir -p $(@D)
	$(Q)for f in $^; do echo "{ \"$${f##*/}\","; sed 's/[\\"]/\\&/g; s/.*/"&\\n"/' "$$f"; echo '},'; done >$@

$(BUILD)/fuzz/packets: tests/fuzz/mutate.c
$(foreach flavour,fuzz/ coverage/ asan/fuzz-,$(BUILD)/$(flavour)scripts): tests/fuzz/grammar.c
FUZZ_CAPTURES := $(foreach flavour,fuzz/ coverage/ asan/fuzz-,$(BUILD)/$(flavour)captures)
$(FUZZ_CAPTURES): $(addprefix user/,capture.c link.c pcapng.c source.c) $(wildcard user/*.h)
$(FUZZ_CAPTURES): FUZZ_LIBS := -lz -lzstd
$(addprefix $(BUILD)/fuzz/,$(FUZZ_TARGETS)): $(BUILD)/fuzz/%: tests/fuzz/%.c $(FUZZ_DEPENDS) $(BUILD)/fuzz/engine.a
	@echo '  LD      $@'
	$(call fuzz_compile,$(FUZZ_FLAGS) -fsanitize=fuzzer)
$(addprefix $(BUILD)/coverage/,$(FUZZ_TARGETS)): $(BUILD)/coverage/%: tests/fuzz/%.c tests/fuzz/replay.c $(FUZZ_DEPENDS) $(BUILD)/coverage/engine.a
	@echo '  LD      $@'
	$(call fuzz_compile,$(COVERAGE_FLAGS))
$(addprefix $(BUILD)/asan/fuzz-,$(FUZZ_TARGETS)): $(BUILD)/asan/fuzz-%: tests/fuzz/%.c tests/fuzz/replay.c $(FUZZ_DEPENDS) $(BUILD)/asan/engine.a
	@echo '  LD      $@'
	$(call fuzz_compile,$(SANITIZE))

fuzz: $(addprefix $(BUILD)/fuzz/,$(FUZZ_TARGETS))
	@tests/fuzz/run $(BUILD) $(FUZZ_TIME) $(FUZZ_TARGETS)

fuzz-replay: $(addprefix $(BUILD)/asan/fuzz-,$(FUZZ_TARGETS)) $(BUILD)/asan/netfuzz
	@for t in $(FUZZ_TARGETS); do tests/fuzz/replay $(BUILD)/asan/fuzz-$$t tests/fuzz/corpus/$$t || exit 1; done
	@$(BUILD)/asan/netfuzz --seed 1 --generate 100000

fuzz-coverage: $(addprefix $(BUILD)/coverage/,$(FUZZ_TARGETS))
	@tests/fuzz/coverage $(BUILD) $(FUZZ_TARGETS)

# the corpus, as small as it can be with what the finds add
fuzz-merge: $(addprefix $(BUILD)/fuzz/,$(FUZZ_TARGETS))
	@tests/fuzz/merge $(BUILD) $(FUZZ_TARGETS)

# What drives the netlink family and the rules of iptables in the virtual machine (tests/vm/t/87-fuzz-netlink.sh), and what describes these.
NETFUZZ := tests/fuzz/netlink
$(BUILD)/netfuzz/grammar.inc: $(NETFUZZ)/describe $(NETFUZZ)/values.yaml docs/packetscript.yaml include/uapi/packetscript.h
	@mkdir -p $(@D)
	$(Q)$< c >$@.tmp && mv $@.tmp $@
NETFUZZ_NEEDS := $(wildcard $(NETFUZZ)/*.c) $(NETFUZZ)/netfuzz.h $(BUILD)/netfuzz/grammar.inc include/uapi/packetscript.h
netfuzz_compile = $(Q)$(COMPILE) $(LDFLAGS) $(1) -pthread -Iinclude/uapi -I$(BUILD)/netfuzz -o $@ $(filter %.c,$^)
$(BUILD)/asan/netfuzz: $(NETFUZZ_NEEDS)
	@echo '  LD      $@'
	$(call netfuzz_compile,$(SANITIZE))
fuzz-describe:
	$(NETFUZZ)/describe syzkaller >$(BUILD)/packetscript.txt && mv $(BUILD)/packetscript.txt $(NETFUZZ)/
	$(NETFUZZ)/describe const >$(BUILD)/packetscript.txt.const && mv $(BUILD)/packetscript.txt.const $(NETFUZZ)/
