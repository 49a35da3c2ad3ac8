/* Reading and changing the schema: the gateway's own attributes are left out of the answers (decisions
 * "Reserved attributes in answers"). */
#pragma once

struct request;

void schema_handle(struct request *r);
