#pragma once

#include "endpoint.h"

/* Documents about the server itself, for GET and HEAD. */

extern const struct endpoint status_info;    /* what it is and how it is set, as JSON */
extern const struct endpoint status_health;  /* whether it serves: 200, or 503 before a stop */
extern const struct endpoint status_metrics; /* what it has counted, for Prometheus */
