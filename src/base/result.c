#include "base/result.h"

#include <errno.h>

const char *result_text(int rc)
{
	switch (-rc) {
#define X(name, number, text)                                                                                \
	case name:                                                                                           \
		return text;
		RESULT_TABLE(X)
#undef X
	default:
		return rc >= 0 ? "ok" : "unknown error";
	}
}

int result_from_errno(int err)
{
	switch (err) {
	case ENOMEM:
		return -E_NOMEM;
	case ENOENT:
		return -E_NOT_FOUND;
	case EEXIST:
		return -E_EXISTS;
	case ETIMEDOUT:
		return -E_TIMEOUT;
	case ECANCELED:
		return -E_CANCELLED;
	case EPIPE:
	case ECONNRESET:
	case ECONNABORTED:
		return -E_CLOSED;
	case ECONNREFUSED:
	case EHOSTUNREACH:
	case ENETUNREACH:
		return -E_REFUSED;
	case EAGAIN:
		return -E_AGAIN;
	case ENOSPC:
	case EDQUOT:
		return -E_FULL;
	case EACCES:
	case EPERM:
		return -E_PERMISSION;
	case EINVAL:
		return -E_INVALID;
	default:
		return -E_IO;
	}
}
