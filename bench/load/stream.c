#include "stream.h"

#include <string.h>

#include "stamp.h"

#define RTP_VERSION 2
#define SEEN_PACKETS 64

/* NAL unit types (RFC 6184 section 5.2). */
enum { NAL_IDR = 5, NAL_SPS = 7, NAL_STAP_A = 24, NAL_FU_A = 28 };

static uint16_t read16(const uint8_t *at) { return (uint16_t)(at[0] << 8 | at[1]); }
static uint32_t read32(const uint8_t *at) { return (uint32_t)read16(at) << 16 | read16(at + 2); }

static void write16(uint8_t *at, uint32_t value) {
  at[0] = (uint8_t)(value >> 8);
  at[1] = (uint8_t)value;
}
static void write32(uint8_t *at, uint32_t value) {
  write16(at, value >> 16);
  write16(at + 2, value);
}

static size_t payload_offset(const uint8_t *packet, size_t size) {
  size_t offset = RTP_HEADER_BYTES + 4u * (packet[0] & 0x0f);
  if (packet[0] & 0x10) {
    if (offset + 4 > size) return size;
    offset += 4 + 4u * read16(packet + offset + 2);
  }
  return offset < size ? offset : size;
}

static bool begins_key_frame(const uint8_t *payload, size_t size) {
  if (size < 2) return false;
  unsigned type = payload[0] & 0x1f;
  if (type == NAL_FU_A) return (payload[1] & 0x80) && (payload[1] & 0x1f) == NAL_IDR;
  if (type != NAL_STAP_A) return type == NAL_IDR || type == NAL_SPS;
  for (size_t at = 1; at + 3 <= size; at += 2u + read16(payload + at)) {
    unsigned inner = payload[at + 2] & 0x1f;
    if (inner == NAL_IDR || inner == NAL_SPS) return true;
  }
  return false;
}

static void begin(Stream *stream, uint32_t ssrc, uint16_t sequence_number) {
  stream->is_started = true;
  stream->ssrc = ssrc;
  stream->next = sequence_number;
  stream->seen = 0;
  stream->reported_next = sequence_number;
}

static void count_sequence(Stream *stream, uint16_t sequence_number, Window *window) {
  int distance = (int16_t)(sequence_number - (uint16_t)stream->next);
  if (distance >= 0) {
    stream->seen = distance + 1 >= SEEN_PACKETS ? 1 : stream->seen << (distance + 1) | 1;
    stream->next += (uint32_t)distance + 1;
    stream->lost += distance;
    if (window && distance > 0) {
      window->lost += distance;
      window->gaps++;
    }
    return;
  }
  int bit = -distance - 1;
  bool is_duplicate = bit >= SEEN_PACKETS || (stream->seen >> bit & 1);
  if (!is_duplicate) {
    stream->seen |= 1ull << bit;
    stream->lost--;
  }
  if (!window) return;
  if (is_duplicate) {
    window->duplicates++;
  } else {
    window->reordered++;
    window->lost--;
  }
}

Received stream_receive(Stream *stream, const uint8_t *packet, size_t size, uint64_t now,
                        Window *window) {
  Received received = {false, false};
  if (size < RTP_HEADER_BYTES || packet[0] >> 6 != RTP_VERSION) return received;
  received.is_rtp = true;
  uint32_t ssrc = read32(packet + 8);
  uint16_t sequence_number = read16(packet + 2);
  if (!stream->is_started || stream->ssrc != ssrc) begin(stream, ssrc, sequence_number);
  stream->packets++;
  count_sequence(stream, sequence_number, window);
  size_t offset = payload_offset(packet, size);
  received.begins_key_frame = begins_key_frame(packet + offset, size - offset);
  if (window) {
    window->packets++;
    window->bytes += size;
    uint64_t sent_at;
    if (stamp_read(packet + offset, size - offset, &sent_at) && sent_at <= now) {
      histogram_add(&window->delay, now - sent_at);
    }
  }
  return received;
}

size_t stream_receiver_report(Stream *stream, uint32_t reporter_ssrc, uint8_t *out) {
  static const char cname[] = "load";
  enum { REPORT_WORDS = 7, RECEIVER_REPORT = 201, SOURCE_DESCRIPTION = 202, CNAME = 1 };
  uint32_t expected = stream->next - stream->reported_next;
  int64_t lost = stream->lost - stream->reported_lost;
  uint32_t fraction = expected > 0 && lost > 0 ? (uint32_t)(lost * 256 / expected) : 0;
  uint32_t cumulative = (uint32_t)(stream->lost & 0xffffff);
  stream->reported_next = stream->next;
  stream->reported_lost = stream->lost;
  out[0] = RTP_VERSION << 6 | 1;
  out[1] = RECEIVER_REPORT;
  write16(out + 2, REPORT_WORDS);
  write32(out + 4, reporter_ssrc);
  write32(out + 8, stream->ssrc);
  write32(out + 12, (fraction > 255 ? 255 : fraction) << 24 | cumulative);
  write32(out + 16, stream->next - 1);
  memset(out + 20, 0, 12); /* jitter, LSR and DLSR: not measured */
  uint8_t *sdes = out + 32;
  sdes[0] = RTP_VERSION << 6 | 1;
  sdes[1] = SOURCE_DESCRIPTION;
  write16(sdes + 2, 3);
  write32(sdes + 4, reporter_ssrc);
  memset(sdes + 8, 0, 8); /* item, and its padding to a whole word */
  sdes[8] = CNAME;
  sdes[9] = sizeof cname - 1;
  memcpy(sdes + 10, cname, sizeof cname - 1);
  return 32 + 16;
}
