# SPDX-License-Identifier: MIT OR GPL-2.0-only
DESTDIR ?=
PREFIX ?= /usr
BUILD ?= build
# The kernel that runs, if its headers are installed, else the newest that has some; KVER= picks another, KDIR= says
# where its headers are.
KVER ?= $(eval KVER := $(shell BUILD=$(BUILD) scripts/kernel-release))$(KVER)
# Headers are installed, or unpacked by scripts/fetch-kernel --headers.
KDIR ?= $(firstword $(wildcard /lib/modules/$(KVER)/build $(BUILD)/kernel/$(KVER)/lib/modules/$(KVER)/build) \
	/lib/modules/$(KVER)/build)
Q := $(if $(V),,@)

# As many jobs as there are processors, unless -j says how many; what several goals print is not mixed.
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc) $(if $(word 2,$(MAKECMDGOALS)),-Otarget)
endif

include objs.mk
VERSION := $(PS_VERSION)
comma := ,

.PHONY: all deps modules plugin cli reference install install-modules install-plugin install-cli install-lualib install-lunatik install-headers install-includes examples_install ebpf ebpf_install btf_install install-doc uninstall check \
	check-kernels check-debug check-arch check-boot check-lua check-dkms check-packages check-installed check-fleet check-rpm dist deb rpm picture unit layers script-test cli-test fleet-test case-test tshark-test packet-test packet-case plugin-test queue-test hostile feed tested vm-test vm-run \
	vm vm-shell demo vm-demo root \
	fuzz fuzz-replay fuzz-coverage fuzz-merge fuzz-describe valgrind \
	bench bench-compare bench-netpipe bench-cache bench-scaling bench-capture bench-queue clean distclean help
all: modules plugin cli

help:
	@sed -n 's/^#: //p' Makefile
#: make deps       installs what building needs (by sudo, unless you are root), and fetches Lua
#: make            the kernel modules, the iptables plugin and the command, in build/
#: make demo       boots a virtual machine that shows a script at work
#: make check      all tests
#: make check-debug     the same in a kernel that looks for mistakes of its modules, TESTS='45-attach …'
#: make check-kernels   the modules and the tests in the virtual machine, with each release's kernel; docs/kernels.md
#: make check-arch   the engine's tests on emulated arm64 and s390x
#: make check-lua   what needs no kernel, with other releases of Lua; TESTS='trixie lua-5.4.8.tar.gz'
#: make check-boot   packetscript.service in machines that systemd boots, TESTS='lines wrong nothing'
#: make check-dkms   make dist's tarball, built and installed by DKMS for two kernels, in a root tree
#: make fuzz FUZZ_TIME=60   random packets, scripts and captures, seconds for each target; docs/fuzzing.md
#: make fuzz-describe   tests/fuzz/netlink/packetscript.txt, when the netlink family has changed
#: make fuzz-coverage   what of packet/, proto/ and engine/ they reach
#: make valgrind   the unit tests, and tests of scripts, under memcheck
#: make picture    the pictures of docs/picture.md, from the demonstration and docs/performance.md
#: make check-rpm   what make rpm makes, beside what make deb makes, and by rpm in an empty root
#: make check-packages   what make deb makes, installed, upgraded and purged in bare Debian 12 and 13, as root
#: make check-fleet   three machines and a Redis server: how soon they have what is pushed
#: make check-installed   machines that have only these packages: upgraded below a rule, a fleet's, and with Secure Boot, TESTS=secure
#: make bench      instructions for a packet, beside everything else
#: make bench-compare BASE=FILE   what has changed since build/bench.json was FILE
#: make bench-netpipe   throughput of address translation, with graphs, in docs/netpipe.md
#: make bench-cache   downloads from a server beside those from the cache in front of it, in docs/cache-bench.md; BENCH=--short
#: make bench-scaling   what a second CPU is worth, with and without --percpu
#: make bench-queue   packetscript queue beside a program in C, in network namespaces; as root
#: make bench-capture   packetscript run on a million packets, beside libpcap alone
#: make vm SHARE=DIR   a shell in that machine, with all installed; it sees the folder, too
#: make reference  the tables in docs/language.md of what scripts may call, made from the engine's
#: make install    DESTDIR= KVER= PREFIX=/usr
#: make uninstall
#: make dist       build/packetscript-VERSION.tar.gz, with Lua in it
#: make deb        build/deb/*.deb, of that tarball; docs/packages.md
#: make clean      takes away what was built
#: make distclean  and what was fetched, too
#: KVER=…          another kernel, whose headers are installed or unpacked (scripts/fetch-kernel)
#: V=1             shows the commands
#: LUA_SRC=…       for make deps: Lua's source, a folder or a tarball, instead of the distribution's
#: LUA_VERSION=…   for make deps: only this release of Lua (5.4.4 …)
#: CC= CFLAGS= CPPFLAGS= LDFLAGS=   for the plugin and the command; the kernel's build has KCFLAGS=

print-%:
	@echo $($*)

# All that installs or fetches is here and in the commands that call it, not in what builds.
deps:
	@scripts/install-deps --build
	@echo "what building needs is there; go on with 'make'"

#
# What is missing is named before a compiler misses it.
#
.PHONY: need-headers need-compiler need-plugin need-cli
need-headers:
	@test -e "$(KDIR)/Makefile" || \
		{ echo "make: no kernel headers$(if $(KVER), for $(KVER) in $(KDIR)): run 'make deps$(if $(KVER), KVER=$(KVER))'" >&2; exit 1; }
need-compiler:
	@command -v $(firstword $(CC)) >/dev/null || { echo "make: no compiler $(firstword $(CC)): run" \
		"'$(if $(filter clang,$(CC)),scripts/install-deps --fuzz,make deps)'" >&2; exit 1; }
need-plugin need-cli: need-compiler
	@command -v pkg-config >/dev/null || { echo "make: no pkg-config: run 'make deps'" >&2; exit 1; }
	@for library in $($(@:need-%=%)_LIBRARIES); do pkg-config --exists $$library || \
		{ echo "make: the library $$library is missing, or its headers: run 'make deps'" >&2; exit 1; }; done
plugin_LIBRARIES := xtables
cli_LIBRARIES := libedit zlib libzstd jansson libnetfilter_queue libmnl libpcap libbpf hiredis libssl

# What is made of Lua's release looks each time whether it still is.
.PHONY: lua-patched
lua-patched:
	@scripts/patch-lua
lua/src/%: lua-patched ;
# Or make, where that folder was not there yet, takes away what it compiled of it.
.PRECIOUS: lua/src/%

#
# Modules: each kernel's objects are in a folder of their own, with a Kbuild that sends the kernel's build here. (Its
# variable MO= would do that, too, from 6.13 on.) From 6.10 on, that build looks for sources beside the objects: they are
# linked there.
#
TREE = $(BUILD)/modules/$(KVER)
MODULE_FOLDERS := kernel kernel/front kernel/lib plat/kernel lua/src $(sort $(patsubst %/,%,$(dir $(ENGINE) $(LUA_OURS))))
# That of the kernel's release, if it is not this machine's (scripts/fetch-kernel).
KERNEL_COMPILER = $(addprefix scripts/in-toolchain ,$(wildcard $(BUILD)/kernel/$(KVER)/toolchain))
# $(call kernel_make,OBJECTS): the kernel's build, for what $(call kernel_objects,OBJECTS,SOURCES,FOLDERS) has made a folder
# for
kernel_make = $(KERNEL_COMPILER) $(MAKE) -C $(abspath $(KDIR)) M=$(abspath $(1))
define kernel_objects
@mkdir -p $(1)
@printf 'src := %s\ninclude $$(src)/Kbuild\n' $(abspath $(2)) >$(1)/Kbuild
@cd $(2) && find $(3) -maxdepth 1 -name '*.[cS]' | while read -r source; do \
	mkdir -p "$(abspath $(1))/$${source%/*}" && ln -sfn "$(abspath $(2))/$$source" "$(abspath $(1))/$$source"; done
endef

modules: need-headers lua-patched
	$(call kernel_objects,$(TREE),.,$(MODULE_FOLDERS))
	+$(call kernel_make,$(TREE)) modules
	@scripts/module-btf $(KVER) $(BUILD) $(TREE)/luaxdp.ko bpf_luaxdp_run
	@scripts/module-btf $(KVER) $(BUILD) $(TREE)/packetscript_bpf.ko bpf_packetscript_tc bpf_packetscript_xdp

#
# The engine for userspace: a library for the plugin, and one with sanitizers for the tests.
#
CFLAGS ?= -O2 -g
EMULATOR ?=	# runs programs made for another processor, which make the command's manual
LINK = $(CC) $(CFLAGS) $(LDFLAGS)
# $(call known,FLAG): the flag, if the compiler knows it
known = $(shell $(CC) -Werror $(1) -x c -c /dev/null -o /dev/null 2>/dev/null && echo $(1))
COMPILE = $(CC) $(CPPFLAGS) $(CFLAGS) $(WARN)
WARN := -Wall -Wextra -Wmissing-prototypes -Wno-missing-field-initializers
INCLUDE := -Ilua/shim -Ilua -Ilua/src -Ipacket -Iengine -Iproto -Icompile
VM_FLAGS = $(call known,-fno-crossjumping) $(call known,-fno-gcse)
LUA_FLAGS := -Wno-implicit-fallthrough -Wno-tautological-compare -Wno-unused-value -Wno-unused-parameter
# With less optimization, which takes half the compiler's time; what -O2 makes of the code is tested without sanitizers.
SANITIZE := -O1 -g1 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
EXTRA :=
USER_ENGINE := $(ENGINE) $(LUA_OURS)
USER_PLAT := plat/user/host plat/user/offload plat/user/unloaded

# $(call engine,FOLDER,FLAGS): rules for the objects of one flavour and its archive
define engine
$(1)/lua/src/%.o $(1)/lua/call.o: EXTRA = $$(LUA_FLAGS)
$(1)/lua/vm.o $(1)/compile/run.o: EXTRA = $$(LUA_FLAGS) $$(VM_FLAGS)
$(1)/plat/%.o: INCLUDE := -Ilua -Ipacket -Iproto -Iengine
$(1)/%.o: %.c | need-compiler lua/src/lua.h
	@mkdir -p $$(@D)
	@echo '  CC      $$@'
	$$(Q)$$(COMPILE) -fPIC -fvisibility=hidden $(2) $$(EXTRA) $$(INCLUDE) -MMD -MP -c $$< -o $$@
$(1)/engine.a: $(patsubst %,$(1)/%.o,$(USER_ENGINE) $(USER_PLAT) $(addprefix lua/src/,$(LUA_RELEASE)))
	@rm -f $$@
	$$(Q)$$(AR) rcs $$@ $$^
$(1)/%.d: ;
-include $$(shell find $(1) -name '*.d' 2>/dev/null)
endef
# $(call named,OBJECTS): targets, of both flavours. What only the rule for % names is an intermediate file to make, which takes
# it away; or, told to keep such (.SECONDARY), compiles it anew whenever something else is, since Lua's headers are looked at.
named = $(foreach flavour,user asan,$(addprefix $(BUILD)/$(flavour)/,$(1))):
$(eval $(call engine,$(BUILD)/user,))
$(eval $(call engine,$(BUILD)/asan,$(SANITIZE)))

plugin: $(BUILD)/user/libxt_LUA.so $(BUILD)/user/libxt_lua.so
# The match is looked for by this name.
$(BUILD)/user/libxt_lua.so: $(BUILD)/user/libxt_LUA.so
	$(Q)ln -sfn libxt_LUA.so $@
$(BUILD)/user/libxt_LUA.so: xtables/libxt_LUA.c $(BUILD)/user/engine.a include/uapi/packetscript.h | need-plugin
	@echo '  LD      $@'
	$(Q)$(COMPILE) -Wno-unused-parameter -fPIC -fvisibility=hidden -Iplat/user -Ipacket -Iengine -Iproto -Ilua -Iinclude \
		$$(pkg-config --cflags xtables) -shared $(LDFLAGS) -Wl,--exclude-libs,ALL -Wl,-z,defs -Wl,-z,now \
		-o $@ $< $(BUILD)/user/engine.a $$(pkg-config --libs xtables)

#
# The command, with what it stands on; in $(BUILD)/asan with sanitizers, for the tests.
#
CLI := $(wildcard cli/*.c fleet/*.c check/*.c user/*.c)
CLI_INCLUDE := -Icli -Ifleet -Icheck -Iuser -Iplat/user -Ipacket -Iengine -Iproto -Icompile -Ilua -Ilua/src -Iinclude
HIREDIS_LIBS ?= -lhiredis
CLI_LIBS := -ledit -lz -lzstd -ljansson -lnetfilter_queue -lmnl -lpcap -lbpf $(HIREDIS_LIBS) -lssl -lcrypto
$(call named,$(CLI:.c=.o)) | need-cli
cli: $(BUILD)/user/packetscript $(BUILD)/user/packetscript.8 $(BUILD)/user/packetscript.bash \
	$(BUILD)/user/packetscript-language.7 $(BUILD)/user/packetscript.lua
# Tests start it a thousand times. What the sanitizers know of each variable has addresses, and to write these at each start takes
# longer than most tests do; so the linker writes them.
$(addprefix $(BUILD)/asan/,packetscript packet-case unit): \
	LINK += $(SANITIZE) -no-pie $(call known,-static-libasan) $(call known,-static-libubsan)
$(foreach flavour,user asan,$(foreach folder,cli fleet check user,$(BUILD)/$(flavour)/$(folder)/%.o)): \
	INCLUDE := -D_GNU_SOURCE -DPS_VERSION='"$(VERSION)"' $(CLI_INCLUDE)
$(BUILD)/%/packetscript: $(addprefix $(BUILD)/%/,$(CLI:.c=.o)) $(BUILD)/%/engine.a
	@echo '  LD      $@'
	$(Q)$(LINK) -o $@ $^ $(CLI_LIBS)
$(BUILD)/user/packetscript.8: $(BUILD)/user/packetscript
	$(Q)$(EMULATOR) $< manual >$@
$(BUILD)/user/packetscript.bash: $(BUILD)/user/packetscript
	$(Q)$(EMULATOR) $< completion >$@
$(BUILD)/user/packetscript.lua: $(BUILD)/user/packetscript
	$(Q)$(EMULATOR) $< types >$@
$(BUILD)/user/packetscript-language.7: docs/language.md scripts/manual
	@mkdir -p $(@D)
	$(Q)scripts/manual $< packetscript-language 7 'what scripts of PacketScript may use' >$@

# The tables in it that the command prints.
reference: $(BUILD)/user/packetscript
	$(Q)scripts/reference docs/language.md $< >$(BUILD)/language.md && cp $(BUILD)/language.md docs/language.md

#
# Installation
#
INSTALL_MOD_PATH ?= $(DESTDIR)
INSTALL_MOD_STRIP ?= 1
MODDIR := updates/packetscript
XTDIR = $(DESTDIR)$(shell pkg-config --variable=xtlibdir xtables)
MANDIR = $(DESTDIR)$(PREFIX)/share/man
SBINDIR = $(DESTDIR)$(PREFIX)/sbin
COMPLETIONDIR = $(DESTDIR)$(PREFIX)/share/bash-completion/completions
UNITDIR = $(DESTDIR)$(PREFIX)/lib/systemd/system
DOCDIR = $(DESTDIR)$(PREFIX)/share/doc/packetscript
TYPESDIR = $(DESTDIR)$(PREFIX)/share/packetscript/types
LUADIR = $(DESTDIR)$(PREFIX)/share/packetscript/lua	# as engine/bundle.h has it

install: install-modules install-plugin install-cli install-lualib install-lunatik install-headers install-doc

# The kernel's own way: strips, signs and compresses as it was configured to. Headers that have no key to sign with would
# say so at length for each module, and without a System.map skip depmod, which is done here.
install-modules: modules
	+$(call kernel_make,$(TREE)) modules_install INSTALL_MOD_PATH=$(abspath $(INSTALL_MOD_PATH)) \
		INSTALL_MOD_DIR=$(MODDIR) INSTALL_MOD_STRIP=$(INSTALL_MOD_STRIP) cmd_depmod=: \
		$(if $(wildcard $(KDIR)/certs/signing_key.x509),,CONFIG_MODULE_SIG_ALL=)
	$(if $(INSTALL_MOD_PATH),,depmod $(KVER))

install-plugin: plugin
	install -d $(XTDIR) $(MANDIR)/man8
	install -m 644 $(BUILD)/user/libxt_LUA.so $(XTDIR)
	ln -sfn libxt_LUA.so $(XTDIR)/libxt_lua.so
	install -m 644 xtables/xt_LUA.8 xtables/xt_lua.8 $(MANDIR)/man8

install-cli: cli
	install -d $(MANDIR)/man8 $(SBINDIR) $(COMPLETIONDIR) $(UNITDIR)
	install -m 755 $(BUILD)/user/packetscript $(SBINDIR)
	ln -sfn packetscript $(SBINDIR)/lunatik
	install -m 644 $(BUILD)/user/packetscript.8 $(MANDIR)/man8
	install -m 644 $(BUILD)/user/packetscript.bash $(COMPLETIONDIR)/packetscript
	for unit in packetscript packetscript-agent; do \
		sed 's|@SBINDIR@|$(PREFIX)/sbin|' cli/$$unit.service | install -m 644 /dev/stdin $(UNITDIR)/$$unit.service || exit; done

install-lualib:
	install -d $(LUADIR)
	install -m 644 lualib/*.lua $(LUADIR)

# What runtimes in the kernel require, and the command needs there; and examples of them. $(call install_tree,FROM,TO)
LUNATIKDIR = $(DESTDIR)/lib/modules/lua
define install_tree
	cd $(1) && find . -type f | while read -r file; do install -D -m 644 "$$file" "$(abspath $(2))/$$file"; done
endef
install-lunatik:
	$(call install_tree,lualib/lunatik,$(LUNATIKDIR))
examples_install:
	$(call install_tree,examples/lunatik,$(LUNATIKDIR)/examples)
	install -d $(LUNATIKDIR)/examples/cache
	install -m 644 $(wildcard examples/cache/http-sockets*.lua) $(addprefix examples/cache/,messages.lua objects.lua) $(LUNATIKDIR)/examples/cache

# For modules of others (docs/capi.md): lunatik.h, Lua's headers and what these include, and for this kernel the symbols.
HEADERSDIR = $(DESTDIR)$(PREFIX)/include/lunatik
install-headers: modules install-includes
	install -d $(HEADERSDIR)/$(KVER)
	install -m 644 $(TREE)/Module.symvers $(HEADERSDIR)/$(KVER)
install-includes:
	install -d $(HEADERSDIR)
	install -m 644 include/lunatik.h lua/luaconf.h lua/guard.h lua/src/lua.h lua/src/lauxlib.h lua/src/lualib.h \
		plat/kernel/include/*.h $(HEADERSDIR)

# The XDP program of the example filter.
ebpf:
	$(Q)$(MAKE) --no-print-directory -C examples/lunatik/filter OUT=$(abspath $(BUILD)/ebpf)
ebpf_install:
	$(Q)$(MAKE) --no-print-directory -C examples/lunatik/filter install OUT=$(abspath $(BUILD)/ebpf) DESTDIR=$(DESTDIR)

# The kernel's types, beside its headers: with them the kernel's build writes those of modules, by which XDP programs find
# bpf_luaxdp_run(). It does so with a program that not all headers have: where it is not, 'make modules' needs no more than this
# looks for.
btf_install:
	@test ! -e $(KDIR)/vmlinux || { echo "$(KDIR)/vmlinux is there already"; exit 1; } >&2
ifneq ($(wildcard $(KDIR)/tools/bpf/resolve_btfids/resolve_btfids),)
	@test -r /sys/kernel/btf/vmlinux || { echo "make: this kernel has no types (CONFIG_DEBUG_INFO_BTF)"; exit 1; } >&2
	cp /sys/kernel/btf/vmlinux $(KDIR)/vmlinux
else
	@scripts/module-btf --check $(KVER) $(BUILD)
	@echo "nothing has to be installed for $(KVER): 'make' takes the types from the kernel"
endif

# Links between pages, and from them to examples, are as in the sources.
install-doc: cli
	install -d $(MANDIR)/man7 $(DOCDIR)/docs/lunatik $(DOCDIR)/docs/metrics $(DOCDIR)/docs/schema $(DOCDIR)/examples/cache $(TYPESDIR)
	install -m 644 $(BUILD)/user/packetscript-language.7 $(MANDIR)/man7
	install -m 644 $(addprefix docs/,language.md attach.md safety.md offline.md queue.md check.md metrics.md sets.md shared.md fleet.md cache.md tcp-in-lua.md roadmap.md capi.md packages.md) $(DOCDIR)/docs
	install -m 644 docs/lunatik/*.md $(DOCDIR)/docs/lunatik
	install -m 644 docs/schema/*.json $(DOCDIR)/docs/schema
	install -m 644 docs/metrics/*.svg $(DOCDIR)/docs/metrics
	install -m 644 $(wildcard examples/*.lua) $(DOCDIR)/examples
	install -m 644 $(wildcard examples/cache/*.lua) $(DOCDIR)/examples/cache
	install -m 755 examples/dashboard $(DOCDIR)/examples
	install -m 644 $(BUILD)/user/packetscript.lua $(TYPESDIR)

# For whichever kernels the modules were installed.
uninstall:
	rm -rf $(INSTALLED_MODULES) $(HEADERSDIR) $(DOCDIR) $(dir $(TYPESDIR))
	rm -rf $(addprefix $(LUNATIKDIR)/,examples $(notdir $(wildcard lualib/lunatik/*)))
	$(if $(wildcard $(LUNATIKDIR)),rmdir --ignore-fail-on-non-empty $(LUNATIKDIR))
	rm -f $(MANDIR)/man7/packetscript-language.7
	rm -f $(XTDIR)/libxt_LUA.so $(XTDIR)/libxt_lua.so $(MANDIR)/man8/xt_LUA.8 $(MANDIR)/man8/xt_lua.8 $(MANDIR)/man8/packetscript.8 \
		$(SBINDIR)/packetscript $(SBINDIR)/lunatik $(COMPLETIONDIR)/packetscript $(UNITDIR)/packetscript.service $(UNITDIR)/packetscript-agent.service
	$(if $(INSTALL_MOD_PATH),,$(foreach modules,$(INSTALLED_MODULES),depmod $(word 3,$(subst /, ,$(modules))) &&) true)
INSTALLED_MODULES = $(wildcard $(INSTALL_MOD_PATH)/lib/modules/*/$(MODDIR))

dist:
	@scripts/dist $(VERSION) $(BUILD)

deb: dist
	@scripts/deb $(BUILD)/packetscript-$(VERSION).tar.gz $(BUILD)/deb

rpm: dist
	@scripts/rpm $(BUILD)/packetscript-$(VERSION).tar.gz $(BUILD)/rpm

#
# Tests
#
ROOT = $(BUILD)/root/$(KVER)
# What the virtual machine runs
KERNEL = $(BUILD)/kernel/$(KVER)/boot/vmlinuz-$(KVER)

check:
	@scripts/install-deps
	+@tests/run

check-kernels:
	+@tests/kernels/run $(TESTS)

# The kernel's configuration of netfilter is that of the distribution's.
check-debug: | $(KERNEL)
	+@kver=$$(scripts/debug-kernel tests/kernels/debug.config $(KERNEL:%/vmlinuz-$(KVER)=%/config-$(KVER)) $(BUILD)/kernel) && \
		$(MAKE) --no-print-directory vm-test KVER=$$kver TESTS="--mem 2048 --append kasan_multi_shot $(TESTS)"

check-arch:
	+@tests/arch/run

check-dkms:
	+@tests/dkms/run

check-packages:
	+@tests/packages/run

check-fleet: $(KERNEL)
	+@$(MAKE) --no-print-directory root
	tests/fleet/machines --kver $(KVER) --root $(ROOT)

check-installed:
	+@tests/packages/machine/run $(TESTS)

# For docs/picture.md: what the demonstration prints here and now, and figures of docs/performance.md.
picture:
	$(MAKE) --no-print-directory demo | tee $(BUILD)/demo.log
	scripts/picture --demo $(BUILD)/demo.log >docs/picture/demo.svg
	scripts/picture --bars 'So the same DNAT' docs/performance.md >docs/picture/dnat.svg

check-rpm: dist
	tests/packages/rpm $(BUILD)/packetscript-$(VERSION).tar.gz

check-boot: $(KERNEL)
	+@$(MAKE) --no-print-directory root
	tests/boot/run --kver $(KVER) --root $(ROOT) $(TESTS)

check-lua:
	+@tests/lua/run $(TESTS)

# All that tests run, which takes both processors when it is made at once.
tested: $(KERNEL)
	+@$(MAKE) --no-print-directory cli $(addprefix $(BUILD)/asan/,packetscript packet-case unit) $(addprefix $(BUILD)/user/,packet-case unit hostile)
	+@$(MAKE) --no-print-directory root feed

# With sanitizers, and as it is: only then are stack limits those of the kernel.
unit: $(BUILD)/asan/unit $(BUILD)/user/unit
	$(BUILD)/asan/unit
	$(BUILD)/user/unit
UNIT := $(wildcard tests/unit/*.c)
$(foreach flavour,user asan,$(BUILD)/$(flavour)/tests/unit/%.o): \
	INCLUDE := -Ipacket -Iengine -Icompile -Ilua -Iplat/user -Iuser -Iproto -Ilua/src
$(call named,$(UNIT:.c=.o) user/tracked.o)
$(BUILD)/%/unit: $(addprefix $(BUILD)/%/,$(UNIT:.c=.o) user/tracked.o) $(BUILD)/%/engine.a
	@echo '  LD      $@'
	$(Q)$(LINK) -o $@ $^ -lmnl

# What runs off the kernel, as it is and with sanitizers.
layers: plugin cli
	tests/layers

script-test: $(BUILD)/user/packetscript $(BUILD)/asan/packetscript
	tests/script/run $(BUILD)/asan/packetscript
	tests/cli/check/run $(BUILD)/asan/packetscript

cli-test: $(BUILD)/user/packetscript $(BUILD)/asan/packetscript
	tests/cli/run.sh $(BUILD)/asan/packetscript
	tests/cli/modules.sh $(BUILD)/asan/packetscript

# A fleet's store is a real one. With sanitizers all but what a million entries take.
fleet-test: $(BUILD)/user/packetscript $(BUILD)/asan/packetscript
	tests/fleet/run $(BUILD)/user/packetscript
	tests/fleet/run --quick $(BUILD)/asan/packetscript

# Field by field what tshark says, of packets that other programs make.
tshark-test: $(BUILD)/user/packetscript
	tests/tshark/run $<

# What people met.
case-test: $(BUILD)/user/packetscript $(BUILD)/asan/packetscript
	tests/cases/run $(BUILD)/user/packetscript
	tests/cases/run $(BUILD)/asan/packetscript

# The worst packet's processor time, over scripts that want to do harm.
hostile: $(BUILD)/user/hostile
	$< tests/hostile/*.lua
$(BUILD)/user/hostile: tests/hostile/hostile.c tests/unit/packets.c user/state.c user/clock.c user/outbox.c $(BUILD)/user/engine.a
	@echo '  LD      $@'
	$(Q)$(COMPILE) $(LDFLAGS) -D_GNU_SOURCE $(CLI_INCLUDE) -Itests/unit -o $@ $^

# Not the tests of caches, which would take two minutes for what the sanitizers see.
valgrind: $(BUILD)/user/unit $(BUILD)/user/packetscript
	UNIT_SLOWNESS=50 valgrind -q --error-exitcode=1 --leak-check=full --show-leak-kinds=all --errors-for-leak-kinds=all $<
	PACKETSCRIPT_MODULES=lualib valgrind -q --error-exitcode=1 --leak-check=full $(BUILD)/user/packetscript test \
		--packet-ms 2000 --load-ms 12500 --test-ms 100000 examples/*_test.lua tests/script

include tests/fuzz/rules.mk

plugin-test: plugin $(BUILD)/user/packetscript-language.7
	tests/plugin/run.sh $(BUILD)/user

# As it is, and with sanitizers.
queue-test: $(BUILD)/user/packetscript $(BUILD)/asan/packetscript
	tests/cli/queue/run $(BUILD)/user/packetscript
	tests/cli/queue/run $(BUILD)/asan/packetscript

root: all
	@rm -rf $(ROOT)
	@$(MAKE) --no-print-directory install examples_install DESTDIR=$(abspath $(ROOT)) >/dev/null
	$(call kernel_objects,$(CAPI),examples/capi,.)
	+@$(call kernel_make,$(CAPI)) LUNATIK=$(abspath $(ROOT))$(PREFIX)/include/lunatik \
		KBUILD_EXTRA_SYMBOLS=$(abspath $(ROOT))$(PREFIX)/include/lunatik/$(KVER)/Module.symvers modules >/dev/null
	@install -D -m 644 $(CAPI)/mydevice.ko $(ROOT)/lib/modules/$(KVER)/$(MODDIR)/mydevice.ko
	@install -D -m 644 examples/capi/mydevice.lua $(ROOT)/lib/modules/lua/mydevice.lua
# Plugins of examples, where Lua's library for programs is there.
	@pkg-config --exists lua5.4 || exit 0; for example in dnsblock dnsdoctor; do \
		$(MAKE) --no-print-directory -C examples/lunatik/$$example install \
			LUAXT_OUT=$(abspath $(BUILD)/xtable) DESTDIR=$(abspath $(ROOT)) >/dev/null || exit; done
# The plugin that looks for what plugins have.
	@pkg-config --exists lua5.4 || exit 0; mkdir -p $(BUILD)/xtable && \
		tests/lunatik/identifiers --luaxt >$(BUILD)/xtable/libxt_identifiers.lua && \
		$(MAKE) --no-print-directory -C usr/lib/xtable install LUAXTABLE_MODULE=identifiers LUAXT_SCRIPTS=$(abspath $(BUILD)/xtable) \
			LUAXT_OUT=$(abspath $(BUILD)/xtable) DESTDIR=$(abspath $(ROOT)) >/dev/null
# And the XDP program of one, where clang is.
	@! command -v clang >/dev/null || $(MAKE) --no-print-directory ebpf_install DESTDIR=$(abspath $(ROOT)) >/dev/null
# The example of a module of others, for the tests: made of what is installed.
CAPI = $(BUILD)/capi/$(KVER)

# The corpus, by the command: as it is, with checksums that are completed later, and with sanitizers, but for leaks, which memcheck
# looks for: each case would take twice as long.
packet-test: packet-case $(BUILD)/user/packetscript $(BUILD)/asan/packetscript
	tests/packet/selftest $(BUILD)/user
	tests/packet/run $(BUILD)/user/packetscript run
	tests/packet/run --quick --partial $(BUILD)/user/packetscript run --offload
	ASAN_OPTIONS=detect_leaks=0 tests/packet/run --quick $(BUILD)/asan/packetscript run

# What reads the corpus' files.
packet-case: $(BUILD)/user/packet-case $(BUILD)/asan/packet-case
PACKET_CASE := $(addprefix tests/packet/,case.o words.o describe.o) user/dissect.o engine.a
$(foreach flavour,user asan,$(BUILD)/$(flavour)/tests/packet/%.o): INCLUDE := -D_GNU_SOURCE $(CLI_INCLUDE)
$(call named,$(filter %.o,$(PACKET_CASE)))
$(BUILD)/%/packet-case: $(addprefix $(BUILD)/%/,$(PACKET_CASE))
	@echo '  LD      $@'
	$(Q)$(LINK) -o $@ $^

# What feeds the same, and the packets of hostile scripts, to the kernel; tests/vm/run.sh takes it along.
FEED = $(BUILD)/feed/$(KVER)
feed: $(FEED)/feed $(FEED)/packet-case $(FEED)/in-kernel $(FEED)/netfuzz need-headers
	$(call kernel_objects,$(FEED)/objects,tests/packet/kernel,.)
	+$(call kernel_make,$(FEED)/objects) modules
	@cp $(FEED)/objects/ps_feed.ko $(FEED)/
$(FEED)/feed: tests/packet/feed.c tests/packet/sum.h
$(FEED)/in-kernel: tests/hostile/in_kernel.c
$(FEED)/feed $(FEED)/in-kernel: tests/packet/kernel/ps_feed.h include/uapi/packetscript.h
	@mkdir -p $(@D)
	@echo '  LD      $@'
	$(Q)$(COMPILE) $(LDFLAGS) -static -Iinclude/uapi -Itests/packet/kernel -o $@ $(filter %.c,$^)

$(FEED)/netfuzz: $(NETFUZZ_NEEDS)
	@mkdir -p $(@D)
	@echo '  LD      $@'
	$(call netfuzz_compile,-static)

$(FEED)/packet-case: $(addprefix $(BUILD)/user/,$(PACKET_CASE))
	@mkdir -p $(@D)
	@echo '  LD      $@'
	$(Q)$(LINK) -static -o $@ $^

# It comes first: modules take its types (scripts/module-btf).
$(KERNEL):
	scripts/progress 'fetching the kernel $(KVER)' scripts/fetch-kernel $(KVER) $(BUILD)/kernel/$(KVER)

vm-test: $(KERNEL)
	+@$(MAKE) --no-print-directory root feed
	+@$(MAKE) --no-print-directory vm-run

# The same, of what was built.
vm-run:
	tests/vm/run.sh --kver $(KVER) --root $(ROOT) $(if $(MACHINE),--name $(MACHINE)) $(TESTS:%='%')

vm:
	@scripts/install-deps
	+@$(MAKE) --no-print-directory vm-shell
vm-shell: $(KERNEL)
	+@$(MAKE) --no-print-directory root
	tests/vm/run.sh --kver $(KVER) --root $(ROOT) --shell $(if $(SHARE),--share $(SHARE))

# Made anew each time, as root is; the demonstration has no use for the command.
DEMO_ROOT = $(BUILD)/demo/$(KVER)
demo:
	@scripts/install-deps --demo
	+@$(MAKE) --no-print-directory vm-demo
vm-demo:
	@rm -rf $(DEMO_ROOT)
	+@scripts/progress 'building the modules and the plugin' $(MAKE) --no-print-directory \
		install-modules install-plugin DESTDIR=$(abspath $(DEMO_ROOT))
	tests/vm/run.sh --kver $(KVER) --root $(DEMO_ROOT) --demo examples/demo.sh

bench: $(KERNEL)
	+@$(MAKE) --no-print-directory root
	bench/run --kver $(KVER) --root $(ROOT) --output $(BUILD)/bench.json

# What is compared with is looked at before minutes are spent, and before its place is taken.
bench-compare:
	@test -r "$(BASE)" || { echo "make bench-compare: BASE= names an earlier bench.json" >&2; exit 1; }
	@test ! "$(BASE)" -ef $(BUILD)/bench.json || { echo "make bench-compare: $(BASE) is about to be written: keep a copy and name that" >&2; exit 1; }
	@$(MAKE) --no-print-directory bench
	bench/compare $(BASE) $(BUILD)/bench.json

bench-netpipe: root
	bench/netpipe/run --kver $(KVER) --root $(ROOT)

bench-cache: root
	bench/cache/run --kver $(KVER) --root $(ROOT) $(BENCH)

bench-queue: cli
	bench/queue/run $(BUILD)/user/packetscript

bench-scaling: root
	bench/scaling/run --kver $(KVER) --root $(ROOT)

bench-capture: $(BUILD)/user/packetscript
	bench/capture/run $<

# What was fetched stays: it takes the network to get it back.
clean:
	rm -rf $(filter-out $(BUILD)/kernel,$(wildcard $(BUILD)/*))

distclean:
	rm -rf $(BUILD) lua/released lua/src
