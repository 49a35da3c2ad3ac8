/* Requests that go to the store as they are, and answers that come back as they are. */
#pragma once

struct request;

void relay_handle(struct request *r);
