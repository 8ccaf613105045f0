/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What goes along with a packet and is none of its bytes, for scripts: p:mark(), p:priority(), p:uid(), p:dev_in(), p:dev_out(),
 * p:hook(), p:len(). Nothing is found out before a script asks.
 */
#ifndef PS_COMPANY_H
#define PS_COMPANY_H

#include "view.h"

/* Each of these methods; which of them says its op. A lua_CFunction. */
int ps_company_of(lua_State *L);

/* The same as a class does it (lua/internals.h), of a view that is no memory's. */
int ps_company_call(lua_State *L, struct ps_bind *bind, const struct ps_method *method, StkId func, const TValue *arg);

/* nf.redirect(packet, device): gives the verdict that sends the packet there. A lua_CFunction. */
int ps_company_redirect(lua_State *L);

/* The same as a class does it, of a view that is no memory's. */
int ps_company_redirect_call(struct ps_bind *bind, StkId func, const TValue *arg);

/* Whether the method is one of them. A field of a header that has the name takes its place there. */
static inline bool ps_company_has(const struct ps_method *method)
{
	return method->op >= PS_OP_MARK && method->op <= PS_OP_LEN;
}

#endif
