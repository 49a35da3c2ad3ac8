/* Both loops look at 64 bytes at once: a class of characters becomes a word with a bit for each byte, and the
 * grammar becomes arithmetic on such words. What differs between processors is only how a class is found
 * (eq_… and range_… below); the rest is written once and inlined into one function per instruction set. */
#include "json/runs.h"

#include <stddef.h>
#include <stdint.h>

#define HEAD 16 /* bytes of a string that are looked at before whole blocks */

#ifdef __x86_64__
#include <immintrin.h>

#define INLINE  static inline __attribute__((always_inline))
#define AVX2    __attribute__((target("avx2,bmi")))
#define AVX512  __attribute__((target("avx512bw,bmi")))
#define BLOCK   64 /* bytes, and bits of a mask */
#define MASK(v) ((uint64_t)(uint32_t)(v))

/* Bytes of a block that equal c; bytes in [from, from + n). */
typedef uint64_t eq_fn(const char *p, char c);
typedef uint64_t range_fn(const char *p, unsigned char from, unsigned char n);

static inline uint64_t eq_sse2(const char *p, char c)
{
	uint64_t m = 0;
	for (int i = 0; i < 4; i++) {
		__m128i v = _mm_loadu_si128((const __m128i *)p + i);
		m |= MASK(_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8(c)))) << 16 * i;
	}
	return m;
}

static inline uint64_t range_sse2(const char *p, unsigned char from, unsigned char n)
{
	uint64_t m = 0;
	for (int i = 0; i < 4; i++) {
		__m128i v = _mm_loadu_si128((const __m128i *)p + i);
		v = _mm_sub_epi8(v, _mm_set1_epi8((char)from));
		v = _mm_cmpeq_epi8(v, _mm_min_epu8(v, _mm_set1_epi8((char)(n - 1))));
		m |= MASK(_mm_movemask_epi8(v)) << 16 * i;
	}
	return m;
}

AVX2 static inline uint64_t eq_avx2(const char *p, char c)
{
	__m256i a = _mm256_loadu_si256((const __m256i *)p), b = _mm256_loadu_si256((const __m256i *)p + 1);
	__m256i cs = _mm256_set1_epi8(c);
	return MASK(_mm256_movemask_epi8(_mm256_cmpeq_epi8(a, cs))) |
	       MASK(_mm256_movemask_epi8(_mm256_cmpeq_epi8(b, cs))) << 32;
}

AVX2 static inline uint64_t range_avx2(const char *p, unsigned char from, unsigned char n)
{
	__m256i a = _mm256_loadu_si256((const __m256i *)p), b = _mm256_loadu_si256((const __m256i *)p + 1);
	__m256i base = _mm256_set1_epi8((char)from), top = _mm256_set1_epi8((char)(n - 1));
	a = _mm256_sub_epi8(a, base);
	b = _mm256_sub_epi8(b, base);
	return MASK(_mm256_movemask_epi8(_mm256_cmpeq_epi8(a, _mm256_min_epu8(a, top)))) |
	       MASK(_mm256_movemask_epi8(_mm256_cmpeq_epi8(b, _mm256_min_epu8(b, top)))) << 32;
}

/* Keeps the compiler from doing sums in mask registers, where they are slow. */
INLINE uint64_t in_general_register(uint64_t m)
{
	__asm__("" : "+r"(m));
	return m;
}

AVX512 static inline uint64_t eq_avx512(const char *p, char c)
{
	return in_general_register(_mm512_cmpeq_epi8_mask(_mm512_loadu_si512(p), _mm512_set1_epi8(c)));
}

AVX512 static inline uint64_t range_avx512(const char *p, unsigned char from, unsigned char n)
{
	__m512i v = _mm512_sub_epi8(_mm512_loadu_si512(p), _mm512_set1_epi8((char)from));
	return in_general_register(_mm512_cmplt_epu8_mask(v, _mm512_set1_epi8((char)n)));
}

/* The characters of a block, by class; the second line's are rare. */
struct classes {
	uint64_t digit, point, minus, comma;
	uint64_t exp, plus, space;
};

/* What a block leaves to the next: 1 if its last byte was such a character, or inside such a run. */
struct carry {
	struct common_carry {
		uint64_t digit, point, minus, comma, first;
		uint64_t fraction;
	} common;
	struct rare_carry {
		uint64_t exp, exp_sign, plus, space;
		uint64_t exponent, comma_space, digit_space;
	} rare;
};

/* Each bit moves to the byte that follows. */
INLINE uint64_t follow(uint64_t x, uint64_t *carry)
{
	uint64_t y = x << 1 | *carry;
	*carry = x >> 63;
	return y;
}

/* The byte after each run of `run` characters that begins at a `start` bit (or came over from the last
 * block): adding a run's first bit ripples through the run. Other runs stay, and are masked out. */
INLINE uint64_t run_ends(uint64_t start, uint64_t run, uint64_t *carry)
{
	uint64_t sum;
	start |= *carry;
	*carry = __builtin_add_overflow(start, run, &sum);
	return sum & ~run;
}

/* Digits behind an integer part that begins with a zero. */
INLINE uint64_t leading_zeros(const char *p, uint64_t first, uint64_t digit, uint64_t *carry, eq_fn *eq)
{
	uint64_t second = follow(first & digit, carry) & digit;
	return second ? second & eq(p - 1, '0') : 0;
}

/* The bytes that break the grammar of a list of numbers, in a block of nothing but the common classes. Only
 * what may follow is checked: with no other class about, that decides what may precede. */
INLINE uint64_t common_errors(const char *p, struct classes m, struct common_carry *carry, eq_fn *eq)
{
	uint64_t after_point = follow(m.point, &carry->point);
	uint64_t after_minus = follow(m.minus, &carry->minus);
	uint64_t after_comma = follow(m.comma, &carry->comma);
	carry->digit = m.digit >> 63;
	return ((after_point | after_minus) & ~m.digit) | (after_comma & ~(m.digit | m.minus)) |
	       (m.minus & ~after_comma) | (run_ends(after_point, m.digit, &carry->fraction) & m.point) |
	       leading_zeros(p, after_comma | after_minus, m.digit, &carry->first, eq);
}

/* The same with exponents and white space. */
INLINE uint64_t all_errors(const char *p, struct classes m, struct carry *all, eq_fn *eq)
{
	struct common_carry *carry = &all->common;
	struct rare_carry *rare = &all->rare;
	uint64_t after_digit = follow(m.digit, &carry->digit);
	uint64_t after_point = follow(m.point, &carry->point);
	uint64_t after_minus = follow(m.minus, &carry->minus);
	uint64_t after_comma = follow(m.comma, &carry->comma);
	uint64_t after_exp = follow(m.exp, &rare->exp);
	uint64_t after_plus = follow(m.plus, &rare->plus);
	uint64_t after_space = follow(m.space, &rare->space);
	uint64_t after_exp_sign = follow((m.minus | m.plus) & after_exp, &rare->exp_sign);

	uint64_t bad = (after_point | after_minus | after_plus) & ~m.digit;
	bad |= after_exp & ~(m.digit | m.plus | m.minus);
	bad |= (m.point | m.exp) & ~after_digit;
	bad |= (m.minus & after_digit) | (m.plus & ~after_exp);
	/* No second point, nothing but digits in an exponent. */
	bad |= run_ends(after_point, m.digit, &carry->fraction) & m.point;
	uint64_t exponent = (after_exp | after_exp_sign) & m.digit;
	bad |= run_ends(exponent, m.digit, &rare->exponent) & (m.point | m.exp);
	/* White space stands between a comma and a number, or between a number and a comma. */
	bad |= run_ends(after_comma, m.space, &rare->comma_space) & ~(m.digit | m.minus);
	bad |= run_ends(after_digit & m.space, m.space, &rare->digit_space) & ~m.comma;
	bad |= m.comma & ~(after_digit | after_space);
	uint64_t first = after_comma | after_space | (after_minus & ~after_exp_sign);
	return bad | leading_zeros(p, first, m.digit, &carry->first, eq);
}

INLINE bool any_rare(const struct rare_carry *c)
{
	return c->exp | c->exp_sign | c->plus | c->space | c->exponent | c->comma_space | c->digit_space;
}

INLINE struct classes common_classes(const char *p, eq_fn *eq, range_fn *range)
{
	return (struct classes){
	    .digit = range(p, '0', 10), .point = eq(p, '.'), .minus = eq(p, '-'), .comma = eq(p, ',')};
}

/* Errors show at the first byte that proves them, so all before the first of them is good, and a comma there
 * ends a good number: the byte after the last such comma, or ret. */
INLINE const char *after_last_comma(const char *p, uint64_t comma, uint64_t stop, const char *ret)
{
	if (stop)
		comma &= (stop & -stop) - 1;
	return comma ? p + BLOCK - __builtin_clzll(comma) : ret;
}

/* Returns what json_run_numbers() does. The inner loop has its own copy of what it carries, for registers. */
INLINE const char *run_numbers(const char *p, const char *end, eq_fn *eq, range_fn *range)
{
	/* An element's first byte stands where one after a comma would. */
	struct carry carry = {.common.comma = 1};
	const char *ret = p;
	for (; end - p >= BLOCK; p += BLOCK) {
		struct classes m;
		uint64_t other, stop;
		struct common_carry c = carry.common;
		for (;;) {
			m = common_classes(p, eq, range);
			other = ~(m.digit | m.point | m.minus | m.comma);
			if (other || any_rare(&carry.rare))
				break;
			stop = common_errors(p, m, &c, eq);
			ret = after_last_comma(p, m.comma, stop, ret);
			p += BLOCK;
			if (stop || end - p < BLOCK)
				return ret;
		}
		carry.common = c;
		m.exp = eq(p, 'e') | eq(p, 'E');
		m.plus = eq(p, '+');
		m.space = eq(p, ' ') | eq(p, '\n') | eq(p, '\r') | eq(p, '\t');
		stop = all_errors(p, m, &carry, eq) | (other & ~(m.exp | m.plus | m.space));
		ret = after_last_comma(p, m.comma, stop, ret);
		if (stop)
			return ret;
	}
	return ret;
}

INLINE const char *run_plain(const char *p, const char *end, bool *ret_ascii, eq_fn *eq, range_fn *range)
{
	uint64_t high = 0, stop = 0;
	while (stop == 0 && end - p >= BLOCK) {
		stop = eq(p, '"') | eq(p, '\\') | range(p, 0, 0x20);
		high |= range(p, 0x80, 0x80) & (stop ? (stop & -stop) - 1 : UINT64_MAX);
		p += stop ? __builtin_ctzll(stop) : BLOCK;
	}
	*ret_ascii = high == 0;
	return p;
}

#define KERNEL(isa, target)                                                                                  \
	target static const char *run_numbers_##isa(const char *p, const char *end)                          \
	{                                                                                                    \
		return run_numbers(p, end, eq_##isa, range_##isa);                                           \
	}                                                                                                    \
	target static const char *run_plain_##isa(const char *p, const char *end, bool *ret_ascii)           \
	{                                                                                                    \
		return run_plain(p, end, ret_ascii, eq_##isa, range_##isa);                                  \
	}
KERNEL(sse2, )
KERNEL(avx2, AVX2)
KERNEL(avx512, AVX512)

static bool has_avx512(void)
{
	return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("bmi");
}

static bool has_avx2(void)
{
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi");
}
#endif

/* A byte at a time, as everywhere where there is nothing better. */
static const char *run_plain_bytes(const char *p, const char *end, bool *ret_ascii)
{
	unsigned char seen = 0;
	for (; p < end && *p != '"' && *p != '\\' && (unsigned char)*p >= 0x20; p++)
		seen |= (unsigned char)*p;
	*ret_ascii = seen < 0x80;
	return p;
}

static const char *run_numbers_bytes(const char *p, const char *end)
{
	return p;
}

/* As run_plain(), over HEAD bytes. */
static inline const char *head_plain(const char *p, bool *ret_ascii)
{
#ifdef __x86_64__
	__m128i v = _mm_loadu_si128((const __m128i *)p);
	__m128i quote = _mm_cmpeq_epi8(v, _mm_set1_epi8('"')),
	        escape = _mm_cmpeq_epi8(v, _mm_set1_epi8('\\'));
	__m128i control = _mm_cmpeq_epi8(v, _mm_min_epu8(v, _mm_set1_epi8(0x1F)));
	/* The bit past the block stands for its end. */
	unsigned stop =
	    (unsigned)_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quote, escape), control)) | 1U << HEAD;
	*ret_ascii = ((unsigned)_mm_movemask_epi8(v) & (stop ^ (stop - 1))) == 0;
	return p + __builtin_ctz(stop);
#else
	return run_plain_bytes(p, p + HEAD, ret_ascii);
#endif
}

/* Nearly all numbers are shorter than HEAD, and this way their length costs no branch. */
const char *json_run_digits(const char *p, const char *end)
{
#ifdef __x86_64__
	if (end - p >= HEAD) {
		__m128i v = _mm_sub_epi8(_mm_loadu_si128((const __m128i *)p), _mm_set1_epi8('0'));
		__m128i digit = _mm_cmpeq_epi8(v, _mm_min_epu8(v, _mm_set1_epi8(9)));
		p += __builtin_ctz(~(unsigned)_mm_movemask_epi8(digit));
	}
#endif
	while (p < end && *p >= '0' && *p <= '9')
		p++;
	return p;
}

static bool always(void)
{
	return true;
}

const struct json_runs json_runs[] = {
#ifdef __x86_64__
    {"avx512", has_avx512, run_numbers_avx512, run_plain_avx512},
    {"avx2", has_avx2, run_numbers_avx2, run_plain_avx2},
    {"sse2", always, run_numbers_sse2, run_plain_sse2},
#endif
    {"bytes", always, run_numbers_bytes, run_plain_bytes},
    {0},
};

/* The best that this processor has; found once, by whichever thread comes first. */
static const struct json_runs *best(void)
{
	static const struct json_runs *found;
	const struct json_runs *r = __atomic_load_n(&found, __ATOMIC_RELAXED);
	if (!r) {
		for (r = json_runs; !r->usable();)
			r++;
		__atomic_store_n(&found, r, __ATOMIC_RELAXED);
	}
	return r;
}

/* A string that is longer: in blocks, then what is left of the text. */
static __attribute__((noinline)) const char *long_plain(const char *p, const char *end, bool *ret_ascii)
{
	bool rest;
	p = best()->plain(p, end, ret_ascii);
	p = run_plain_bytes(p, end, &rest);
	*ret_ascii &= rest;
	return p;
}

/* Most strings end within HEAD bytes. */
const char *json_run_plain(const char *p, const char *end, bool *ret_ascii)
{
	bool ascii = true;
	if (end - p >= HEAD) {
		const char *stop = head_plain(p, ret_ascii);
		if (stop < p + HEAD)
			return stop;
		ascii = *ret_ascii;
		p = stop;
	}
	p = long_plain(p, end, ret_ascii);
	*ret_ascii &= ascii;
	return p;
}

const char *json_run_numbers(const char *p, const char *end)
{
	bool number = p < end && (*p == '-' || (*p >= '0' && *p <= '9'));
	return number && end - p >= 64 ? best()->numbers(p, end) : p;
}
