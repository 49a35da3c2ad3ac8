/* A growing array of one type: VEC(struct row) rows = {0}; vec_push(&rows, row); … vec_free(&rows).
 * Out of memory ends the process: vectors hold bookkeeping, not bodies. */
#pragma once

#include <stddef.h>
#include <stdlib.h>

#define VEC(type)                                                                                            \
	struct {                                                                                             \
		type *at;                                                                                    \
		size_t len, cap;                                                                             \
	}

/* Room for n items in all. */
#define vec_reserve(v, n)                                                                                    \
	do {                                                                                                 \
		if ((v)->cap < (size_t)(n)) {                                                                \
			(v)->cap = (v)->cap * 2 > (size_t)(n) ? (v)->cap * 2 : (size_t)(n);                  \
			(v)->at = realloc((v)->at, (v)->cap * sizeof *(v)->at);                              \
			if (!(v)->at)                                                                        \
				abort();                                                                     \
		}                                                                                            \
	} while (0)

#define vec_push(v, item)                                                                                    \
	do {                                                                                                 \
		vec_reserve(v, (v)->len + 1);                                                                \
		(v)->at[(v)->len++] = (item);                                                                \
	} while (0)

#define vec_free(v)                                                                                          \
	do {                                                                                                 \
		free((v)->at);                                                                               \
		(v)->at = NULL;                                                                              \
		(v)->len = (v)->cap = 0;                                                                     \
	} while (0)

#define vec_each(v, item)                                                                                    \
	for (__typeof__(&*(v)->at) item = (v)->at; item && item < (v)->at + (v)->len; item++)
