#include "config/problems.h"

#include <stdarg.h>
#include <stdio.h>

void problems_put(struct problems *p, struct span file, uint32_t line, struct span field, const char *message)
{
	if (p->len == PROBLEMS_MAX) {
		p->dropped++;
		return;
	}
	if (!p->arena)
		p->arena = arena_new();
	p->at[p->len++] = (struct problem){
	    .file = arena_copy(p->arena, file),
	    .line = line,
	    .field = arena_copy(p->arena, field),
	    .message = arena_copy(p->arena, span_str(message)),
	};
}

void problems_add(
    struct problems *p, struct span file, uint32_t line, struct span field, const char *fmt, ...)
{
	char text[PROBLEM_TEXT_MAX];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	problems_put(p, file, line, field, text);
}

void problems_free(struct problems *p)
{
	arena_free(p->arena);
	p->arena = NULL;
	p->len = p->dropped = 0;
}
