#pragma once

#include "endpoint.h"

/* Documents about the server itself, for GET and HEAD. */

extern const struct endpoint status_info;    /* version and settings, as JSON */
extern const struct endpoint status_health;  /* 200, or 503 while the server drains */
extern const struct endpoint status_metrics; /* counters, for Prometheus */
