/* Pictures of an H.264 file in Annex B, such as `ffmpeg -c copy -bsf:v h264_mp4toannexb clip.h264` writes. */
#ifndef LOAD_ANNEX_B_H
#define LOAD_ANNEX_B_H

#include <stddef.h>
#include <stdint.h>

/* One NAL unit without its start code. The last one of a picture ends it. */
typedef struct {
  const uint8_t *bytes;
  size_t size;
} NalUnit;

typedef struct {
  NalUnit *units;
  size_t unit_count;
  /* Index of the first unit of each picture, and at the end the number of all units. */
  size_t *pictures;
  size_t picture_count;
} Clip;

/* Reads a whole file into memory; exits with a line on stderr when it has no picture. */
Clip clip_read(const char *path);

#endif
