# SPDX-License-Identifier: MIT OR GPL-2.0-only
VERSION := 0.1.0

# The newest kernel whose headers are installed, else the one that install-deps has unpacked; KVER=
# picks another, KDIR= says where its headers are.
KVER ?= $(eval KVER := $(notdir $(or $(patsubst %/build,%,$(lastword \
	$(shell ls -d /lib/modules/*/build 2>/dev/null | sort -V))),$(realpath $(BUILD)/kernel/own))))$(KVER)
DESTDIR ?=
PREFIX ?= /usr
BUILD ?= build
# Headers are installed, or unpacked by scripts/fetch-kernel --headers.
KDIR ?= $(firstword $(wildcard /lib/modules/$(KVER)/build $(BUILD)/kernel/$(KVER)/lib/modules/$(KVER)/build) \
	/lib/modules/$(KVER)/build)
Q := $(if $(V),,@)

# As many jobs as there are processors, unless -j says how many; what several goals print is not mixed.
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc) $(if $(word 2,$(MAKECMDGOALS)),-Otarget)
endif

# What is missing on this machine is installed first (by sudo, if need be); what only the tests
# need, only for them, and what only the demonstration needs, only for that. The make that
# calls another has done so for it.
ifneq ($(filter-out file,$(origin KDIR)),)
DEPS := KVER= KDIR=$(KDIR)
else ifneq ($(filter command environment,$(origin KVER)),)
DEPS := KVER=$(KVER) KDIR=$(wildcard $(KDIR))
OTHER_KERNEL := $(filter $(BUILD)/%,$(KDIR))
else
DEPS := KVER= KDIR=
endif
DEPS += BUILD=$(BUILD) scripts/install-deps \
	$(if $(filter-out all modules plugin cli install install-%,$(MAKECMDGOALS)),$(if $(filter-out demo,$(MAKECMDGOALS)),,--demo),--build) \
	$(if $(filter fuzz fuzz-%,$(filter-out fuzz-replay,$(MAKECMDGOALS))),--fuzz) $(if $(OTHER_KERNEL),--kernels)
ifeq ($(filter clean help uninstall,$(MAKECMDGOALS))$(filter-out 0,$(MAKELEVEL)),)
ifneq ($(shell $(DEPS) --check >/dev/null 2>&1; echo $$?),0)
ifneq ($(shell $(DEPS) >&2; echo $$?),0)
$(error packages are missing, see above)
endif
endif
endif

include objs.mk
comma := ,

# Lua's release: LUA_VERSION= wants one, LUA_SRC= has it, LUA= is a folder made by fetch-lua
LUA_VERSION ?= auto
LUA ?= $(BUILD)/lua/$(LUA_VERSION)

.PHONY: all modules plugin cli install install-modules install-plugin install-cli install-doc uninstall check \
	check-kernels check-arch check-lua unit script-test cli-test case-test packet-test plugin-test queue-test hostile feed vm-test \
	vm demo root \
	fuzz fuzz-replay fuzz-coverage fuzz-merge valgrind \
	bench bench-compare bench-netpipe bench-scaling bench-capture bench-queue clean help
all: modules plugin cli

help:
	@sed -n 's/^#: //p' Makefile
#: make            the kernel modules, the iptables plugin and the command, in build/
#: make demo       boots a virtual machine that shows a script at work
#: make check      all tests
#: make check-kernels   the modules and the tests in the virtual machine, with each release's kernel; docs/kernels.md
#: make check-arch   the engine's tests on emulated arm64 and s390x
#: make check-lua   what needs no kernel, with other releases of Lua; TESTS='trixie lua-5.4.8.tar.gz'
#: make fuzz FUZZ_TIME=60   random packets, scripts and captures, seconds for each target; docs/fuzzing.md
#: make fuzz-coverage   what of packet/, proto/ and engine/ they reach
#: make valgrind   the unit tests, and tests of scripts, under memcheck
#: make bench      instructions for a packet, beside everything else
#: make bench-compare BASE=FILE   what has changed since build/bench.json was FILE
#: make bench-netpipe   throughput of address translation, with graphs, in docs/netpipe.md
#: make bench-scaling   what a second CPU is worth, with and without --percpu
#: make bench-queue   packetscript queue beside a program in C, in network namespaces; as root
#: make bench-capture   packetscript run on a million packets, beside libpcap alone
#: make vm SHARE=DIR   a shell in that machine, with all installed; it sees the folder, too
#: make install    DESTDIR= KVER= PREFIX=/usr
#: make uninstall
#: make clean
#: KVER=…          another kernel, whose headers are installed or unpacked (scripts/fetch-kernel)
#: V=1             shows the commands
#: LUA_SRC=…       Lua's source, a folder or a tarball, instead of the distribution's
#: LUA_VERSION=…   only this release of Lua (5.4.4 …)

print-%:
	@echo $($*)

# Lua's release, and what is compiled: the same with our patches and without its luaconf.h.
$(LUA)/released/lua.h:
	@scripts/progress 'fetching the source of Lua' scripts/fetch-lua $(LUA_VERSION) $(LUA)
$(LUA)/src/lua.h: $(LUA)/released/lua.h scripts/patch-lua $(wildcard lua/patches/*.patch)
	scripts/patch-lua $(LUA)
	@touch $@

#
# Modules: the kernel's build wants to run where the sources are and leaves its files there, so
# it gets a folder of links.
#
TREE := $(BUILD)/kernel-$(KVER)
LINKED := Kbuild objs.mk include lua packet proto engine plat kernel
# That of the kernel's release, if it is not this machine's (scripts/fetch-kernel).
KERNEL_COMPILER = $(addprefix scripts/in-toolchain ,$(wildcard $(BUILD)/kernel/$(KVER)/toolchain))

modules: $(LUA)/src/lua.h
	@test -n "$(KVER)" || { echo "make: no kernel headers found: install them (scripts/install-deps)" >&2; exit 1; }
	@mkdir -p $(TREE)
	@cp -rsfn $(abspath $(LINKED)) $(TREE)/ 2>/dev/null; mkdir -p $(TREE)/lua/src
	@ln -sfn $(abspath $(LUA)/src)/*.[ch] $(TREE)/lua/src/
	@mkdir -p $(TREE)/lua/src/released && mv $(TREE)/lua/src/ljumptab.h $(TREE)/lua/src/released/
	@find $(TREE) -xtype l -delete
	$(KERNEL_COMPILER) $(MAKE) -C $(abspath $(KDIR)) M=$(abspath $(TREE)) PS_VERSION=$(VERSION) modules

#
# The engine for userspace: a library for the plugin, and one with sanitizers for the tests.
#
CFLAGS ?= -O2 -g
STRIP ?= strip
EMULATOR ?=	# runs programs made for another processor, which make the command's manual
# $(call known,FLAG): the flag, if the compiler knows it
known = $(shell $(CC) -Werror $(1) -x c -c /dev/null -o /dev/null 2>/dev/null && echo $(1))
WARN := -Wall -Wextra -Wmissing-prototypes -Wno-missing-field-initializers
INCLUDE := -Ilua/shim -Ilua -I$(LUA)/src -Ipacket -Iengine -Iproto
VM_FLAGS := $(call known,-fno-crossjumping) $(call known,-fno-gcse)
LUA_FLAGS := -Wno-implicit-fallthrough -Wno-tautological-compare -Wno-unused-value -Wno-unused-parameter
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
USER_ENGINE := $(ENGINE) $(LUA_OURS)
USER_PLAT := plat/user/host plat/user/buffer

# $(call engine,FOLDER,FLAGS): rules for the objects of one flavour and its archive
define engine
$(1)/lua/src/%.o: $(LUA)/src/lua.h
	@mkdir -p $$(@D)
	@echo '  CC      $$@'
	$$(Q)$$(CC) $$(CFLAGS) $$(WARN) -fPIC -fvisibility=hidden $(2) $$(LUA_FLAGS) $$(INCLUDE) -MMD -c $(LUA)/src/$$*.c -o $$@
$(1)/lua/do.o: WARN += $$(LUA_FLAGS)
$(1)/lua/vm.o: WARN += $$(LUA_FLAGS) $$(VM_FLAGS)
$(1)/plat/%.o: plat/%.c
	@mkdir -p $$(@D)
	@echo '  CC      $$@'
	$$(Q)$$(CC) $$(CFLAGS) $$(WARN) -fPIC -fvisibility=hidden $(2) -Ilua -Ipacket -Iengine -MMD -c $$< -o $$@
$(1)/%.o: %.c $(LUA)/src/lua.h
	@mkdir -p $$(@D)
	@echo '  CC      $$@'
	$$(Q)$$(CC) $$(CFLAGS) $$(WARN) -fPIC -fvisibility=hidden $(2) $$(INCLUDE) -MMD -c $$< -o $$@
$(1)/engine.a: $(patsubst %,$(1)/%.o,$(USER_ENGINE) $(USER_PLAT) $(addprefix lua/src/,$(LUA_RELEASE)))
	@rm -f $$@
	$$(Q)$$(AR) rcs $$@ $$^
$(1)/%.d: ;
-include $$(shell find $(1) -name '*.d' 2>/dev/null)
endef
$(eval $(call engine,$(BUILD)/user,))
$(eval $(call engine,$(BUILD)/asan,$(SANITIZE)))

.SECONDARY:
plugin: $(BUILD)/user/libxt_LUA.so
$(BUILD)/user/libxt_LUA.so: xtables/libxt_LUA.c $(BUILD)/user/engine.a include/uapi/packetscript.h
	@echo '  LD      $@'
	$(Q)$(CC) $(CFLAGS) $(WARN) -Wno-unused-parameter -fPIC -fvisibility=hidden -Ipacket -Iengine -Ilua -Iinclude \
		$$(pkg-config --cflags xtables) -shared -Wl,--exclude-libs,ALL -Wl,-z,defs -Wl,-z,now \
		-o $@ $< $(BUILD)/user/engine.a $$(pkg-config --libs xtables)

#
# The command, with what it stands on; in $(BUILD)/asan with sanitizers, for the tests.
#
CLI := $(wildcard cli/*.c check/*.c user/*.c)
CLI_INCLUDE := -Icli -Icheck -Iuser -Iplat/user -Ipacket -Iengine -Iproto -Ilua -I$(LUA)/src
CLI_LIBS := -lz -lzstd -ljansson -lnetfilter_queue -lmnl
cli: $(BUILD)/user/packetscript $(BUILD)/user/packetscript.8 $(BUILD)/user/packetscript.bash \
	$(BUILD)/user/packetscript-language.7 $(BUILD)/user/packetscript.lua
$(BUILD)/asan/packetscript: LDFLAGS += $(SANITIZE)
$(foreach flavour,user asan,$(foreach folder,cli check user,$(BUILD)/$(flavour)/$(folder)/%.o)): \
	INCLUDE := -D_GNU_SOURCE -DPS_VERSION='"$(VERSION)"' $(CLI_INCLUDE)
$(BUILD)/%/packetscript: $(addprefix $(BUILD)/%/,$(CLI:.c=.o)) $(BUILD)/%/engine.a
	@echo '  LD      $@'
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(CLI_LIBS)
$(BUILD)/user/packetscript.8: $(BUILD)/user/packetscript
	$(Q)$(EMULATOR) $< manual >$@
$(BUILD)/user/packetscript.bash: $(BUILD)/user/packetscript
	$(Q)$(EMULATOR) $< completion >$@
$(BUILD)/user/packetscript.lua: $(BUILD)/user/packetscript
	$(Q)$(EMULATOR) $< types >$@
$(BUILD)/user/packetscript-language.7: docs/language.md scripts/manual
	@mkdir -p $(@D)
	$(Q)scripts/manual $< packetscript-language 7 'what scripts of PacketScript may use' >$@

#
# Installation
#
MODDIR = $(DESTDIR)/lib/modules/$(KVER)/updates/packetscript
XTDIR = $(DESTDIR)$(shell pkg-config --variable=xtlibdir xtables)
MANDIR = $(DESTDIR)$(PREFIX)/share/man
SBINDIR = $(DESTDIR)$(PREFIX)/sbin
COMPLETIONDIR = $(DESTDIR)$(PREFIX)/share/bash-completion/completions
DOCDIR = $(DESTDIR)$(PREFIX)/share/doc/packetscript
TYPESDIR = $(DESTDIR)$(PREFIX)/share/packetscript/types

install: install-modules install-plugin install-cli install-doc

install-modules: modules
	install -d $(MODDIR)
	install -m 644 $(TREE)/packetscript.ko $(TREE)/xt_LUA.ko $(MODDIR)
	$(STRIP) -g $(MODDIR)/packetscript.ko $(MODDIR)/xt_LUA.ko
	$(if $(DESTDIR),,depmod $(KVER))

install-plugin: plugin
	install -d $(XTDIR) $(MANDIR)/man8
	install -m 644 $(BUILD)/user/libxt_LUA.so $(XTDIR)
	install -m 644 xtables/xt_LUA.8 $(MANDIR)/man8

install-cli: cli
	install -d $(MANDIR)/man8 $(SBINDIR) $(COMPLETIONDIR)
	install -m 755 $(BUILD)/user/packetscript $(SBINDIR)
	install -m 644 $(BUILD)/user/packetscript.8 $(MANDIR)/man8
	install -m 644 $(BUILD)/user/packetscript.bash $(COMPLETIONDIR)/packetscript

# Links between pages, and from them to examples, are as in the sources.
install-doc: cli
	install -d $(MANDIR)/man7 $(DOCDIR)/docs $(DOCDIR)/examples $(TYPESDIR)
	install -m 644 $(BUILD)/user/packetscript-language.7 $(MANDIR)/man7
	install -m 644 $(addprefix docs/,language.md safety.md offline.md queue.md check.md roadmap.md) $(DOCDIR)/docs
	install -m 644 $(wildcard examples/*.lua) $(DOCDIR)/examples
	install -m 644 $(BUILD)/user/packetscript.lua $(TYPESDIR)

uninstall:
	rm -rf $(MODDIR) $(DOCDIR) $(dir $(TYPESDIR))
	rm -f $(MANDIR)/man7/packetscript-language.7
	rm -f $(XTDIR)/libxt_LUA.so $(MANDIR)/man8/xt_LUA.8 $(MANDIR)/man8/packetscript.8 \
		$(SBINDIR)/packetscript $(COMPLETIONDIR)/packetscript
	$(if $(DESTDIR),,depmod $(KVER))

#
# Tests
#
ROOT := $(BUILD)/root/$(KVER)

check:
	+@tests/run

check-kernels:
	@tests/kernels/run $(TESTS)

check-arch:
	@tests/arch/run

check-lua:
	@tests/lua/run $(TESTS)

# With sanitizers, and as it is: only then are stack limits those of the kernel.
unit: $(BUILD)/asan/unit $(BUILD)/user/unit
	$(BUILD)/asan/unit
	$(BUILD)/user/unit
UNIT := $(wildcard tests/unit/*.c)
$(BUILD)/asan/unit: LDFLAGS += $(SANITIZE)
$(foreach flavour,user asan,$(BUILD)/$(flavour)/tests/unit/%.o): \
	INCLUDE := -Ipacket -Iengine -Ilua -Iplat/user -Iproto -I$(LUA)/src
$(BUILD)/%/unit: $(addprefix $(BUILD)/%/,$(UNIT:.c=.o)) $(BUILD)/%/engine.a
	@echo '  LD      $@'
	$(Q)$(CC) $(LDFLAGS) -o $@ $^

# What runs off the kernel, as it is and with sanitizers.
script-test: $(BUILD)/user/packetscript $(BUILD)/asan/packetscript
	tests/script/run $(BUILD)/user/packetscript
	tests/script/run $(BUILD)/asan/packetscript
	tests/cli/check/run $(BUILD)/user/packetscript
	tests/cli/check/run $(BUILD)/asan/packetscript

cli-test: $(BUILD)/user/packetscript $(BUILD)/asan/packetscript
	tests/cli/run.sh $(BUILD)/user/packetscript
	tests/cli/run.sh $(BUILD)/asan/packetscript

# What people met.
case-test: $(BUILD)/user/packetscript $(BUILD)/asan/packetscript
	tests/cases/run $(BUILD)/user/packetscript
	tests/cases/run $(BUILD)/asan/packetscript

# The worst packet's processor time, over scripts that want to do harm.
hostile: $(BUILD)/user/hostile
	$< tests/hostile/*.lua
$(BUILD)/user/hostile: tests/hostile/hostile.c tests/unit/packets.c user/state.c $(BUILD)/user/engine.a
	@echo '  LD      $@'
	$(Q)$(CC) $(CFLAGS) $(WARN) -D_GNU_SOURCE $(CLI_INCLUDE) -Itests/unit -o $@ $^

valgrind: $(BUILD)/user/unit $(BUILD)/user/packetscript
	UNIT_SLOWNESS=50 valgrind -q --error-exitcode=1 --leak-check=full --show-leak-kinds=all --errors-for-leak-kinds=all $<
	valgrind -q --error-exitcode=1 --leak-check=full $(BUILD)/user/packetscript test examples tests/script

include tests/fuzz/rules.mk

plugin-test: plugin $(BUILD)/user/packetscript-language.7
	tests/plugin/run.sh $(BUILD)/user

# As it is, and with sanitizers.
queue-test: $(BUILD)/user/packetscript $(BUILD)/asan/packetscript
	tests/cli/queue/run $(BUILD)/user/packetscript
	tests/cli/queue/run $(BUILD)/asan/packetscript

root: all
	@rm -rf $(ROOT)
	@$(MAKE) --no-print-directory install DESTDIR=$(abspath $(ROOT)) >/dev/null

# The corpus, by the command: as it is, with checksums that are completed later, and with sanitizers.
packet-test: $(BUILD)/user/packetscript $(BUILD)/asan/packetscript
	tests/packet/run $(BUILD)/user/packetscript run
	tests/packet/run --quick --partial $(BUILD)/user/packetscript run --offload
	tests/packet/run --quick $(BUILD)/asan/packetscript run

# What feeds the same to the kernel; tests/vm/run.sh takes it along.
FEED = $(BUILD)/feed/$(KVER)
feed: $(FEED)/feed
	@mkdir -p $(FEED)/module
	@ln -sfn $(abspath $(wildcard tests/packet/kernel/*)) $(FEED)/module/
	$(KERNEL_COMPILER) $(MAKE) -C $(abspath $(KDIR)) M=$(abspath $(FEED)/module) FEED_INCLUDE=$(abspath include/uapi) modules
	@cp $(FEED)/module/ps_feed.ko $(FEED)/
$(FEED)/feed: tests/packet/feed.c tests/packet/kernel/ps_feed.h include/uapi/packetscript.h
	@mkdir -p $(@D)
	@echo '  LD      $@'
	$(Q)$(CC) $(CFLAGS) $(WARN) -static -Iinclude/uapi -o $@ $<

vm-test: root feed
	tests/vm/run.sh --kver $(KVER) --root $(ROOT) $(TESTS)

vm: root
	tests/vm/run.sh --kver $(KVER) --root $(ROOT) --shell $(if $(SHARE),--share $(SHARE))

# Made anew each time, as root is; the demonstration has no use for the command.
DEMO_ROOT := $(BUILD)/demo/$(KVER)
demo:
	@rm -rf $(DEMO_ROOT)
	+@scripts/progress 'building the modules and the plugin' $(MAKE) --no-print-directory \
		install-modules install-plugin DESTDIR=$(abspath $(DEMO_ROOT))
	tests/vm/run.sh --kver $(KVER) --root $(DEMO_ROOT) --demo examples/demo.sh

bench: root
	bench/run --kver $(KVER) --root $(ROOT) --output $(BUILD)/bench.json

# What is compared with is looked at before minutes are spent, and before its place is taken.
bench-compare:
	@test -r "$(BASE)" || { echo "make bench-compare: BASE= names an earlier bench.json" >&2; exit 1; }
	@test ! "$(BASE)" -ef $(BUILD)/bench.json || { echo "make bench-compare: $(BASE) is about to be written: keep a copy and name that" >&2; exit 1; }
	@$(MAKE) --no-print-directory bench
	bench/compare $(BASE) $(BUILD)/bench.json

bench-netpipe: root
	bench/netpipe/run --kver $(KVER) --root $(ROOT)

bench-queue: cli
	bench/queue/run $(BUILD)/user/packetscript

bench-scaling: root
	bench/scaling/run --kver $(KVER) --root $(ROOT)

bench-capture: $(BUILD)/user/packetscript
	bench/capture/run $<

clean:
	rm -rf $(BUILD)
