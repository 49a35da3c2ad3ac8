/* What the gateway says of itself: /health, /ready, /metrics, /openapi.json and /openapi.yaml. */
#pragma once

struct request;

void health_handle(struct request *r);
void ready_handle(struct request *r);
void metrics_handle(struct request *r);
void openapi_json_handle(struct request *r);
void openapi_yaml_handle(struct request *r);
