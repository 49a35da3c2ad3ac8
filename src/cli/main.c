/* `layer`: what stands around the gateway. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/dev.h"
#include "cli/sample.h"

static void print(FILE *f, struct buf *text)
{
	fwrite(text->ptr, 1, text->len, f);
	buf_free(text);
}

int main(int argc, char **argv)
{
	struct options o;
	struct buf text = buf_new(65536);
	signal(SIGPIPE, SIG_IGN);
	if (options_parse(argc, argv, &o, &text) < 0) {
		buf_byte(&text, '\n');
		print(stderr, &text);
		return 2;
	}
	if (o.help) {
		verbs_put_help(&text, o.verb);
		print(stdout, &text);
		return EXIT_SUCCESS;
	}
	if (o.version) {
		puts("layer " LAYER_VERSION);
		return EXIT_SUCCESS;
	}
	return o.verb == VERB_DEV ? dev_run(&o) : sample_run(&o);
}
