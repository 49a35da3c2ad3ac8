#include "base/secret.h"

#include <sys/prctl.h>
#include <sys/resource.h>

bool secret_eq(struct span secret, struct span given)
{
	volatile unsigned char diff = (unsigned char)(secret.len != given.len || secret.len == 0);
	size_t n = secret.len ? secret.len : 1;
	for (size_t i = 0, k = 0; i < given.len; i++) {
		unsigned char c = secret.len ? (unsigned char)secret.ptr[k] : 0;
		diff = (unsigned char)(diff | (c ^ (unsigned char)given.ptr[i]));
		k = k + 1 == n ? 0 : k + 1;
	}
	return diff == 0;
}

void secret_wipe(void *p, size_t n)
{
	explicit_bzero(p, n);
}

void secret_forbid_core_dumps(void)
{
	setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
	prctl(PR_SET_DUMPABLE, 0);
}
