/* `layer dev`: a store on a free port, the gateway in front of it, and the sample beside them. One thread,
 * top to bottom; between its steps it sleeps until a signal comes. */
#include "cli/dev.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/time.h"
#include "cli/api.h"
#include "cli/dev_parts.h"
#include "cli/dev_text.h"
#include "cli/files.h"

#define READY_NS        (60 * NS_PER_S)
#define READY_PAUSE_NS  (10 * NS_PER_MS)
#define CALL_NS         (2 * NS_PER_S)
#define GATEWAY_STOP_NS (30 * NS_PER_S)
#define STORE_STOP_NS   (30 * NS_PER_S)

struct dev {
	const struct options *options;
	struct arena *arena;
	const char *dir, *key, *listen, *host, *url, *store_url;
	uint16_t port, store_port;
	struct part store, gateway, sample;
	sigset_t signals; /* blocked, and waited for */
};

/* Says what went wrong; returns rc for `return complain(…)`. */
static int complain(const char *what, int rc)
{
	fprintf(stderr, "%s: %s\n", what, result_text(rc));
	return rc;
}

static int find_key(struct dev *d)
{
	const char *env = getenv("TURBOPUFFER_API_KEY");
	d->key = d->options->api_key ? d->options->api_key : env;
	if (d->key && *d->key)
		return 0;
	return data_key(d->arena, d->dir, &d->key);
}

static int parse_listen(struct dev *d)
{
	int rc = listen_parse(d->arena, d->listen, &d->host, &d->port, &d->url);
	return rc < 0 ? complain("--listen is not ADDRESS:PORT", rc) : 0;
}

static int find_ports(struct dev *d)
{
	d->listen = d->options->listen;
	int rc = parse_listen(d);
	if (rc < 0)
		return rc;
	rc = listen_probe(d->host, &d->port);
	if (rc == -E_BUSY)
		fprintf(stderr, "%s is in use. Stop what listens there, or choose another with --listen.\n",
		    d->listen);
	else if (rc == -E_INVALID)
		fprintf(stderr, "--listen %s: the address must be a numeric one, or localhost\n", d->listen);
	else if (rc < 0)
		fprintf(stderr, "--listen %s: %s\n", d->listen, result_text(rc));
	if (rc < 0)
		return rc;
	/* Port 0 has become a free one. */
	d->listen = arena_printf(d->arena, strchr(d->host, ':') ? "[%s]:%u" : "%s:%u", d->host, d->port).ptr;
	rc = listen_probe("127.0.0.1", &d->store_port);
	return rc < 0 ? complain("No port is free for the store", rc) : parse_listen(d);
}

static int prepare(struct dev *d)
{
	int rc = data_directory(d->arena, d->options->data, &d->dir);
	if (rc < 0)
		return complain("The data directory", rc);
	rc = data_lock(d->arena, d->dir);
	if (rc == -E_BUSY)
		fprintf(
		    stderr, "Another `layer dev` uses %s. Choose another directory with --data.\n", d->dir);
	else if (rc < 0)
		complain(d->dir, rc);
	if (rc < 0)
		return rc;
	rc = find_key(d);
	if (rc < 0)
		return complain("The key in the data directory", rc);
	d->store.log = path_in(d->arena, d->dir, "store.log");
	d->gateway.log = path_in(d->arena, d->dir, "gateway.log");
	return find_ports(d);
}

static int start(struct dev *d, struct part *p, const char *const *args, const char *const *env)
{
	const char *argv[8] = {0};
	int rc = sibling_program(d->arena, p->program, &argv[0]);
	for (size_t i = 0; rc == 0 && args[i]; i++)
		argv[i + 1] = args[i];
	if (rc == 0)
		rc = part_start(p, argv, env);
	return rc < 0 ? complain(p->program, rc) : 0;
}

/* Sleeps until a signal comes or the time is over. True if we were asked to end. */
static bool asked_to_end(const struct dev *d, uint64_t wait_ns)
{
	const struct timespec wait = {
	    .tv_sec = (time_t)(wait_ns / NS_PER_S), .tv_nsec = (long)(wait_ns % NS_PER_S)};
	int signal = sigtimedwait(&d->signals, NULL, &wait);
	return signal == SIGINT || signal == SIGTERM || signal == SIGHUP;
}

static bool any_died(struct dev *d)
{
	int status;
	return part_died(&d->store, d->arena, &status) || part_died(&d->gateway, d->arena, &status);
}

/* Asks until the answer is 200; with a 503, or no answer yet, again. */
static int await_ready(struct dev *d, const char *url, const char *path)
{
	struct buf answer = buf_new(1 << 20);
	struct api *api;
	uint64_t deadline = time_mono_ns() + READY_NS;
	int status = 0, rc = api_new(span_str(url), span_str(d->key), &api);
	if (rc < 0)
		return complain(url, rc);
	for (rc = -E_AGAIN; rc == -E_AGAIN;) {
		if (api_call(api, "GET", span_str(path), SPAN_NONE, CALL_NS, &status, &answer) == 0 &&
		    status == 200)
			rc = 0;
		else if (any_died(d))
			rc = -E_IO;
		else if (asked_to_end(d, READY_PAUSE_NS))
			rc = -E_CANCELLED;
		else if (time_mono_ns() > deadline)
			rc = complain(url, -E_TIMEOUT);
	}
	api_free(api);
	buf_free(&answer);
	return rc;
}

static int start_store(struct dev *d)
{
	const char *listen = arena_printf(d->arena, "127.0.0.1:%u", d->store_port).ptr;
	const char *args[] = {"--listen", listen, "--data", path_in(d->arena, d->dir, "store"), NULL};
	const char *env[] = {arena_printf(d->arena, "LAYER_STORE_API_KEY=%s", d->key).ptr, NULL};
	d->store_url = arena_printf(d->arena, "http://%s", listen).ptr;
	int rc = start(d, &d->store, args, env);
	return rc < 0 ? rc : await_ready(d, d->store_url, "/v1/namespaces");
}

static int start_gateway(struct dev *d)
{
	const char *args[] = {NULL};
	const char *env[] = {
	    arena_printf(d->arena, "TURBOPUFFER_API_URL=%s", d->store_url).ptr,
	    arena_printf(d->arena, "TURBOPUFFER_API_KEY=%s", d->key).ptr,
	    arena_printf(d->arena, "LAYER_HOST=%s", d->host).ptr,
	    arena_printf(d->arena, "PORT=%u", d->port).ptr,
	    arena_printf(d->arena, "LAYER_DRAIN_MARKER_PATH=%s/draining", d->dir).ptr,
	    "LAYER_CONFIG_DIR", /* not ours, if there is one */
	    NULL,
	};
	int rc = start(d, &d->gateway, args, env);
	return rc < 0 ? rc : await_ready(d, d->url, "/ready");
}

static int start_sample(struct dev *d)
{
	const char *args[] = {"sample", "--url", d->url, "--data", d->dir, NULL};
	const char *env[] = {arena_printf(d->arena, "TURBOPUFFER_API_KEY=%s", d->key).ptr, NULL};
	return start(d, &d->sample, args, env);
}

static void announce(const struct dev *d)
{
	printf("Layer is ready.\n\n  URL   %s\n  key   %s\n  data  %s (with gateway.log and store.log)\n",
	    d->url, d->key, d->dir);
	fflush(stdout);
}

static void show_commands(const struct dev *d, bool sample)
{
	struct buf text = buf_new(65536);
	dev_put_commands(&text, span_str(d->url), span_str(d->key), sample);
	fwrite(text.ptr, 1, text.len, stdout);
	fflush(stdout);
	buf_free(&text);
}

/* Until a signal asks for the end, or a program dies. */
static int wait_for_end(struct dev *d)
{
	while (!asked_to_end(d, 3600 * NS_PER_S)) {
		int status;
		if (part_died(&d->sample, d->arena, &status))
			show_commands(d, status == 0);
		if (any_died(d))
			return -E_IO;
	}
	return 0;
}

int dev_run(const struct options *o)
{
	struct dev d = {
	    .options = o,
	    .arena = arena_new(),
	    .store = {.program = "layer-store"},
	    .gateway = {.program = "layer-gateway"},
	    .sample = {.program = "layer"},
	};
	const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGCHLD};
	sigemptyset(&d.signals);
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
		sigaddset(&d.signals, signals[i]);
	sigprocmask(SIG_BLOCK, &d.signals, NULL);

	int rc = prepare(&d);
	if (rc == 0)
		rc = start_store(&d);
	if (rc == 0)
		rc = start_gateway(&d);
	if (rc == 0) {
		announce(&d);
		if (o->sample)
			rc = start_sample(&d);
		else
			show_commands(&d, false);
	}
	if (rc == 0)
		rc = wait_for_end(&d);
	part_stop(&d.sample, 2 * NS_PER_S);
	part_stop(&d.gateway, GATEWAY_STOP_NS);
	part_stop(&d.store, STORE_STOP_NS);
	arena_free(d.arena);
	return rc == 0 || rc == -E_CANCELLED ? EXIT_SUCCESS : EXIT_FAILURE;
}
