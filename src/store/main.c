/* layer-store: the local store as a program. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/secret.h"
#include "base/url.h"
#include "net/http.h"
#include "rt/coro.h"
#include "store/cloud/cloud_settings.h"
#include "store/server.h"

#define DRAIN_NS    (10 * NS_PER_S)
#define THREADS_MIN 16 /* writers wait for the disk most of the time */

static const char usage[] =
    "layer-store – a local, Turbopuffer-compatible vector and full-text store\n"
    "\n"
    "  layer-store --data ./data            keep everything in ./data, serve on http://127.0.0.1:8090\n"
    "\n"
    "It speaks the HTTP API of Turbopuffer, so the official SDKs work with it: set TURBOPUFFER_BASE_URL to "
    "its\n"
    "address and TURBOPUFFER_API_KEY to any text. It is meant for development, tests and small "
    "single-machine\n"
    "use. What it answers, and what it refuses, is in docs/local-store.md.\n"
    "\n"
    "Options\n"
    "  --listen HOST:PORT   where to serve (default 127.0.0.1:8090; port 0 takes a free one)\n"
    "  --data DIR           where the data lives; made if it is missing. Without it everything is in memory "
    "and\n"
    "                       gone when the program ends\n"
    "  --api-key KEY        let in only requests with this key (default: every request is let in). Better "
    "given\n"
    "                       by the environment variable LAYER_STORE_API_KEY: others can read your command "
    "line\n"
    "  --help               this text\n"
    "  --version            the version\n"
    "\n"
    "Like the cloud (docs/local-store.md): how it behaves, and misbehaves, as the hosted service does. Off "
    "unless\n"
    "one of these is given\n"
    "  --cloud              the service on an ordinary day: lag, latency, permits, answers that come later\n"
    "  --admin              serve GET and PATCH /_admin/cloud, to read and change the settings below; wants "
    "a key\n"
    "%.*s"
    "\n"
    "Ctrl-C or SIGTERM stops it; requests under way are finished first. A write that was answered with 200 "
    "is\n"
    "on the disk, whatever happens next.\n";

struct settings {
	bool like_the_cloud, admin, simulate;
	struct cloud_settings cloud;
	const char *data;
	char host[64];
	uint16_t port;
	const char *api_key;
};

static int fail(const char *what, const char *why)
{
	fprintf(
	    stderr, "layer-store: %s%s%s\nTry layer-store --help.\n", what, why ? ": " : "", why ? why : "");
	return 2;
}

/* Names the option alone: what else stands there may be a key. */
static int fail_unknown(struct span argument)
{
	char option[64] = "";
	if (span_starts(argument, SPAN("--")))
		snprintf(option, sizeof option, "%.*s", (int)strcspn(argument.ptr, "="), argument.ptr);
	return fail(*option ? "unknown option" : "an argument that is no option", *option ? option : NULL);
}

static int parse_listen(const char *text, struct settings *s)
{
	struct span host;
	if (url_parse_listen(span_str(text), &host, &s->port) < 0 || host.len >= sizeof s->host)
		return -E_INVALID;
	memcpy(s->host, host.ptr, host.len);
	s->host[host.len] = '\0';
	return 0;
}

static int print_usage(void)
{
	struct buf cloud = buf_new(1 << 16);
	cloud_settings_put_help(&cloud);
	int rc = printf(usage, SPAN_FMT(buf_span(&cloud)));
	buf_free(&cloud);
	return rc < 0 ? 2 : 1;
}

/* --index-lag-ms and the like. 0, or -E_NOT_FOUND, or -E_INVALID after saying why. */
static int parse_cloud(struct span flag, const char *value, struct cloud_settings *s)
{
	char name[64];
	const char *wanted;
	if (flag.len < 2 || flag.len >= sizeof name)
		return -E_NOT_FOUND;
	for (size_t i = 2; i < flag.len; i++)
		name[i - 2] = flag.ptr[i] == '-' ? '_' : flag.ptr[i];
	int rc = cloud_settings_set(s, span_of(name, flag.len - 2), span_str(value), &wanted);
	if (rc == -E_INVALID && value)
		fprintf(stderr, "layer-store: %.*s must be %s\nTry layer-store --help.\n", SPAN_FMT(flag),
		    wanted);
	return rc;
}

/* Options without a value. */
static bool *switch_of(struct span name, struct settings *s)
{
	if (span_eq(name, SPAN("--cloud")))
		return &s->like_the_cloud;
	return span_eq(name, SPAN("--admin")) ? &s->admin : NULL;
}

/* 0: go on; else the exit code plus one. */
static int parse_arguments(int argc, char **argv, struct settings *s)
{
	for (int i = 1; i < argc; i++) { /* first, so that others override what it sets, wherever it stands */
		bool *on = switch_of(span_str(argv[i]), s);
		s->simulate |= on != NULL;
		if (on)
			*on = true;
	}
	cloud_settings_init(&s->cloud, s->like_the_cloud);
	for (int i = 1; i < argc; i++) {
		struct span name = span_str(argv[i]);
		if (span_eq(name, SPAN("--help")) || span_eq(name, SPAN("-h")))
			return print_usage();
		if (switch_of(name, s))
			continue;
		if (span_eq(name, SPAN("--version")))
			return puts("layer-store " LAYER_VERSION) < 0 ? 2 : 1;
		const char *value = i + 1 < argc ? argv[i + 1] : NULL;
		bool listen = span_eq(name, SPAN("--listen")), data = span_eq(name, SPAN("--data"));
		bool key = span_eq(name, SPAN("--api-key"));
		int cloud = listen || data || key ? 0 : parse_cloud(name, value, &s->cloud);
		if (cloud == -E_NOT_FOUND)
			return fail_unknown(name) + 1;
		if (!value)
			return fail("missing value of", argv[i]) + 1;
		if (cloud < 0)
			return 3;
		if (listen && parse_listen(value, s) < 0)
			return fail("--listen wants HOST:PORT", NULL) + 1;
		if (data)
			s->data = value;
		if (key) {
			secret_hide_argument(&argv[i + 1]);
			s->api_key = argv[i + 1];
		}
		s->simulate |= !listen && !data && !key;
		i++;
	}
	const char *problem = cloud_settings_problem(&s->cloud);
	return problem ? fail(problem, NULL) + 1 : 0;
}

/* The loop runs on a thread of its own; the first thread waits for a signal and posts the end to it. */
struct service {
	struct loop *loop;
	struct store_server *server;
	struct mail stop;
};

static void *run_loop(void *arg)
{
	loop_run(((struct service *)arg)->loop);
	http_free_spare();
	return NULL;
}

static void drain(void *arg)
{
	struct service *v = arg;
	store_server_drain(v->server, deadline_in(DRAIN_NS));
	loop_stop(v->loop);
}

static void on_stop(struct mail *m)
{
	struct service *v = (struct service *)((char *)m - offsetof(struct service, stop));
	if (!coro_start(v->loop, drain, v))
		abort();
}

static void greet(const struct settings *s, uint16_t port)
{
	const char *open = strchr(s->host, ':') ? "[" : "", *close = *open ? "]" : "";
	printf("layer-store %s serves http://%s%s%s:%u\n"
	       "  data     %s\n"
	       "  key      %s\n"
	       "  try      curl http://%s%s%s:%u/v1/namespaces%s\n",
	    LAYER_VERSION, open, s->host, close, port, s->data ? s->data : "in memory only (see --data)",
	    s->api_key ? "required" : "any", open, s->host, close, port,
	    s->api_key ? " -H 'authorization: Bearer KEY'" : "");
	fflush(stdout);
}

static int serve(const struct settings *s, struct store *st, const sigset_t *signals)
{
	struct service v = {.stop = {.fn = on_stop}};
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	struct store_server_options opts = {.host = s->host,
	    .port = s->port,
	    .api_key = span_str(s->api_key),
	    .threads = cores > THREADS_MIN ? (unsigned)cores : THREADS_MIN};
	uint16_t port;
	pthread_t thread;
	int rc = loop_new(&v.loop), signal;
	if (rc == 0)
		rc = store_server_new(v.loop, st, &opts, &v.server, &port);
	if (rc < 0) {
		fprintf(
		    stderr, "layer-store: cannot listen on %s:%u: %s\n", s->host, s->port, result_text(rc));
		loop_free(v.loop);
		return 1;
	}
	if (pthread_create(&thread, NULL, run_loop, &v) != 0)
		abort();
	greet(s, port);
	sigwait(signals, &signal);
	loop_post(v.loop, &v.stop);
	pthread_join(thread, NULL);
	store_server_free(v.server);
	loop_free(v.loop);
	return 0;
}

static void log_report(const struct store_report *r)
{
	if (r->bytes_cut)
		log_warn("store.log.torn_end", LOG_U64("bytes_cut", r->bytes_cut));
	if (r->rewrite_rc < 0)
		log_warn("store.log.rewrite", LOG_ERR(r->rewrite_rc));
	else if (r->bytes_before)
		log_info("store.log.rewrite", LOG_U64("bytes_before", r->bytes_before),
		    LOG_U64("bytes_after", r->bytes_after));
}

int main(int argc, char **argv)
{
	secret_forbid_core_dumps();
	secret_hide_variables("LAYER_STORE_API_KEY");
	struct settings s = {.host = "127.0.0.1", .port = 8090, .api_key = getenv("LAYER_STORE_API_KEY")};
	int rc = parse_arguments(argc, argv, &s);
	if (rc)
		return rc - 1;
	if (s.api_key && !*s.api_key)
		s.api_key = NULL;
	if (s.admin && !s.api_key)
		return fail(
		    "--admin wants an API key", "else whoever reaches the port could change the settings");
	sigset_t signals;
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &signals, NULL); /* every thread inherits it */
	signal(SIGPIPE, SIG_IGN);
	struct arena *a = arena_new();
	struct store *st;
	struct store_report report;
	struct store_options opts = {.cloud = s.simulate ? &s.cloud : NULL, .admin = s.admin};
	rc = store_open(s.data, &opts, a, &st, &report);
	log_report(&report);
	if (rc < 0) {
		fprintf(stderr, "layer-store: %.*s\n", SPAN_FMT(report.problem));
	} else {
		rc = serve(&s, st, &signals);
		store_close(st);
	}
	arena_free(a);
	return rc < 0 ? 1 : rc;
}
