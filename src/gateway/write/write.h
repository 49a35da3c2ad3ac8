/* Writes: checked and stamped as they pass (pages api/write, document-model). */
#pragma once

struct request;

void write_handle(struct request *r);
