/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#define LUA_LIB
#include "lprefix.h"

#include <stdint.h>

#include "lua.h"
#include "lauxlib.h"
#include "lstring.h"

#include "access.h"
#include "company.h"
#include "verdict.h"

/* The order of operations is that of what they ask for. */
static enum ps_company what_of(const struct ps_method *method)
{
	return (enum ps_company)(method->op - PS_OP_MARK);
}

static bool is_name(enum ps_company what)
{
	return what >= PS_COMPANY_DEV_IN;
}

static bool find_number(struct ps_packet *pkt, enum ps_company what, uint32_t *value)
{
	return pkt->ops->company && pkt->ops->company->number(pkt, what, value);
}

/* How long the name is, or 0: there is none. A device may get another name at this moment: then it may have no end. */
static size_t find_name(struct ps_packet *pkt, enum ps_company what, const char **name)
{
	size_t len = 0;

	*name = pkt->ops->company ? pkt->ops->company->name(pkt, what) : NULL;
	while (*name && len < PS_COMPANY_NAME && (*name)[len])
		len++;
	return len;
}

static bool set_number(struct ps_packet *pkt, enum ps_company what, lua_Integer value)
{
	return pkt->ops->company->set(pkt, what, (uint32_t)value);
}

/* Whether packets of this kind have what can be set. */
static bool may_set(const struct ps_packet *pkt)
{
	return pkt->ops->company && pkt->ops->company->set;
}

static bool fits(lua_Integer value)
{
	return value >= 0 && value <= 0xFFFFFFFF;
}

int ps_company_call(lua_State *L, struct ps_bind *bind, const struct ps_method *method, StkId func, const TValue *arg)
{
	struct ps_packet *pkt = bind->pkt;
	enum ps_company what = what_of(method);
	uint32_t value;
	const char *name;
	TString *known;
	size_t len;

	if (arg) {
		if (what > PS_COMPANY_PRIORITY || !ttisinteger(arg) || !fits(ivalue(arg)) || pkt->ops->is_read_only ||
		    !may_set(pkt) || !set_number(pkt, what, ivalue(arg)))
			return -1;
		setobj2s(L, func, arg);
		return 1;
	}
	if (method->op == PS_OP_LEN) {
		setivalue(s2v(func), pkt->len);
		return 1;
	}
	if (!is_name(what)) {
		if (find_number(pkt, what, &value)) {
			setivalue(s2v(func), value);
		} else {
			setnilvalue(s2v(func));
		}
		return 1;
	}
	len = find_name(pkt, what, &name);
	if (!len) {
		setnilvalue(s2v(func));
		return 1;
	}
	known = ps_known_string(L, name, len);
	if (!known)
		return -1;
	setsvalue2s(L, func, known);
	return 1;
}

static void set(lua_State *L, const struct ps_method *method)
{
	struct ps_packet *pkt = ps_bind_of(L)->pkt;
	lua_Integer value = luaL_checkinteger(L, 2);

	ps_bind_check_writable(L);
	if (!fits(value))
		luaL_error(L, "%s: the value does not fit into 32 bits", method->name);
	if (!may_set(pkt))
		luaL_error(L, "%s: there is none to set: these bytes are no packet on its way", method->name);
	if (!set_number(pkt, what_of(method), value))
		luaL_error(L, "%s: it cannot be set here", method->name);
	lua_pushinteger(L, value);
}

int ps_company_of(lua_State *L)
{
	const struct ps_method *method = pvalue(ps_upvalue(L, 0));
	enum ps_company what = what_of(method);
	struct ps_packet *pkt;
	uint32_t value;
	const char *name;
	size_t len;

	ps_view_check(L);
	pkt = ps_bind_of(L)->pkt;
	if (what <= PS_COMPANY_PRIORITY && !lua_isnone(L, 2)) {
		set(L, method);
	} else if (method->op == PS_OP_LEN) {
		lua_pushinteger(L, pkt->len);
	} else if (is_name(what)) {
		len = find_name(pkt, what, &name);
		if (len)
			lua_pushlstring(L, name, len);
		else
			lua_pushnil(L);
	} else if (find_number(pkt, what, &value)) {
		lua_pushinteger(L, value);
	} else {
		lua_pushnil(L);
	}
	return 1;
}

/* NULL; or why not. */
static const char *redirect(struct ps_packet *pkt, const char *device)
{
	const struct ps_company_ops *company = pkt->ops->company;

	return company && company->redirect ? company->redirect(pkt, device) : PS_COMPANY_NO_DEVICE;
}

int ps_company_redirect_call(struct ps_bind *bind, StkId func, const TValue *arg)
{
	if (!ttisstring(arg) || bind->pkt->ops->is_read_only || redirect(bind->pkt, getstr(tsvalue(arg))))
		return -1;
	setivalue(s2v(func), PS_NF_REDIRECT);
	return 1;
}

int ps_company_redirect(lua_State *L)
{
	const char *device, *why;
	struct ps_packet *pkt;

	ps_view_check(L);
	device = luaL_checkstring(L, 2);
	pkt = ps_bind_of(L)->pkt;	/* or bytes that the view is of */
	ps_bind_check_writable(L);
	why = redirect(pkt, device);
	if (why)
		return luaL_error(L, "redirect: %s: %s", device, why);
	lua_pushinteger(L, PS_NF_REDIRECT);
	return 1;
}
