#include "histogram.h"

#define SUB_COUNT (1u << HISTOGRAM_SUB_BITS)
#define NS_TO_MS 1e-6

static unsigned bucket_of(uint64_t ns) {
  if (ns < SUB_COUNT) return (unsigned)ns;
  unsigned exponent = 63u - (unsigned)__builtin_clzll(ns) - HISTOGRAM_SUB_BITS;
  return ((exponent + 1) << HISTOGRAM_SUB_BITS) + ((unsigned)(ns >> exponent) & (SUB_COUNT - 1));
}

static uint64_t upper_bound_of(unsigned bucket) {
  if (bucket < SUB_COUNT) return bucket;
  unsigned exponent = (bucket >> HISTOGRAM_SUB_BITS) - 1;
  uint64_t base = SUB_COUNT + (bucket & (SUB_COUNT - 1));
  return ((base + 1) << exponent) - 1;
}

void histogram_add(Histogram *histogram, uint64_t ns) {
  histogram->count++;
  if (ns > histogram->max) histogram->max = ns;
  histogram->buckets[bucket_of(ns)]++;
}

uint64_t histogram_quantile(const Histogram *histogram, double fraction) {
  uint64_t rank = (uint64_t)(fraction * (double)histogram->count + 0.999999);
  if (rank < 1) rank = 1;
  uint64_t seen = 0;
  for (unsigned bucket = 0; bucket < HISTOGRAM_BUCKETS; bucket++) {
    seen += histogram->buckets[bucket];
    if (seen >= rank) {
      uint64_t bound = upper_bound_of(bucket);
      return bound < histogram->max ? bound : histogram->max;
    }
  }
  return histogram->max;
}

void histogram_print_ms(const Histogram *histogram, FILE *out) {
  if (histogram->count == 0) {
    fputs("null", out);
    return;
  }
  fprintf(out, "{\"count\":%llu,\"p50\":%.3f,\"p90\":%.3f,\"p99\":%.3f,\"max\":%.3f}",
          (unsigned long long)histogram->count,
          (double)histogram_quantile(histogram, 0.5) * NS_TO_MS,
          (double)histogram_quantile(histogram, 0.9) * NS_TO_MS,
          (double)histogram_quantile(histogram, 0.99) * NS_TO_MS,
          (double)histogram->max * NS_TO_MS);
}
