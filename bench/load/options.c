#include "options.h"

#include <arpa/inet.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: load [options] rtsp://A.B.C.D:PORT/PATH\n"
    "  --transport tcp|udp     lower transport (tcp)\n"
    "  --viewers N             viewers that stay (1)\n"
    "  --join N                instead: N viewers, each leaves with its first key frame\n"
    "  --churn N               instead: N cycles of OPTIONS DESCRIBE SETUP PLAY TEARDOWN,\n"
    "                          0 = until the windows are over\n"
    "  --raw                   instead of RTSP: interleaved frames from the first byte (tcp), or\n"
    "                          datagrams to every second port from --base-port on (udp)\n"
    "  --paths N               viewer i plays the URL with i mod N behind it\n"
    "  --concurrency N         viewers between connecting and playing at a time (50; join 1)\n"
    "  --interval-ms N         time between two arrivals (0)\n"
    "  --warmup S              seconds between the last arrival and the first window (2)\n"
    "  --measure S[,S...]      windows, one after the other (10)\n"
    "  --all-tracks            not only the first video track\n"
    "  --gro                   UDP: let the kernel hand over runs of datagrams (UDP_GRO)\n"
    "  --base-port N           UDP: first port to try (10000)\n"
    "  --receive-buffer N      UDP: bytes of socket buffer a viewer (2097152)\n"
    "  --request-timeout-ms N  time to wait for an answer or a first packet (10000)\n";

static void fail(const char *message) {
  fprintf(stderr, "load: %s\n%s", message, usage);
  exit(2);
}

static uint32_t parse_count(const char *text) {
  char *end;
  unsigned long value = strtoul(text, &end, 10);
  if (*text == '\0' || *end != '\0' || value > 10000000) fail("not a count");
  return (uint32_t)value;
}

static double parse_seconds(const char *text, char **end) {
  double value = strtod(text, end);
  if (*end == text || value < 0 || value > 86400) fail("not a number of seconds");
  return value;
}

static void parse_windows(const char *text, Options *options) {
  char *at = (char *)text;
  options->window_count = 0;
  for (;;) {
    if (options->window_count == MAX_WINDOWS) fail("too many windows");
    options->windows_s[options->window_count++] = parse_seconds(at, &at);
    if (*at == '\0') return;
    if (*at++ != ',') fail("windows are separated by commas");
  }
}

static void parse_url(const char *url, Options *options) {
  char host[48];
  unsigned port = 554;
  if (strlen(url) >= sizeof options->url) fail("the URL is too long");
  strcpy(options->url, url);
  if (sscanf(url, "rtsp://%47[0-9.]:%u", host, &port) < 1 || port > 65535) {
    fail("the URL must be rtsp:// with an IPv4 address");
  }
  options->address.sin_family = AF_INET;
  options->address.sin_port = htons((uint16_t)port);
  if (inet_pton(AF_INET, host, &options->address.sin_addr) != 1) fail("not an IPv4 address");
  snprintf(options->authority, sizeof options->authority, "%s:%u", host, port);
}

enum {
  OPTION_TRANSPORT = 256, OPTION_VIEWERS, OPTION_JOIN, OPTION_CHURN, OPTION_RAW, OPTION_CONCURRENCY,
  OPTION_INTERVAL, OPTION_WARMUP, OPTION_MEASURE, OPTION_ALL_TRACKS, OPTION_GRO, OPTION_BASE_PORT,
  OPTION_RECEIVE_BUFFER, OPTION_REQUEST_TIMEOUT, OPTION_PATHS,
};

static const struct option long_options[] = {
    {"transport", required_argument, NULL, OPTION_TRANSPORT},
    {"viewers", required_argument, NULL, OPTION_VIEWERS},
    {"join", required_argument, NULL, OPTION_JOIN},
    {"churn", required_argument, NULL, OPTION_CHURN},
    {"raw", no_argument, NULL, OPTION_RAW},
    {"concurrency", required_argument, NULL, OPTION_CONCURRENCY},
    {"interval-ms", required_argument, NULL, OPTION_INTERVAL},
    {"warmup", required_argument, NULL, OPTION_WARMUP},
    {"measure", required_argument, NULL, OPTION_MEASURE},
    {"all-tracks", no_argument, NULL, OPTION_ALL_TRACKS},
    {"gro", no_argument, NULL, OPTION_GRO},
    {"base-port", required_argument, NULL, OPTION_BASE_PORT},
    {"receive-buffer", required_argument, NULL, OPTION_RECEIVE_BUFFER},
    {"request-timeout-ms", required_argument, NULL, OPTION_REQUEST_TIMEOUT},
    {"paths", required_argument, NULL, OPTION_PATHS},
    {NULL, 0, NULL, 0},
};

static void set_mode(Options *options, Mode mode, const char *count) {
  options->mode = mode;
  if (count) options->viewers = parse_count(count);
}

static void apply(Options *options, int option) {
  char *end;
  switch (option) {
    case OPTION_TRANSPORT:
      options->is_udp = strcmp(optarg, "udp") == 0;
      if (!options->is_udp && strcmp(optarg, "tcp") != 0) fail("the transport is tcp or udp");
      break;
    case OPTION_VIEWERS: options->viewers = parse_count(optarg); break;
    case OPTION_JOIN: set_mode(options, MODE_JOIN, optarg); break;
    case OPTION_CHURN: set_mode(options, MODE_CHURN, optarg); break;
    case OPTION_RAW: set_mode(options, MODE_RAW, NULL); break;
    case OPTION_CONCURRENCY: options->concurrency = parse_count(optarg); break;
    case OPTION_INTERVAL: options->interval_ms = parse_count(optarg); break;
    case OPTION_WARMUP: options->warmup_s = parse_seconds(optarg, &end); break;
    case OPTION_MEASURE: parse_windows(optarg, options); break;
    case OPTION_ALL_TRACKS: options->all_tracks = true; break;
    case OPTION_GRO: options->uses_gro = true; break;
    case OPTION_BASE_PORT: options->base_port = (uint16_t)parse_count(optarg); break;
    case OPTION_RECEIVE_BUFFER: options->receive_buffer_bytes = parse_count(optarg); break;
    case OPTION_REQUEST_TIMEOUT: options->request_timeout_ms = parse_count(optarg); break;
    case OPTION_PATHS: options->paths = parse_count(optarg); break;
    default: fail("unknown option");
  }
}

Options options_parse(int argc, char **argv) {
  Options options = {
      .viewers = 1,
      .warmup_s = 2,
      .windows_s = {10},
      .window_count = 1,
      .base_port = 10000,
      .receive_buffer_bytes = 2 * 1024 * 1024,
      .request_timeout_ms = 10000,
  };
  int option;
  while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) apply(&options, option);
  if (optind != argc - 1) fail("one URL is needed");
  parse_url(argv[optind], &options);
  options.sends_options = options.mode == MODE_CHURN;
  if (options.concurrency == 0) options.concurrency = options.mode == MODE_JOIN ? 1 : 50;
  if (options.mode == MODE_CHURN || options.mode == MODE_JOIN) {
    if (options.concurrency > 10000) fail("too many at a time");
  } else if (options.viewers == 0 || options.viewers > 10000) {
    fail("from 1 to 10000 viewers");
  }
  return options;
}
