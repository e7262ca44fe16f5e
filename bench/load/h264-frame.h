/* Cuts made-up H.264 pictures into RTP packets (RFC 6184), as a publisher does with real ones. */
#ifndef LOAD_H264_FRAME_H
#define LOAD_H264_FRAME_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "stream.h"

#define MAX_FRAME_PACKETS 4096
#define INTERLEAVED_HEADER_BYTES 4
#define FU_HEADER_BYTES 2
#define H264_PAYLOAD_TYPE 96
#define H264_CLOCK_RATE 90000

/* Baseline-like parameter sets of a 1280x720 picture; nothing here decodes it. */
#define H264_SPS "\x67\x42\xc0\x1f\xd9\x00\xa0\x5b\xb0\x11\x00\x00\x03\x00\x01\x00\x00\x03\x00\x3c\x0f\x18\x31\x9e"
#define H264_PPS "\x68\xcb\x83\xcb\x20"
#define H264_SPROP "Z0LAH9kAoFuwEQAAAwABAAADADwPGDGe,aMuDyyA="

/* The packets of one picture, each behind its interleaved header:
 *
 *   '$' channel length | RTP header | payload   '$' …
 *   ^ bytes + at[i]    ^ + 4; size[i] bytes from here                                                      */
typedef struct {
  uint8_t *bytes;
  size_t capacity, size_bytes;
  uint32_t count;
  size_t at[MAX_FRAME_PACKETS];
  uint16_t size[MAX_FRAME_PACKETS];
} Frame;

typedef struct {
  uint16_t sequence_number;
  uint32_t timestamp, ssrc;
  size_t max_packet_bytes;
} Packetizer;

static inline uint8_t *frame_payload(Frame *frame, uint32_t packet) {
  return frame->bytes + frame->at[packet] + INTERLEAVED_HEADER_BYTES + RTP_HEADER_BYTES;
}

/* Room for one more packet with `payload_size` bytes; returns where they go, or NULL when the frame is full. */
static inline uint8_t *frame_add(Frame *frame, Packetizer *packetizer, size_t payload_size,
                                 bool is_last) {
  size_t size = RTP_HEADER_BYTES + payload_size;
  if (frame->count == MAX_FRAME_PACKETS) return NULL;
  if (frame->size_bytes + INTERLEAVED_HEADER_BYTES + size > frame->capacity) return NULL;
  uint8_t *out = frame->bytes + frame->size_bytes;
  frame->at[frame->count] = frame->size_bytes;
  frame->size[frame->count++] = (uint16_t)size;
  frame->size_bytes += INTERLEAVED_HEADER_BYTES + size;
  uint16_t sequence_number = packetizer->sequence_number++;
  uint32_t timestamp = packetizer->timestamp, ssrc = packetizer->ssrc;
  const uint8_t header[INTERLEAVED_HEADER_BYTES + RTP_HEADER_BYTES] = {
      '$', 0, (uint8_t)(size >> 8), (uint8_t)size,
      2 << 6, (uint8_t)((is_last ? 0x80 : 0) | H264_PAYLOAD_TYPE),
      (uint8_t)(sequence_number >> 8), (uint8_t)sequence_number,
      (uint8_t)(timestamp >> 24), (uint8_t)(timestamp >> 16), (uint8_t)(timestamp >> 8), (uint8_t)timestamp,
      (uint8_t)(ssrc >> 24), (uint8_t)(ssrc >> 16), (uint8_t)(ssrc >> 8), (uint8_t)ssrc};
  memcpy(out, header, sizeof header);
  return out + sizeof header;
}

/* One NAL unit: a packet of its own where it fits, else fragments (FU-A). */
static inline void frame_add_unit(Frame *frame, Packetizer *packetizer, const uint8_t *unit,
                                  size_t size, bool is_last_unit) {
  enum { NAL_FU_A = 28 };
  size_t room = packetizer->max_packet_bytes - RTP_HEADER_BYTES;
  if (size <= room) {
    uint8_t *payload = frame_add(frame, packetizer, size, is_last_unit);
    if (payload) memcpy(payload, unit, size);
    return;
  }
  room -= FU_HEADER_BYTES;
  for (size_t at = 1; at < size;) {
    size_t piece = size - at < room ? size - at : room;
    bool is_last = at + piece == size;
    uint8_t *payload = frame_add(frame, packetizer, FU_HEADER_BYTES + piece, is_last_unit && is_last);
    if (!payload) return;
    payload[0] = (uint8_t)((unit[0] & 0xe0) | NAL_FU_A);
    payload[1] = (uint8_t)((at == 1 ? 0x80 : 0) | (is_last ? 0x40 : 0) | (unit[0] & 0x1f));
    memcpy(payload + FU_HEADER_BYTES, unit + at, piece);
    at += piece;
  }
}

/* One picture of `picture_bytes`: parameter sets first when it is a key frame, then fragments (FU-A). */
static inline void frame_make(Frame *frame, Packetizer *packetizer, size_t picture_bytes,
                              bool is_key_frame) {
  enum { NAL_SLICE = 1, NAL_IDR = 5, NAL_FU_A = 28, REFERENCE = 3 << 5 };
  size_t room = packetizer->max_packet_bytes - RTP_HEADER_BYTES - FU_HEADER_BYTES;
  frame->count = 0;
  frame->size_bytes = 0;
  if (is_key_frame) {
    memcpy(frame_add(frame, packetizer, sizeof H264_SPS - 1, false), H264_SPS, sizeof H264_SPS - 1);
    memcpy(frame_add(frame, packetizer, sizeof H264_PPS - 1, false), H264_PPS, sizeof H264_PPS - 1);
  }
  uint8_t type = is_key_frame ? NAL_IDR : NAL_SLICE;
  for (size_t at = 0; at < picture_bytes;) {
    size_t piece = picture_bytes - at < room ? picture_bytes - at : room;
    bool is_last = at + piece == picture_bytes;
    uint8_t *payload = frame_add(frame, packetizer, FU_HEADER_BYTES + piece, is_last);
    if (!payload) return;
    payload[0] = REFERENCE | NAL_FU_A;
    payload[1] = (uint8_t)((at == 0 ? 0x80 : 0) | (is_last ? 0x40 : 0) | type);
    at += piece;
  }
}

#endif
