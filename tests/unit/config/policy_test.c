#include "../test.h"

#include "config/policy.h"

static const struct config_key keys[] = {
    {{"reader", 6}, SCOPE_READ, {"r-secret", 8}},
    {{"writer", 6}, SCOPE_WRITE, {"w-secret", 8}},
    {{"both", 4}, SCOPE_READ | SCOPE_WRITE, {"b-secret", 8}},
    {{"boss", 4}, SCOPE_ADMIN, {"a-secret", 8}},
};
enum { STORE_DERIVE, STORE_KEYS, STORE_OPEN };
static const struct config_store stores[] = {
    [STORE_DERIVE] = {.name = {"main", 4}, .credential = {"main-cred", 9}, .auth = AUTH_DERIVE_FROM_STORE},
    [STORE_KEYS] = {.name = {"keyed", 5},
        .credential = {"keyed-cred", 10},
        .auth = AUTH_KEYS,
        .keys = keys,
        .key_count = 4},
    [STORE_OPEN] = {.name = {"open", 4}, .credential = {"open-cred", 9}, .auth = AUTH_OPEN},
};
static const struct config_store other = {
    .name = {"other", 5}, .credential = {"other-cred", 10}, .auth = AUTH_DERIVE_FROM_STORE};
static const struct config cfg = {.stores = stores, .store_count = 3, .default_store = &stores[STORE_DERIVE]};

static void verdicts(void **state)
{
	static const struct {
		const struct config_store *store;
		const char *token;
		enum scope required;
		enum policy_verdict verdict;
		const char *key_name;
	} cases[] = {
	    {&stores[STORE_DERIVE], "main-cred", SCOPE_READ, POLICY_ALLOW, "store"},
	    {&stores[STORE_DERIVE], "main-cred", SCOPE_WRITE, POLICY_ALLOW, "store"},
	    {&stores[STORE_DERIVE], "main-cred", SCOPE_ADMIN, POLICY_ALLOW, "store"},
	    {&stores[STORE_DERIVE], "main-cre", SCOPE_READ, POLICY_UNAUTHORIZED, ""},
	    {&stores[STORE_DERIVE], "main-credx", SCOPE_READ, POLICY_UNAUTHORIZED, ""},
	    {&stores[STORE_DERIVE], "", SCOPE_READ, POLICY_UNAUTHORIZED, ""},
	    {&stores[STORE_DERIVE], "", SCOPE_NONE, POLICY_ALLOW, ""},
	    {&stores[STORE_DERIVE], "a-secret", SCOPE_READ, POLICY_UNAUTHORIZED, ""},
	    /* a store that is not the default one derives from the default one */
	    {&other, "main-cred", SCOPE_ADMIN, POLICY_ALLOW, "store"},
	    {&other, "other-cred", SCOPE_READ, POLICY_UNAUTHORIZED, ""},
	    {&stores[STORE_KEYS], "r-secret", SCOPE_READ, POLICY_ALLOW, "reader"},
	    {&stores[STORE_KEYS], "r-secret", SCOPE_WRITE, POLICY_FORBIDDEN, "reader"},
	    {&stores[STORE_KEYS], "r-secret", SCOPE_ADMIN, POLICY_FORBIDDEN, "reader"},
	    {&stores[STORE_KEYS], "w-secret", SCOPE_WRITE, POLICY_ALLOW, "writer"},
	    {&stores[STORE_KEYS], "w-secret", SCOPE_READ, POLICY_FORBIDDEN, "writer"},
	    {&stores[STORE_KEYS], "b-secret", SCOPE_READ, POLICY_ALLOW, "both"},
	    {&stores[STORE_KEYS], "b-secret", SCOPE_WRITE, POLICY_ALLOW, "both"},
	    {&stores[STORE_KEYS], "b-secret", SCOPE_ADMIN, POLICY_FORBIDDEN, "both"},
	    {&stores[STORE_KEYS], "a-secret", SCOPE_READ, POLICY_ALLOW, "boss"},
	    {&stores[STORE_KEYS], "a-secret", SCOPE_WRITE, POLICY_ALLOW, "boss"},
	    {&stores[STORE_KEYS], "a-secret", SCOPE_ADMIN, POLICY_ALLOW, "boss"},
	    {&stores[STORE_KEYS], "keyed-cred", SCOPE_READ, POLICY_UNAUTHORIZED, ""},
	    {&stores[STORE_KEYS], "main-cred", SCOPE_READ, POLICY_UNAUTHORIZED, ""},
	    {&stores[STORE_KEYS], "", SCOPE_READ, POLICY_UNAUTHORIZED, ""},
	    {&stores[STORE_OPEN], "", SCOPE_ADMIN, POLICY_ALLOW, ""},
	    {&stores[STORE_OPEN], "whatever", SCOPE_WRITE, POLICY_ALLOW, ""},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct policy_result r =
		    policy_authorize(&cfg, cases[i].store, span_str(cases[i].token), cases[i].required);
		if (r.verdict != cases[i].verdict)
			fail_msg("case %zu: %d", i, r.verdict);
		assert_span(r.key_name, cases[i].key_name);
		assert_int_equal(r.required, cases[i].required);
		assert_int_equal(r.reason == NULL, r.verdict == POLICY_ALLOW);
	}
}

static void bearers(void **state)
{
	static const struct {
		const char *value, *token;
	} cases[] = {
	    {"Bearer abc", "abc"}, {"bearer   abc ", "abc"}, {"BEARER\tabc", ""}, {"Bearer", ""},
	    {"Bearer ", ""}, {"Basic abc", ""}, {"abc", ""}, {"", ""},
	    {"Bearer a b", "a b"}, /* equals no key: keys have no spaces */
	};
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_span(policy_bearer(span_str(cases[i].value)), cases[i].token);
	assert_string_equal(policy_scope_name(SCOPE_READ), "read");
	assert_string_equal(policy_scope_name(SCOPE_WRITE), "write");
	assert_string_equal(policy_scope_name(SCOPE_ADMIN), "admin");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(verdicts), cmocka_unit_test(bearers)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
