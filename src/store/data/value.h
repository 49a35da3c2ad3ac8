/* Typed values and documents.
 *
 * An id is held as its key: bytes whose order under span_cmp() is the id order of its kind (uint: 8 bytes
 * big-endian; uuid: its 16 bytes; string: its text). A namespace has one kind, so keys are unambiguous.
 *
 * A document is one malloc block: its id, then one value per attribute of the schema at the time it was
 * written, in schema order, then what the values point to. It never changes; a write replaces it whole. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/uuid.h"
#include "store/refusal.h"
#include "json/doc.h"

enum id_kind { ID_UINT, ID_UUID, ID_STRING };

#define ID_MAX_BYTES 64

/* "uint", "uuid" or "string". */
struct span id_kind_name(enum id_kind kind);
/* Reads an id of this kind (uuid in any spelling) into its key; the key stands in the arena.
 * -E_INVALID if the JSON value is no such id, -E_TOO_LARGE for a string past ID_MAX_BYTES. */
MUST_USE int id_from_json(struct arena *a, enum id_kind kind, const yyjson_val *v, struct span *ret_key);
uint64_t id_uint(struct span key);
/* The id as JSON: a number, or a quoted string. */
void id_to_json(struct buf *out, enum id_kind kind, struct span key);
/* Bytes that an id counts in billing. */
size_t id_logical_size(enum id_kind kind, struct span key);

/*  base           name        bytes in billing (0: by length) */
#define VALUE_BASES(X)                                                                                       \
	X(VALUE_STRING, "string", 0)                                                                         \
	X(VALUE_INT, "int", 8)                                                                               \
	X(VALUE_UINT, "uint", 8)                                                                             \
	X(VALUE_FLOAT, "float", 8)                                                                           \
	X(VALUE_UUID, "uuid", 16)                                                                            \
	X(VALUE_DATETIME, "datetime", 8)                                                                     \
	X(VALUE_BOOL, "bool", 1)                                                                             \
	X(VALUE_BYTES, "bytes", 0)                                                                           \
	X(VALUE_VECTOR, "vector", 0)                                                                         \
	X(VALUE_SPARSE, "{}f16", 0)

enum value_base {
#define X(base, name, size) base,
	VALUE_BASES(X)
#undef X
};

struct value_type {
	enum value_base base;
	bool array;    /* []base; never for bytes, vectors and sparse vectors */
	bool f16;      /* of a vector: [dims]f16, else [dims]f32 */
	uint32_t dims; /* of a vector */
};

/* Whether values can be compared with each other: no bytes, no vectors. */
static inline bool value_base_compares(enum value_base base)
{
	return base < VALUE_BYTES;
}

/* Whether values hold texts, as many as their `count` says. */
static inline bool value_base_has_texts(enum value_base base)
{
	return base == VALUE_STRING || base == VALUE_BYTES || base == VALUE_SPARSE;
}

/* Parses "string", "[]uint", "[768]f32", "{}f16", …; -E_UNSUPPORTED for a type that the service knows and
 * this store does not have yet ([N]i8, [][N]f32), else -E_INVALID. */
MUST_USE int value_type_parse(struct span text, struct value_type *ret);
/* The same text back, in the arena. */
struct span value_type_text(struct arena *a, struct value_type t);
static inline bool value_type_eq(struct value_type a, struct value_type b)
{
	return a.base == b.base && a.array == b.array && a.f16 == b.f16 && a.dims == b.dims;
}
/* Bytes of a vector as it is stored, which are its components in their width. */
static inline size_t vector_bytes(struct value_type t)
{
	return t.dims * (t.f16 ? sizeof(uint16_t) : sizeof(float));
}

/* One value of a base type; which member holds follows from the attribute's type. */
union scalar {
	bool boolean;
	int64_t i64; /* int, and datetime: nanoseconds since the epoch */
	uint64_t u64;
	double f64;
	struct span text; /* string, bytes */
	struct uuid uuid;
};

/* The id as the value of an attribute of its own type, which is the base type, and back. */
enum value_base id_base(enum id_kind kind);
union scalar id_to_scalar(enum id_kind kind, struct span key);
struct span id_from_scalar(struct arena *a, enum id_kind kind, const union scalar *s);

struct sparse_entry; /* store/data/sparse.h */

struct value {
	bool present;
	uint32_t count; /* elements of an array, dimensions of a sparse vector; 1 otherwise */
	union {
		union scalar one;
		const union scalar *many;
		const struct sparse_entry *sparse;
	}; /* vectors stand in the namespace's columns, not here: only `present` is set */
};

/* Every value but a sparse vector as a run of scalars, array or not. */
static inline const union scalar *value_items(const struct value *v, struct value_type t)
{
	return t.array ? v->many : &v->one;
}

/* Reads a JSON value (not null) of a non-vector type; texts keep pointing into the JSON document, the rest
 * stands in the arena. -E_INVALID if it does not fit the type. Numbers: int and uint take integers in range,
 * float any number; datetime an ISO-8601 string. */
MUST_USE int value_from_json(
    struct arena *a, struct value_type t, const yyjson_val *v, struct value *ret_value);
/* One scalar of a base type, as above: the operands of filters. */
MUST_USE int scalar_from_json(
    struct arena *a, enum value_base base, const yyjson_val *v, union scalar *ret_scalar);
/* Reads a dense vector: an array of numbers or a base64 string of little-endian f32. The floats stand in the
 * arena. -E_INVALID if it is neither, is empty, or holds something that is not finite. */
MUST_USE int vector_from_json(
    struct arena *a, const yyjson_val *v, const float **ret_floats, uint32_t *ret_dims);
/* The vector as it is stored: the floats themselves, or rounded to halves in the arena. -E_TOO_LARGE if one
 * is past the range of f16. */
MUST_USE int vector_pack(struct arena *a, struct value_type t, const float *floats, const void **ret_row);
/* The floats of a stored vector: itself, or in the arena. */
const float *vector_unpack(struct arena *a, struct value_type t, const void *row);
/* Writes a present value of a non-vector type. */
void value_to_json(struct buf *out, struct value_type t, const struct value *v);
void scalar_to_json(struct buf *out, enum value_base base, const union scalar *s);
/* <0, 0, >0: numbers by size, text and bytes by byte order, false before true, datetimes by millisecond. */
int scalar_cmp(enum value_base base, const union scalar *a, const union scalar *b);
/* An int, uint or float as f32. */
float scalar_number(enum value_base base, const union scalar *s);
/* |a − b| of int, uint or float, or in milliseconds of datetimes; rounded to f32 once. */
float scalar_distance(enum value_base base, const union scalar *a, const union scalar *b);
/* Bytes that the value counts in billing (vectors: as stored; sparse ones: the name and 2). */
size_t value_logical_size(struct value_type t, const struct value *v);

#define SLOT_NONE UINT32_MAX

struct doc {
	uint32_t slot;  /* its number in the namespace: the row of its vectors and postings */
	uint32_t count; /* of values; attributes added later are missing */
	size_t logical_size;
	struct span id; /* key */
	struct value values[];
};

/* The value of the attribute with this index, or NULL if the document lacks it. */
static inline const struct value *doc_value(const struct doc *d, size_t attr)
{
	return attr < d->count && d->values[attr].present ? &d->values[attr] : NULL;
}
