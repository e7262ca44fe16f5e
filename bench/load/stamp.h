/* A time of sending inside an RTP packet, for the one-way delay between two processes of one machine.
 *
 *   RTP header  FU indicator  FU header  "rtsp"  8 bytes: now_ns(), big endian
 *
 * Servers pass packets through unchanged, so the stamp arrives as it was sent. */
#ifndef LOAD_STAMP_H
#define LOAD_STAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define STAMP_MAGIC "rtsp"
#define STAMP_MAGIC_BYTES 4
#define STAMP_BYTES (STAMP_MAGIC_BYTES + 8)
/* FU indicator and FU header come first (RFC 6184 section 5.8). */
#define STAMP_OFFSET 2

static inline void stamp_write(uint8_t *payload, uint64_t ns) {
  memcpy(payload + STAMP_OFFSET, STAMP_MAGIC, STAMP_MAGIC_BYTES);
  for (int i = 0; i < 8; i++) {
    payload[STAMP_OFFSET + STAMP_MAGIC_BYTES + i] = (uint8_t)(ns >> (56 - 8 * i));
  }
}

static inline bool stamp_read(const uint8_t *payload, size_t size, uint64_t *ns) {
  if (size < STAMP_OFFSET + STAMP_BYTES) return false;
  if (memcmp(payload + STAMP_OFFSET, STAMP_MAGIC, STAMP_MAGIC_BYTES) != 0) return false;
  *ns = 0;
  for (int i = 0; i < 8; i++) *ns = *ns << 8 | payload[STAMP_OFFSET + STAMP_MAGIC_BYTES + i];
  return true;
}

#endif
