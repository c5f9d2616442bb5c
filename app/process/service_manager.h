#pragma once

#include <stdint.h>

/*
 * What a service manager is told and what it hands over, by systemd's protocols; each does nothing
 * where there is none.
 */

/**
 * Takes over the listening sockets that were handed to this process (sd_listen_fds(3)): one, and
 * perhaps one more named "admin". Each is -1 where there is none. To be called once.
 *
 * Returns 0, or -1 after one line on standard error: they are not what was expected.
 */
int service_manager_sockets(int *echo, int *admin);

/** The server serves; it is shown as @status. */
void service_manager_ready(const char *status);

/** The configuration is being read once more; service_manager_ready() ends that. */
void service_manager_reloading(void);

/** The server stops, which may take up to @patience_ms. */
void service_manager_stopping(uint64_t patience_ms);

/** Returns how often service_manager_alive() is wanted, in ms, or 0: never. */
uint64_t service_manager_watchdog_ms(void);

void service_manager_alive(void);
