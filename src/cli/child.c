#include "cli/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/time.h"

#define POLL_NS (10 * NS_PER_MS)

/* Between fork and exec: only async-signal-safe calls, but for setenv, which is fine in a process of one
 * thread. Never returns; tells the parent errno through the pipe. */
static void become(const struct child_spec *spec, pid_t parent, int report_fd)
{
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(127);
	int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	dup2(null_fd, STDIN_FILENO);
	int out = fcntl(spec->out_fd < 0 ? null_fd : spec->out_fd, F_DUPFD_CLOEXEC, 3);
	int err = fcntl(spec->err_fd < 0 ? null_fd : spec->err_fd, F_DUPFD_CLOEXEC, 3);
	dup2(out, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	for (const char *const *e = spec->env; e && *e; e++)
		putenv((char *)(uintptr_t)*e);
	execvp(spec->argv[0], (char *const *)(uintptr_t)spec->argv);
	int why = errno;
	ssize_t ignored = write(report_fd, &why, sizeof why);
	(void)ignored;
	_exit(127);
}

int child_start(const struct child_spec *spec, pid_t *ret_pid)
{
	int report[2], why = 0;
	pid_t parent = getpid();
	if (pipe2(report, O_CLOEXEC) < 0)
		return result_from_errno(errno);
	pid_t pid = fork();
	if (pid == 0)
		become(spec, parent, report[1]);
	int rc = pid < 0 ? result_from_errno(errno) : 0;
	close(report[1]);
	/* The pipe closes without a word when exec succeeds. */
	if (rc == 0 && read(report[0], &why, sizeof why) == sizeof why) {
		waitpid(pid, NULL, 0);
		rc = result_from_errno(why);
	}
	close(report[0]);
	if (rc == 0)
		*ret_pid = pid;
	return rc;
}

static int status_of(int wait_status)
{
	return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

bool child_ended(pid_t pid, int *ret_status)
{
	int status;
	if (waitpid(pid, &status, WNOHANG) != pid)
		return false;
	*ret_status = status_of(status);
	return true;
}

int child_stop(pid_t pid, int signal, uint64_t timeout_ns)
{
	const struct timespec pause = {.tv_nsec = (long)POLL_NS};
	uint64_t deadline = time_mono_ns() + timeout_ns;
	int status;
	kill(pid, signal);
	while (!child_ended(pid, &status)) {
		if (time_mono_ns() > deadline)
			kill(pid, SIGKILL);
		nanosleep(&pause, NULL);
	}
	return status;
}

/* Reads until the end of the pipe. */
static int drain(int fd, uint64_t deadline, struct buf *out)
{
	for (;;) {
		uint64_t now = time_mono_ns();
		int left_ms = now >= deadline ? 0 : (int)((deadline - now) / NS_PER_MS) + 1;
		int ready = poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, left_ms);
		if (ready == 0)
			return -E_TIMEOUT;
		char *to = buf_reserve(out, 64 * 1024);
		ssize_t n = ready < 0 || !to ? -1 : read(fd, to, 64 * 1024);
		if (n == 0)
			return 0;
		if (n > 0)
			buf_commit(out, (size_t)n);
		else if (!to)
			return buf_status(out);
		else if (errno != EINTR)
			return result_from_errno(errno);
	}
}

int child_output(const char *const *argv, int err_fd, uint64_t timeout_ns, struct buf *out)
{
	int fds[2];
	pid_t pid;
	if (pipe2(fds, O_CLOEXEC) < 0)
		return result_from_errno(errno);
	struct child_spec spec = {.argv = argv, .out_fd = fds[1], .err_fd = err_fd};
	int rc = child_start(&spec, &pid);
	close(fds[1]);
	if (rc == 0) {
		rc = drain(fds[0], time_mono_ns() + timeout_ns, out);
		int status = child_stop(pid, rc < 0 ? SIGKILL : 0, timeout_ns);
		if (rc == 0 && status != 0)
			rc = -E_IO;
	}
	close(fds[0]);
	return rc;
}
