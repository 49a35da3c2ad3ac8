/* Slots of a namespace: as a list to go through, and as a set of bits. */
#pragma once

#include "store/data/namespace.h"

/* The slots of a list, in any order; where there is none (at = NULL) those from 0 to len. */
struct slot_list {
	const uint32_t *at;
	size_t len;
};

static inline uint32_t slot_list_get(const struct slot_list *list, size_t i)
{
	return list->at ? list->at[i] : (uint32_t)i;
}

static inline uint64_t *slots_new(struct arena *a, const struct namespace *ns)
{
	return arena_array(a, uint64_t, ns->docs.len / 64 + 1);
}

static inline void slots_add(uint64_t *slots, uint32_t slot)
{
	slots[slot / 64] |= 1ULL << slot % 64;
}

static inline bool slots_has(const uint64_t *slots, uint32_t slot)
{
	return slots[slot / 64] >> slot % 64 & 1;
}
