#include "store/cloud/mishap.h"

static bool may_hit(const struct cloud_settings *s, enum cloud_class class, struct span ns)
{
	struct span word = class == CLOUD_QUERY   ? SPAN("query")
	                   : class == CLOUD_WRITE ? SPAN("write")
	                                          : SPAN("metadata");
	return cloud_word(s->faults_on, CLOUD_AT_faults_on, word) &&
	       span_starts(ns, span_of(s->faults_prefix.at, s->faults_prefix.len));
}

struct mishap mishap_draw(
    struct chance *c, const struct cloud_settings *s, enum cloud_class class, struct span ns)
{
	const struct {
		enum mishap_kind kind;
		double rate;
	} all[] = {{MISHAP_STATUS, s->status_rate}, {MISHAP_CUT, s->cut_rate},
	    {MISHAP_CUT_BODY, s->cut_body_rate}, {MISHAP_CUT_JSON, s->garbage_rate},
	    {MISHAP_SLOW, s->slow_rate}};
	struct mishap m = {MISHAP_NONE};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		bool hit = chance_hits(c, all[i].rate);
		if (hit && m.kind == MISHAP_NONE)
			m.kind = all[i].kind;
	}
	uint64_t status = 0;
	struct span word = cloud_word_drawn(s->statuses, CLOUD_AT_statuses, chance_draw(c));
	m.status = span_to_u64(word, &status) == 0 ? (int)status : 500;
	m.applied = chance_hits(c, s->applied_rate);
	uint64_t part = chance_draw(c);
	m.permille = (uint32_t)(part % 1000);
	if (m.kind == MISHAP_CUT_JSON && part >> 63)
		m.kind = MISHAP_NO_JSON;
	return may_hit(s, class, ns) ? m : (struct mishap){MISHAP_NONE};
}
