#include "base/fault.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static char armed_name[64];
static unsigned armed_pass;
static atomic_uint passes;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void arm(const char *name, size_t len, unsigned pass)
{
	if (len >= sizeof armed_name)
		abort();
	memcpy(armed_name, name, len);
	armed_name[len] = '\0';
	armed_pass = pass;
	atomic_store(&passes, 0);
}

static void arm_from_environment(void)
{
	const char *s = getenv("LAYER_FAULT");
	if (s)
		arm(s, strcspn(s, ":"), strchr(s, ':') ? (unsigned)strtoul(strchr(s, ':') + 1, NULL, 10) : 0);
}

void fault_arm(const char *name, unsigned pass)
{
	pthread_once(&once, arm_from_environment);
	arm(name ? name : "", name ? strlen(name) : 0, pass);
}

bool fault_hit(const char *name)
{
	pthread_once(&once, arm_from_environment);
	if (!armed_name[0] || strcmp(name, armed_name) != 0)
		return false;
	unsigned pass = atomic_fetch_add(&passes, 1) + 1;
	return armed_pass == 0 || pass == armed_pass;
}
