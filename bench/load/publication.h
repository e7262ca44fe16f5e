/* One stream that is published over RTSP and TCP, with blocking calls. */
#ifndef LOAD_PUBLICATION_H
#define LOAD_PUBLICATION_H

#include <signal.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
  char url[512];
  int fd;
  uint32_t cseq;
  char session[128];
  uint64_t next_keepalive_at;
} Publication;

/* Set by SIGTERM: a connection that breaks afterwards is no failure. */
extern volatile sig_atomic_t is_stopping;

/* Ends the process with a line on stderr. */
void die(const char *what);

/* Connects to `url`, and goes on until RECORD is answered; `format` is the value of a=fmtp:96. */
void publication_begin(Publication *publication, const char *format);
/* Writes interleaved frames; blocks while the server does not read. */
void publication_write(Publication *publication, const void *bytes, size_t size);
/* Reads away what the server says, and sends OPTIONS when it is time. */
void publication_tick(Publication *publication);

#endif
