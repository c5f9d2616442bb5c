#pragma once

#include <stdint.h>

/*
 * systemd's protocols for services: sockets passed in, and notifications. Without a service manager
 * each function does nothing.
 */

/**
 * Takes the listening sockets passed to this process (sd_listen_fds(3)): one, and optionally one
 * named "admin". Each is -1 if there is none. Call it once.
 *
 * Returns 0, or -1 after one line on standard error: they are not what is expected.
 */
int service_manager_sockets(int *echo, int *admin);

/** The server is ready; @status is shown. */
void service_manager_ready(const char *status);

/** A reload has begun; service_manager_ready() ends it. */
void service_manager_reloading(void);

/** The server is stopping, which may take up to @patience_ms. */
void service_manager_stopping(uint64_t patience_ms);

/** Returns how often to call service_manager_alive(), in ms; 0 is never. */
uint64_t service_manager_watchdog_ms(void);

void service_manager_alive(void);
