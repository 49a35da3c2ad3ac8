/* What goes wrong with a request, by chance. */
#pragma once

#include "store/cloud/chance.h"
#include "store/cloud/cloud_settings.h"

/* METADATA is all that neither queries nor writes; recall and the listing too. */
enum cloud_class { CLOUD_METADATA, CLOUD_QUERY, CLOUD_WRITE, CLOUD_RECALL };

enum mishap_kind {
	MISHAP_NONE,
	MISHAP_STATUS,   /* fails with `status` */
	MISHAP_CUT,      /* the connection ends without an answer */
	MISHAP_CUT_BODY, /* the connection ends after that part of the body */
	MISHAP_CUT_JSON, /* 200 with that part of the JSON */
	MISHAP_NO_JSON,  /* 200 with a page in HTML */
	MISHAP_SLOW,     /* the body comes slowly */
};

struct mishap {
	enum mishap_kind kind;
	int status;
	bool applied;      /* of STATUS and CUT: the request was carried out; it is in all others */
	uint32_t permille; /* of the body */
};

/* Always the same number of draws. `ns` is empty for the listing. */
struct mishap mishap_draw(
    struct chance *c, const struct cloud_settings *s, enum cloud_class class, struct span ns);
