/* What one viewer receives of one track: sequence numbers, key frames, delay; and the windows that count it. */
#ifndef LOAD_STREAM_H
#define LOAD_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "histogram.h"

#define RTP_HEADER_BYTES 12

/* Everything that is counted between two moments, over all viewers. */
typedef struct {
  uint64_t packets;
  uint64_t bytes;
  /* Missing sequence numbers, less those that came late. */
  int64_t lost;
  uint64_t gaps;
  uint64_t reordered;
  uint64_t duplicates;
  /* Interleaved frames that do not begin where one ended, or that hold no RTP; RTP datagrams that are none. */
  uint64_t misaligned;
  uint64_t rtcp_packets;
  /* Reads that brought media: how many packets come at once is packets / reads. */
  uint64_t reads;
  Histogram delay;
} Window;

/* Sequence numbers of one RTP source (RFC 3550 appendix A.1, without probation). */
typedef struct {
  bool is_started;
  uint32_t ssrc;
  /* Extended sequence number of the next packet, and which of the 64 before it have come. */
  uint32_t next;
  uint64_t seen;
  uint64_t packets;
  int64_t lost;
  /* For the fraction lost of the next receiver report. */
  uint32_t reported_next;
  int64_t reported_lost;
} Stream;

typedef struct {
  bool is_rtp;
  bool begins_key_frame;
} Received;

/* Counts one RTP packet; `window` may be NULL outside every window. */
Received stream_receive(Stream *stream, const uint8_t *packet, size_t size, uint64_t now,
                        Window *window);

/* Writes a receiver report with one block and SDES CNAME; returns its size (RFC 3550 section 6.4.2). */
size_t stream_receiver_report(Stream *stream, uint32_t reporter_ssrc, uint8_t *out);
#define RECEIVER_REPORT_MAX_BYTES 64

#endif
