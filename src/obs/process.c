#include "obs/process.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/time.h"

static void read_memory(struct process_figures *p)
{
	unsigned long pages_virtual, pages_resident, page = (unsigned long)sysconf(_SC_PAGESIZE);
	FILE *f = fopen("/proc/self/statm", "re");
	if (!f)
		return;
	if (fscanf(f, "%lu %lu", &pages_virtual, &pages_resident) == 2) {
		p->virtual_bytes = pages_virtual * page;
		p->resident_bytes = pages_resident * page;
	}
	fclose(f);
}

/* Since Linux 6.2 the directory's size is the count; before, its entries are counted (with "." and "..", and
 * the descriptor that reads them). */
static uint64_t count_fds(void)
{
	struct stat st;
	uint64_t count = 0;
	if (stat("/proc/self/fd", &st) == 0 && st.st_size > 0)
		return (uint64_t)st.st_size;
	DIR *dir = opendir("/proc/self/fd");
	if (!dir)
		return 0;
	while (readdir(dir))
		count++;
	closedir(dir);
	return count > 3 ? count - 3 : 0;
}

struct process_figures process_figures_read(void)
{
	struct process_figures p = {.cpu_ns = time_cpu_ns(), .open_fds = count_fds()};
	struct rlimit limit;
	read_memory(&p);
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
		p.max_fds = limit.rlim_cur;
	return p;
}
