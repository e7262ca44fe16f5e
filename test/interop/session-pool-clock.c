/*
 * GLib's monotonic clock under control, to be preloaded: GstRTSPSessionPool reads the time from here.
 *
 *   gcc -shared -fPIC -O2 -o clock.so session-pool-clock.c
 */
#include <stdint.h>

static int64_t now = 1000000000;

int64_t g_get_monotonic_time(void);
int64_t g_get_monotonic_time(void) { return now; }

void set_monotonic_time(int64_t microseconds);
void set_monotonic_time(int64_t microseconds) { now = microseconds; }
