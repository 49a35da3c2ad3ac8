/* layer-gateway: settings, one worker thread per core, and on the main thread the control loop.
 *
 * SIGUSR2 replaces the process without losing a connection: it starts its program anew, with the listening
 * sockets as inherited descriptors. Both processes accept from the same queues until the new one serves and
 * tells the old one to drain; the queues outlive the old one, so nothing in them is lost. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/log.h"
#include "base/secret.h"
#include "gateway/handover.h"
#include "gateway/loops/config_watch.h"
#include "gateway/loops/consistency_watch.h"
#include "gateway/worker.h"
#include "net/tls.h"
#include "rt/watch.h"

#define WORKERS_MAX       256
#define OWN_FILES         64 /* logs, loops, signals, the configuration's files */
#define LEAST_CONNECTIONS 16

struct thread {
	struct mail ended; /* to the control loop */
	struct process *process;
	struct worker *worker;
	pthread_t id;
};

/* Of stable reads: decisions "Registration" and "The stamp". */
#define NAMESPACES_WATCHED_MAX 10000
#define QUERIED_LAPSE_MS       (15 * 60 * MS_PER_S)
#define WRITE_HOLD_MS          (60 * MS_PER_S)

struct process {
	struct gateway gateway;
	struct loop *control;
	struct worker *workers[WORKERS_MAX];
	struct thread threads[WORKERS_MAX];
	unsigned worker_count, bound, started, ended;
	int sockets[WORKERS_MAX];
	uint16_t port;
	uint64_t files_max;
	struct config_watch *config;
	struct consistency_watch *consistency;
	struct handover *handover;
	struct watch *on_term, *on_int, *on_hup, *on_usr2;
};

static const char usage[] =
    "layer-gateway " LAYER_VERSION " - a gateway in front of a Turbopuffer-compatible store\n"
    "\n"
    "Its settings are environment variables. The least that it needs is one store:\n"
    "  TURBOPUFFER_API_KEY=tpuf_... layer-gateway\n"
    "or a directory of manifests (VectorStore, Index, Secret), which it watches:\n"
    "  LAYER_CONFIG_DIR=/etc/layer layer-gateway\n"
    "\n"
    "SIGHUP loads the configuration again, SIGTERM finishes what is under way and ends, SIGUSR2 hands over\n"
    "to a new process of the program.\n"
    "\n"
    "  variable                             default     meaning\n";

#define SHOW_TEXT(v)   (v)
#define SHOW_NUMBER(v) #v
#define SHOW_FLAG(v)   #v

static void print_usage(void)
{
	fputs(usage, stdout);
	printf("  %-36s %-11s %s\n", "TURBOPUFFER_API_KEY", "", "The store's key.");
	printf("  %-36s %-11s %s\n", "TURBOPUFFER_API_URL", "",
	    "The store's URL; default https://aws-us-east-1.turbopuffer.com.");
#define X(field, type, variable, fallback, least, most, meaning)                                             \
	printf("  %-36s %-11s %s\n", variable, SHOW_##type(fallback), meaning);
	SETTINGS_TABLE(X)
#undef X
}

static int set_log_level(const char *name)
{
	static const char *const names[] = {"debug", "info", "warn", "error"};
	for (int i = 0; i < 4; i++) {
		if (strcmp(name, names[i]) == 0) {
			log_set_level((enum log_level)i);
			return 0;
		}
	}
	return -E_CONFIG;
}

static int read_settings(struct settings *s)
{
	char wrong[256] = "LAYER_LOG_LEVEL must be debug, info, warn or error";
	int rc = settings_from_env(s, wrong, sizeof wrong);
	if (rc == 0)
		rc = set_log_level(s->log_level);
	if (rc < 0)
		fprintf(stderr, "layer-gateway: %s\n", wrong);
	return rc;
}

/* As many descriptors as we may have, and writes to a closed peer as errors. */
static void prepare_process(struct process *p)
{
	struct rlimit files = {0};
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	p->files_max = files.rlim_cur;
	signal(SIGPIPE, SIG_IGN);
	secret_forbid_core_dumps();
	secret_hide_variables("TURBOPUFFER_API_KEY");
	secret_hide_variables("LAYER_SECRET_");
}

/* Clients must leave descriptors for the connections to the stores, or their requests would fail: what a loop
 * may have to one store, but never more than a quarter of all. */
static void limit_connections(struct process *p)
{
	const struct settings *s = &p->gateway.settings;
	uint64_t files = p->files_max > OWN_FILES ? p->files_max - OWN_FILES : 0;
	uint64_t stores = s->upstream_connections_max * p->worker_count;
	uint64_t clients = (files - (stores < files / 4 ? stores : files / 4)) / p->worker_count;
	clients = clients > LEAST_CONNECTIONS ? clients : LEAST_CONNECTIONS;
	if (clients < s->connections_max)
		log_info("gateway.connections", LOG_U64("LAYER_CONNECTIONS_MAX", s->connections_max),
		    LOG_U64("possible", clients), LOG_U64("descriptors", p->files_max));
	p->gateway.connections_max = (unsigned)(clients < s->connections_max ? clients : s->connections_max);
}

/* Takes the sockets that were handed over: every one has a loop that serves it, and further loops share them.
 */
static int inherit_sockets(struct process *p)
{
	int rc = handover_sockets(p->sockets, WORKERS_MAX, &p->port);
	if (rc <= 0)
		return rc;
	unsigned count = (unsigned)rc;
	if (p->worker_count < count)
		p->worker_count = count;
	for (p->bound = count; p->bound < p->worker_count; p->bound++) {
		p->sockets[p->bound] = fcntl(p->sockets[p->bound % count], F_DUPFD_CLOEXEC, 0);
		if (p->sockets[p->bound] < 0)
			return result_from_errno(errno);
	}
	return 0;
}

static int bind_sockets(struct process *p)
{
	const struct settings *s = &p->gateway.settings;
	p->port = (uint16_t)s->port;
	int rc = inherit_sockets(p);
	for (; rc >= 0 && p->bound < p->worker_count; p->bound++) {
		rc = server_bind(s->host, p->port, p->worker_count > 1, &p->port);
		p->sockets[p->bound] = rc;
	}
	if (rc < 0) {
		log_error("gateway.listen", LOG_STR("host", s->host), LOG_U64("port", p->port), LOG_ERR(rc));
		return rc;
	}
	return 0;
}

static int make_workers(struct process *p)
{
	limit_connections(p);
	for (unsigned i = 0; i < p->worker_count; i++) {
		int rc = worker_new(&p->gateway, i, p->sockets[i], &p->workers[i]);
		if (rc < 0)
			return rc;
	}
	p->gateway.workers = p->workers;
	p->gateway.worker_count = p->worker_count;
	return 0;
}

static int make_shared(struct gateway *g)
{
	const struct settings *s = &g->settings;
	const struct consistency_options consistency = {
	    .cadence = {s->poll_ms, s->poll_stable_ms},
	    .margin_ms = s->poll_margin_ms,
	    .capacity = NAMESPACES_WATCHED_MAX,
	    .lapse_ms = QUERIED_LAPSE_MS,
	    .hold_ms = WRITE_HOLD_MS,
	};
	g->consistency = consistency_new(&consistency);
	g->metrics = metrics_new();
	g->log_dropped = metrics_cell(metrics_shard_new(g->metrics), METRIC_LOG_LINES_DROPPED);
	int rc = tls_client_new(s->tls_ca_file[0] ? s->tls_ca_file : NULL, &g->tls);
	if (rc < 0) {
		log_error("gateway.tls", LOG_STR("LAYER_TLS_CA_FILE", s->tls_ca_file), LOG_ERR(rc));
		return rc;
	}
	return s->access_log ? access_log_start(STDOUT_FILENO, &g->access_log) : 0;
}

/* The control loop goes on until the last worker has ended: a second SIGTERM wants to be heard. */
static void on_worker_ended(struct mail *m)
{
	struct process *p = ((struct thread *)m)->process;
	if (++p->ended == p->worker_count)
		loop_stop(p->control);
}

static void *worker_main(void *arg)
{
	struct thread *t = arg;
	worker_run(t->worker);
	loop_post(t->process->control, &t->ended);
	return NULL;
}

/* Signals are for the main thread: the workers start with all of them blocked. */
static void start_workers(struct process *p)
{
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	for (; p->started < p->worker_count; p->started++) {
		struct thread *t = &p->threads[p->started];
		*t = (struct thread){
		    .ended = {.fn = on_worker_ended}, .process = p, .worker = p->workers[p->started]};
		if (pthread_create(&t->id, NULL, worker_main, t) != 0)
			abort();
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void on_hangup(void *ctx)
{
	struct process *p = ctx;
	if (!p->gateway.draining)
		config_watch_reload(p->config);
}

static void on_terminate(void *ctx)
{
	struct process *p = ctx;
	if (p->gateway.draining)
		_exit(130); /* asked twice */
	p->gateway.draining = true;
	config_watch_stop(p->config); /* the workers, who end, take no more mail */
	p->config = NULL;
	p->gateway.succeeded = handover_leave(p->handover);
	log_info("gateway.draining");
	for (unsigned i = 0; i < p->worker_count; i++)
		worker_drain(p->workers[i]);
	if (p->consistency)
		consistency_watch_stop(p->consistency);
}

static void on_hand_over(void *ctx)
{
	struct process *p = ctx;
	if (!p->gateway.draining)
		handover_start(p->handover, p->sockets, p->worker_count);
}

static int watch_signals(struct process *p)
{
	int rc = watch_signal(p->control, SIGTERM, on_terminate, p, &p->on_term);
	if (rc == 0)
		rc = watch_signal(p->control, SIGINT, on_terminate, p, &p->on_int);
	if (rc == 0)
		rc = watch_signal(p->control, SIGHUP, on_hangup, p, &p->on_hup);
	if (rc == 0)
		rc = watch_signal(p->control, SIGUSR2, on_hand_over, p, &p->on_usr2);
	return rc;
}

static int start(struct process *p)
{
	int rc = loop_new(&p->control);
	if (rc == 0)
		rc = make_shared(&p->gateway);
	if (rc == 0)
		rc = bind_sockets(p);
	if (rc == 0)
		rc = make_workers(p);
	if (rc == 0) {
		if (p->gateway.settings.poll_ms)
			p->consistency = consistency_watch_start(p->control, &p->gateway);
		rc = config_watch_start(
		    p->control, &p->gateway, p->workers, p->worker_count, p->consistency, &p->config);
	}
	if (rc == 0)
		rc = watch_signals(p);
	if (rc == 0)
		rc = handover_new(p->control, &p->handover);
	return rc;
}

/* Once nobody watches for them, the signals that ask for something else would end the process half-way. */
static void hold_late_signals(void)
{
	sigset_t late;
	sigemptyset(&late);
	sigaddset(&late, SIGHUP);
	sigaddset(&late, SIGUSR2);
	pthread_sigmask(SIG_BLOCK, &late, NULL);
}

static void stop(struct process *p)
{
	hold_late_signals();
	for (unsigned i = 0; i < p->started; i++)
		pthread_join(p->threads[i].id, NULL);
	config_watch_stop(p->config);
	consistency_watch_free(p->consistency);
	watch_stop(p->on_term);
	watch_stop(p->on_int);
	watch_stop(p->on_hup);
	watch_stop(p->on_usr2);
	handover_free(p->handover);
	for (unsigned i = 0; i < p->worker_count; i++)
		worker_free(p->workers[i]);
	loop_free(p->control);
	access_log_stop(p->gateway.access_log);
	consistency_free(p->gateway.consistency);
	metrics_free(p->gateway.metrics);
	tls_client_free(p->gateway.tls);
}

int main(int argc, char **argv)
{
	static struct process p;
	if (argc > 1) {
		bool help = !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h");
		if (help)
			print_usage();
		else if (!strcmp(argv[1], "--version"))
			puts("layer-gateway " LAYER_VERSION);
		else
			fprintf(stderr, "layer-gateway: no arguments but --help and --version; settings are "
			                "environment variables\n");
		return help || !strcmp(argv[1], "--version") ? 0 : 2;
	}
	prepare_process(&p);
	if (read_settings(&p.gateway.settings) < 0)
		return 2;
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	p.worker_count = p.gateway.settings.loops ? (unsigned)p.gateway.settings.loops : (unsigned)cores;
	if (p.worker_count > WORKERS_MAX)
		p.worker_count = WORKERS_MAX;
	int rc = start(&p);
	if (rc == 0) {
		start_workers(&p);
		log_info("gateway.listening", LOG_STR("host", p.gateway.settings.host),
		    LOG_U64("port", p.port), LOG_U64("loops", p.worker_count), LOG_U64("pid", getpid()));
		handover_serving(p.handover);
		loop_run(p.control);
	}
	stop(&p);
	if (rc == 0)
		log_info("gateway.stopped");
	return rc == 0 ? 0 : 1;
}
