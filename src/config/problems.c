#include "config/problems.h"

#include <stdarg.h>
#include <stdio.h>

void problems_vadd(
    struct problems *p, struct span file, uint32_t line, struct span field, const char *fmt, va_list ap)
{
	if (p->len == PROBLEMS_MAX) {
		p->dropped++;
		return;
	}
	if (!p->arena)
		p->arena = arena_new();
	char text[512];
	vsnprintf(text, sizeof text, fmt, ap);
	p->at[p->len++] = (struct problem){
	    .file = arena_copy(p->arena, file),
	    .line = line,
	    .field = arena_copy(p->arena, field),
	    .message = arena_copy(p->arena, span_str(text)),
	};
}

void problems_add(
    struct problems *p, struct span file, uint32_t line, struct span field, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	problems_vadd(p, file, line, field, fmt, ap);
	va_end(ap);
}

void problems_free(struct problems *p)
{
	arena_free(p->arena);
	p->arena = NULL;
	p->len = p->dropped = 0;
}
