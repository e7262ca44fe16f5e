/* A histogram of durations with 1/32 relative precision from 1 ns on. */
#ifndef LOAD_HISTOGRAM_H
#define LOAD_HISTOGRAM_H

#include <stdint.h>
#include <stdio.h>

#define HISTOGRAM_SUB_BITS 5
#define HISTOGRAM_BUCKETS ((64 - HISTOGRAM_SUB_BITS + 1) << HISTOGRAM_SUB_BITS)

typedef struct {
  uint64_t count;
  uint64_t max;
  uint32_t buckets[HISTOGRAM_BUCKETS];
} Histogram;

void histogram_add(Histogram *histogram, uint64_t ns);
/* The smallest value that at least `fraction` of the values do not exceed, up to the precision. */
uint64_t histogram_quantile(const Histogram *histogram, double fraction);
/* Writes {"count":…,"p50":…,"p90":…,"p99":…,"max":…} in milliseconds, or null when empty. */
void histogram_print_ms(const Histogram *histogram, FILE *out);

#endif
