/* Several threads write lines at once; for the thread sanitizer, and no line may be lost or torn. */
#include "../test.h"

#include <pthread.h>
#include <stdio.h>

#include "obs/access_log.h"

enum { THREADS = 4, LINES = 5000 };

struct work {
	struct access_log *log;
	char name;
};

static void *write_lines(void *arg)
{
	const struct work *work = arg;
	struct access_log_writer *w = access_log_writer_new(work->log);
	for (unsigned i = 0; i < LINES; i++)
		access_log_write(w, &(struct access_line){.method = span_of(&work->name, 1), .status = i});
	return NULL;
}

static void every_line_once_and_whole(void **state)
{
	FILE *f = tmpfile();
	struct access_log *log;
	pthread_t threads[THREADS];
	struct work work[THREADS];
	unsigned next[THREADS] = {0};
	assert_int_equal(access_log_start(fileno(f), &log), 0);
	for (int i = 0; i < THREADS; i++) {
		work[i] = (struct work){log, (char)('a' + i)};
		assert_int_equal(pthread_create(&threads[i], NULL, write_lines, &work[i]), 0);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	access_log_stop(log);
	rewind(f);
	for (char line[512]; fgets(line, sizeof line, f);) {
		char name;
		unsigned status;
		assert_int_equal(
		    sscanf(line, "{\"ts\":\"%*[^\"]\",\"method\":\"%c\",\"status\":%u,", &name, &status), 2);
		assert_in_range(name, 'a', 'a' + THREADS - 1);
		assert_int_equal(status, next[name - 'a']++);
		assert_string_equal(line + strlen(line) - 2, "}\n");
	}
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(next[i], LINES);
	fclose(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_line_once_and_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
