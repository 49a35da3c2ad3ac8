#include "base/secret.h"

#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

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

static char *copy_of(const char *text)
{
	char *copy = strdup(text);
	if (!copy)
		abort();
	return copy;
}

void secret_hide_variables(const char *prefix)
{
	for (char **entry = environ; *entry; entry++) {
		char *value = strchr(*entry, '=');
		if (!value || strncmp(*entry, prefix, strlen(prefix)) != 0)
			continue;
		char *copy = copy_of(*entry);
		secret_wipe(value + 1, strlen(value + 1));
		*entry = copy;
	}
}

void secret_hide_argument(char **argument)
{
	char *copy = copy_of(*argument);
	secret_wipe(*argument, strlen(*argument));
	*argument = copy;
}

void secret_forbid_core_dumps(void)
{
	setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
	prctl(PR_SET_DUMPABLE, 0);
}
