# SPDX-License-Identifier: MIT OR GPL-2.0-only
# LUAXTABLE_MODULE=name: builds libxt_name.so from libxt_name.lua of this folder, or of LUAXT_SCRIPTS.
LUAXT := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))
LUAXT_SCRIPTS ?= $(LUAXT)
LUAXT_OUT ?= .
LUAXT_SCRIPT = $(LUAXT_SCRIPTS)/libxt_$(LUAXTABLE_MODULE).lua
LUAXT_PLUGIN = $(LUAXT_OUT)/libxt_$(LUAXTABLE_MODULE).so
LUAXT_INCLUDE = $(firstword $(wildcard $(LUAXT)/../../../include/uapi $(LUAXT)))
LUAXT_LIBDIR = $(DESTDIR)$(shell pkg-config --variable=xtlibdir xtables)
CC ?= cc
CFLAGS ?= -O2 -g

.PHONY: all install uninstall clean need-module
all: $(LUAXT_PLUGIN)

need-module:
	@test -n "$(LUAXTABLE_MODULE)" || { echo "make: which extension? LUAXTABLE_MODULE=name make" >&2; exit 1; }
	@test -r "$(LUAXT_SCRIPT)" || { echo "make: there is no $(LUAXT_SCRIPT)" >&2; exit 1; }
	@pkg-config --exists lua5.4 xtables || \
		{ echo "make: the headers of Lua 5.4 or xtables are missing: on Debian, install liblua5.4-dev and libxtables-dev" >&2; exit 1; }

$(LUAXT_PLUGIN): $(LUAXT_SCRIPT) $(LUAXT)/luaxt.c | need-module
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -Wall -Wextra -fPIC -shared -fvisibility=hidden $(LDFLAGS) -I$(LUAXT_INCLUDE) \
		-DLUAXT_NAME='"$(LUAXTABLE_MODULE)"' -DLUAXT_SCRIPT='"$(abspath $(LUAXT_SCRIPT))"' \
		$$(pkg-config --cflags lua5.4 xtables) -o $@ $(LUAXT)/luaxt.c $$(pkg-config --libs lua5.4 xtables)

install: $(LUAXT_PLUGIN)
	install -d $(LUAXT_LIBDIR)
	install -m 644 $< $(LUAXT_LIBDIR)

uninstall:
	rm -f $(LUAXT_LIBDIR)/libxt_$(LUAXTABLE_MODULE).so

clean:
	rm -f $(LUAXT_OUT)/libxt_*.so
