/* The package catalogue out of apt's own files: stanzas of `Field: value` lines, folded with leading spaces
 * (Debian policy 5.1). Packages and Translation-en are two such files, joined by Description-md5. */
#pragma once

#include "base/arena.h"
#include "base/map.h"
#include "base/vec.h"

struct package {
	struct span name, section, priority, maintainer, homepage;
	struct span description_md5;
	struct span description;    /* folded as in the file */
	bool translated;            /* the description is the long one of a translation */
	struct span tags;           /* comma-separated, folded */
	struct span installed_size; /* KiB, decimal; may be empty */
};

#define PACKAGE_NAME_MAX 64 /* what an id may have */

/* Zeroed is empty. Spans point into the texts that were added: those outlive the index. */
struct sample_index {
	VEC(struct package *) packages; /* each name once; the last stanza of a name wins */
	struct map by_name;
	size_t names_too_long; /* stanzas left out */
};

/* Adds a Packages index, or dpkg's status file. */
void sample_index_add_packages(struct sample_index *index, struct span text);
/* Replaces short descriptions by the long ones of a Translation-en index. */
void sample_index_add_translations(struct sample_index *index, struct span text);
void sample_index_free(struct sample_index *index);

/* The first line of the description. */
struct span sample_summary(const struct package *p);
/* A folded field as plain text: one leading space of each line goes, a line with only a dot becomes empty. */
struct span sample_unfold(struct arena *a, struct span field);
/* Cuts the next tag off a comma-separated, folded list; the empty span at its end. */
struct span sample_next_tag(struct span *tags);
