#include "annex-b.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void fail(const char *path, const char *what) {
  fprintf(stderr, "publisher: %s: %s\n", path, what);
  exit(1);
}

static void *grown(void *array, size_t count, size_t item_bytes) {
  /* Doubles when the count reaches a power of two. */
  if (count & (count - 1)) return array;
  array = realloc(array, (count ? count * 2 : 1) * item_bytes);
  if (!array) abort();
  return array;
}

static uint8_t *read_file(const char *path, size_t *size) {
  FILE *file = fopen(path, "rb");
  if (!file || fseek(file, 0, SEEK_END) != 0) fail(path, "cannot be read");
  long length = ftell(file);
  rewind(file);
  uint8_t *bytes = malloc((size_t)length + 1);
  if (!bytes || fread(bytes, 1, (size_t)length, file) != (size_t)length) fail(path, "cannot be read");
  fclose(file);
  *size = (size_t)length;
  return bytes;
}

/* Offset of the next start code 00 00 01 from `at` on, or `size`. */
static size_t next_start(const uint8_t *bytes, size_t size, size_t at) {
  for (; at + 3 <= size; at++) {
    if (bytes[at] == 0 && bytes[at + 1] == 0 && bytes[at + 2] == 1) return at;
  }
  return size;
}

/* True for a slice whose first macroblock is that of the picture: ue(v) 0 is the bit 1 (H.264 section 7.3.3). */
static bool is_first_slice(const NalUnit *unit) {
  unsigned type = unit->bytes[0] & 0x1f;
  return (type == 1 || type == 5) && unit->size > 1 && (unit->bytes[1] & 0x80);
}

static bool is_slice(const NalUnit *unit) {
  unsigned type = unit->bytes[0] & 0x1f;
  return type >= 1 && type <= 5;
}

static void add_unit(Clip *clip, const uint8_t *bytes, size_t size) {
  /* Zeros before the next start code are no part of the unit. */
  while (size > 0 && bytes[size - 1] == 0) size--;
  if (size == 0) return;
  NalUnit unit = {bytes, size};
  const NalUnit *before = clip->unit_count ? &clip->units[clip->unit_count - 1] : NULL;
  /* Parameter sets and the like stand before their picture: the first unit behind a slice begins the next one. */
  bool begins = !before || (is_slice(before) && (!is_slice(&unit) || is_first_slice(&unit)));
  if (begins) {
    clip->pictures = grown(clip->pictures, clip->picture_count, sizeof *clip->pictures);
    clip->pictures[clip->picture_count++] = clip->unit_count;
  }
  clip->units = grown(clip->units, clip->unit_count, sizeof *clip->units);
  clip->units[clip->unit_count++] = unit;
}

Clip clip_read(const char *path) {
  Clip clip = {0};
  size_t size;
  const uint8_t *bytes = read_file(path, &size);
  for (size_t at = next_start(bytes, size, 0); at < size;) {
    size_t begin = at + 3, end = next_start(bytes, size, begin);
    add_unit(&clip, bytes + begin, end - begin);
    at = end;
  }
  if (clip.picture_count == 0) fail(path, "no H.264 picture in Annex B");
  clip.pictures = grown(clip.pictures, clip.picture_count, sizeof *clip.pictures);
  clip.pictures[clip.picture_count] = clip.unit_count;
  return clip;
}
