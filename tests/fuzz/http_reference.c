/* RFC 9112 read plainly: lines by CRLF, fields by the grammar of section 5, a body's length by section 6.3.
 * Of what the RFC leaves to the recipient the stricter choice is taken, with two exceptions: the empty line
 * that a server should skip (2.2), and a missing space before a missing reason (4). A target is any visible
 * ASCII that begins with a slash, for the store to judge. */
#include "http_kit.h"

struct text {
	struct span rest;
	enum http_role role;
	struct http_header headers[HTTP_HEADERS_MAX];
	struct http_head head;
	unsigned lengths, codings, hosts;
	struct span length, coding, host, connection;
};

static bool among(unsigned char c, const char *chars)
{
	return c && strchr(chars, c);
}

static bool digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

static bool letter(unsigned char c)
{
	return (c | 32) >= 'a' && (c | 32) <= 'z';
}

static bool hex(unsigned char c)
{
	return digit(c) || ((c | 32) >= 'a' && (c | 32) <= 'f');
}

static bool token_char(unsigned char c)
{
	return digit(c) || letter(c) || among(c, "!#$%&'*+-.^_`|~");
}

static bool field_char(unsigned char c)
{
	return c == '\t' || (c >= ' ' && c != 0x7F);
}

static bool line_char(unsigned char c)
{
	return c != '\r';
}

static bool target_char(unsigned char c)
{
	return c > ' ' && c < 0x7F && c != '#';
}

static bool host_char(unsigned char c)
{
	return digit(c) || letter(c) || among(c, "-._");
}

static bool address_char(unsigned char c)
{
	return hex(c) || among(c, ":.");
}

/* Takes the longest run of such characters. */
static struct span run(struct span *s, bool (*fits)(unsigned char c))
{
	size_t n = 0;
	while (n < s->len && fits((unsigned char)s->ptr[n]))
		n++;
	struct span taken = span_of(s->ptr, n);
	*s = span_skip(*s, n);
	return taken;
}

static bool all(struct span s, bool (*fits)(unsigned char c))
{
	run(&s, fits);
	return s.len == 0;
}

static bool literal(struct span *s, struct span wanted)
{
	if (!span_starts(*s, wanted))
		return false;
	*s = span_skip(*s, wanted.len);
	return true;
}

static bool line(struct text *t, struct span *ret)
{
	size_t end = span_find(t->rest, '\n');
	if (end == 0 || end == t->rest.len || t->rest.ptr[end - 1] != '\r')
		return false;
	*ret = span_of(t->rest.ptr, end - 1);
	t->rest = span_skip(t->rest, end + 1);
	return true;
}

/* --- the head
 * ------------------------------------------------------------------------------------------------- */

static bool version(struct span s, struct http_head *h)
{
	h->http10 = span_eq(s, SPAN("HTTP/1.0"));
	return h->http10 || span_eq(s, SPAN("HTTP/1.1"));
}

static enum http_method method(struct span name)
{
	for (unsigned m = 0; m < METHOD_OTHER; m++) {
		if (span_eq(name, http_method_name(m)))
			return m;
	}
	return METHOD_OTHER;
}

static bool request_line(struct span s, struct http_head *h)
{
	struct span name = run(&s, token_char);
	h->method = method(name);
	if (name.len == 0 || !literal(&s, SPAN(" ")))
		return false;
	h->target = run(&s, target_char);
	return span_starts(h->target, SPAN("/")) && literal(&s, SPAN(" ")) && version(s, h);
}

static bool status_line(struct span s, struct http_head *h)
{
	if (!version(span_cut(&s, ' '), h))
		return false;
	struct span digits = run(&s, digit);
	if (digits.len != 3 || digits.ptr[0] == '0')
		return false;
	h->status = (digits.ptr[0] - '0') * 100 + (digits.ptr[1] - '0') * 10 + digits.ptr[2] - '0';
	return s.len == 0 || (s.ptr[0] == ' ' && all(s, field_char));
}

static bool field(struct span s, struct http_header *ret)
{
	struct span name = run(&s, token_char);
	if (name.len == 0 || !literal(&s, SPAN(":")) || !all(s, field_char))
		return false;
	*ret = (struct http_header){name, span_trim(s)};
	return true;
}

static bool listed(const struct http_head *h, struct span option)
{
	for (unsigned i = 0; i < h->header_count; i++) {
		struct span rest = h->headers[i].value;
		while (span_eq_nocase(h->headers[i].name, SPAN("connection")) && rest.len) {
			if (span_eq_nocase(span_trim(span_cut(&rest, ',')), option))
				return true;
		}
	}
	return false;
}

static bool sound_host(struct span s)
{
	if (literal(&s, SPAN("["))) {
		if (run(&s, address_char).len == 0 || !literal(&s, SPAN("]")))
			return false;
	} else {
		run(&s, host_char);
	}
	return s.len == 0 || (literal(&s, SPAN(":")) && all(s, digit));
}

static bool headers(struct text *t)
{
	struct http_head *h = &t->head;
	struct span s;
	while (line(t, &s)) {
		if (s.len == 0)
			return true;
		if (h->header_count == HTTP_HEADERS_MAX || !field(s, &t->headers[h->header_count]))
			return false;
		struct http_header one = t->headers[h->header_count++];
		if (span_eq_nocase(one.name, SPAN("content-length"))) {
			t->lengths++;
			t->length = one.value;
		} else if (span_eq_nocase(one.name, SPAN("transfer-encoding"))) {
			t->codings++;
			t->coding = one.value;
		} else if (span_eq_nocase(one.name, SPAN("host"))) {
			t->hosts++;
			t->host = one.value;
		}
	}
	return false;
}

static bool framing(struct text *t)
{
	struct http_head *h = &t->head;
	if (t->lengths + t->codings > 1)
		return false;
	h->has_length = t->lengths;
	h->chunked = t->codings;
	if (t->lengths && span_to_u64(t->length, &h->length) < 0)
		return false;
	if (t->codings && (h->http10 || !span_eq_nocase(t->coding, SPAN("chunked"))))
		return false;
	if (t->role == HTTP_CLIENT)
		return true;
	return t->hosts <= 1 && (t->hosts || h->http10) && sound_host(t->host);
}

static bool read_head(struct text *t)
{
	struct http_head *h = &t->head;
	struct span first;
	*t = (struct text){.rest = t->rest, .role = t->role};
	h->headers = t->headers;
	while (t->role == HTTP_SERVER && literal(&t->rest, SPAN("\r\n")))
		;
	if (!line(t, &first))
		return false;
	if (!(t->role == HTTP_SERVER ? request_line(first, h) : status_line(first, h)))
		return false;
	if (!headers(t) || !framing(t))
		return false;
	h->keep_alive = !listed(h, SPAN("close")) && (!h->http10 || listed(h, SPAN("keep-alive")));
	return true;
}

/* --- the body
 * ------------------------------------------------------------------------------------------------- */

static bool take(struct text *t, uint64_t n, struct buf *transcript)
{
	size_t there = n < t->rest.len ? (size_t)n : t->rest.len;
	transcript_body(transcript, span_of(t->rest.ptr, there));
	t->rest = span_skip(t->rest, there);
	return there == n;
}

/* What an extension says is ignored; it only must not be able to end the line. */
static bool extensions(struct span s)
{
	s = span_trim(s);
	return s.len == 0 || (s.ptr[0] == ';' && all(s, line_char));
}

static unsigned hex_value(char c)
{
	return (unsigned)(c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
}

static bool chunk_size(struct span s, uint64_t *ret)
{
	struct span digits = run(&s, hex);
	*ret = 0;
	for (size_t i = 0; i < digits.len; i++) {
		if (*ret >> 60)
			return false;
		*ret = *ret << 4 | hex_value(digits.ptr[i]);
	}
	return digits.len && extensions(s);
}

static bool chunks(struct text *t, struct buf *transcript)
{
	struct span s;
	struct http_header trailer;
	uint64_t n = 1;
	while (n) {
		if (!line(t, &s) || !chunk_size(s, &n))
			return false;
		if (n && (!take(t, n, transcript) || !literal(&t->rest, SPAN("\r\n"))))
			return false;
	}
	while (line(t, &s)) {
		if (s.len == 0)
			return true;
		if (!field(s, &trailer))
			return false;
	}
	return false;
}

/* Section 6.3, in its order. */
static bool body(struct text *t, enum http_method asked, struct buf *transcript)
{
	const struct http_head *h = &t->head;
	if (t->role == HTTP_CLIENT && (asked == METHOD_HEAD || h->status == 204 || h->status == 304))
		return true;
	if (h->chunked)
		return chunks(t, transcript);
	if (h->has_length)
		return take(t, h->length, transcript);
	return t->role == HTTP_SERVER || take(t, t->rest.len, transcript);
}

static bool until_close(const struct text *t, enum http_method asked)
{
	const struct http_head *h = &t->head;
	return t->role == HTTP_CLIENT && asked != METHOD_HEAD && h->status != 204 && h->status != 304 &&
	       !h->chunked && !h->has_length;
}

bool http_reference(const struct wire *w, struct buf *transcript)
{
	struct text t = {.rest = w->text, .role = w->role};
	for (unsigned n = 0;;) {
		enum http_method asked = wire_asked(w, n);
		if (!read_head(&t))
			return t.rest.len == 0;
		if (t.role == HTTP_CLIENT && t.head.status < 200) {
			if (t.head.status == 101)
				return false; /* nobody asked for another protocol */
			continue;
		}
		t.head.keep_alive &= !until_close(&t, asked);
		transcript_head(transcript, t.role, &t.head);
		if (!body(&t, asked, transcript))
			return false;
		transcript_end_of_message(transcript);
		if (!t.head.keep_alive)
			return true;
		n++;
	}
}
