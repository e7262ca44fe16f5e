/* The command line of the load tool. */
#ifndef LOAD_OPTIONS_H
#define LOAD_OPTIONS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#define MAX_WINDOWS 64

typedef enum {
  /* Viewers come, stay through all windows, and leave together. */
  MODE_HOLD,
  /* Each viewer leaves with its first key frame. */
  MODE_JOIN,
  /* Each viewer leaves as soon as it plays. */
  MODE_CHURN,
  /* No RTSP: connections or datagrams that carry media from the first byte on. */
  MODE_RAW,
} Mode;

typedef struct {
  Mode mode;
  bool is_udp;
  bool all_tracks;
  bool uses_gro;
  bool sends_options;
  char url[512];
  char authority[64];
  struct sockaddr_in address;
  /* Viewers at the same time in MODE_HOLD and MODE_RAW; joins or cycles in the others, 0 = until the windows end. */
  uint32_t viewers;
  /* Viewers that are between connecting and playing at the same time. */
  uint32_t concurrency;
  /* Streams that the viewers share: viewer i plays the URL with i % paths behind it; 0 = all play the URL itself. */
  uint32_t paths;
  uint32_t interval_ms;
  double warmup_s;
  double windows_s[MAX_WINDOWS];
  uint32_t window_count;
  uint16_t base_port;
  uint32_t receive_buffer_bytes;
  uint32_t request_timeout_ms;
} Options;

/* Exits with a line on stderr when the command line is wrong. */
Options options_parse(int argc, char **argv);

#endif
