/* Publishes made-up H.264 over RTSP and TCP at an exact rate; each packet carries the time at which it was sent
 * (stamp.h). Usage: publisher [options] rtsp://A.B.C.D:PORT/PATH
 *   --fps N              pictures a second (30)
 *   --mbit N             RTP bits a second, in millions (2)
 *   --packet-bytes N     largest RTP packet (1472)
 *   --gop N              pictures from one key frame to the next (30)
 *   --even               packets spread over the picture's time instead of all at once
 * Prints {"event":"publishing"}, on SIGTERM {"event":"report",…}. */
#include <arpa/inet.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "h264-frame.h"
#include "histogram.h"
#include "stamp.h"

#define FRAME_CAPACITY (8 * 1024 * 1024)
#define KEEPALIVE_NS (15 * NS_PER_S)
#define ANSWER_BYTES 4096

typedef struct {
  double fps, mbit;
  size_t packet_bytes;
  uint32_t gop;
  bool is_even;
  const char *url;
} Settings;

static volatile sig_atomic_t is_stopping;
static void stop(int signal_number) {
  (void)signal_number;
  is_stopping = 1;
}

static void die(const char *what) {
  fprintf(stderr, "publisher: %s\n", what);
  exit(1);
}

static Settings parse_settings(int argc, char **argv) {
  static const struct option options[] = {{"fps", required_argument, NULL, 'f'},
                                          {"mbit", required_argument, NULL, 'm'},
                                          {"packet-bytes", required_argument, NULL, 'p'},
                                          {"gop", required_argument, NULL, 'g'},
                                          {"even", no_argument, NULL, 'e'},
                                          {NULL, 0, NULL, 0}};
  Settings settings = {.fps = 30, .mbit = 2, .packet_bytes = 1472, .gop = 30};
  int option;
  while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
    if (option == 'f') settings.fps = atof(optarg);
    else if (option == 'm') settings.mbit = atof(optarg);
    else if (option == 'p') settings.packet_bytes = (size_t)atoi(optarg);
    else if (option == 'g') settings.gop = (uint32_t)atoi(optarg);
    else if (option == 'e') settings.is_even = true;
    else die("unknown option");
  }
  if (optind != argc - 1) die("one URL is needed");
  if (settings.fps < 1 || settings.mbit <= 0 || settings.packet_bytes < 100 ||
      settings.packet_bytes > 60000 || settings.gop == 0) {
    die("an option is out of range");
  }
  settings.url = argv[optind];
  return settings;
}

static int connect_to(const char *url) {
  char host[48];
  unsigned port = 554;
  struct sockaddr_in address = {.sin_family = AF_INET};
  if (sscanf(url, "rtsp://%47[0-9.]:%u", host, &port) < 1) die("the URL needs an IPv4 address");
  address.sin_port = htons((uint16_t)port);
  if (inet_pton(AF_INET, host, &address.sin_addr) != 1) die("not an IPv4 address");
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
  if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) die("cannot connect");
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

static void write_all(int fd, const void *bytes, size_t size) {
  for (size_t at = 0; at < size;) {
    ssize_t written = send(fd, (const uint8_t *)bytes + at, size - at, MSG_NOSIGNAL);
    if (written <= 0) {
      if (is_stopping) return;
      die("the server closed the connection");
    }
    at += (size_t)written;
  }
}

static uint32_t cseq;
static char session[128];

static void request(int fd, const char *method, const char *uri, const char *headers,
                    const char *body) {
  char text[2048], session_line[160] = "", answer[ANSWER_BYTES];
  if (session[0]) snprintf(session_line, sizeof session_line, "Session: %s\r\n", session);
  int size = snprintf(text, sizeof text, "%s %s RTSP/1.0\r\nCSeq: %u\r\n%s%sContent-Length: %zu\r\n\r\n%s",
                      method, uri, ++cseq, session_line, headers, strlen(body), body);
  write_all(fd, text, (size_t)size);
  size_t received = 0;
  do {
    ssize_t got = recv(fd, answer + received, sizeof answer - 1 - received, 0);
    if (got <= 0) die("no answer");
    received += (size_t)got;
    answer[received] = '\0';
  } while (!strstr(answer, "\r\n\r\n"));
  if (strncmp(answer, "RTSP/1.0 200", 12) != 0) {
    answer[strcspn(answer, "\r\n")] = '\0';
    fprintf(stderr, "publisher: %s answered with %s\n", method, answer);
    exit(1);
  }
  const char *line = strcasestr(answer, "\r\nSession:");
  if (line) sscanf(line + 10, " %127[^;\r\n]", session);
}

static void begin_recording(int fd, const char *url) {
  char control[512];
  request(fd, "ANNOUNCE", url, "Content-Type: application/sdp\r\n",
          "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=load\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
          "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
          "a=fmtp:96 packetization-mode=1;sprop-parameter-sets=" H264_SPROP "\r\n"
          "a=control:streamid=0\r\n");
  snprintf(control, sizeof control, "%s/streamid=0", url);
  request(fd, "SETUP", control, "Transport: RTP/AVP/TCP;unicast;interleaved=0-1;mode=record\r\n", "");
  request(fd, "RECORD", url, "Range: npt=0.000-\r\n", "");
}

/* Answers to keepalives and receiver reports are of no interest. */
static void drain(int fd) {
  char bytes[ANSWER_BYTES];
  while (recv(fd, bytes, sizeof bytes, MSG_DONTWAIT) > 0) continue;
}

static void keep_alive(int fd, const char *url) {
  char text[768];
  int size = snprintf(text, sizeof text, "OPTIONS %s RTSP/1.0\r\nCSeq: %u\r\nSession: %s\r\n\r\n", url,
                      ++cseq, session);
  write_all(fd, text, (size_t)size);
}

static void stamp(Frame *frame, uint32_t packet) {
  uint8_t *payload = frame_payload(frame, packet);
  bool is_fragment = (payload[0] & 0x1f) == 28;
  if (is_fragment && frame->size[packet] >= RTP_HEADER_BYTES + STAMP_OFFSET + STAMP_BYTES) {
    stamp_write(payload, now_ns());
  }
}

static void send_at_once(int fd, Frame *frame) {
  for (uint32_t p = 0; p < frame->count; p++) stamp(frame, p);
  write_all(fd, frame->bytes, frame->size_bytes);
}

static void send_evenly(int fd, Frame *frame, uint64_t due, uint64_t frame_ns) {
  for (uint32_t p = 0; p < frame->count && !is_stopping; p++) {
    sleep_until_ns(due + frame_ns * p / frame->count);
    stamp(frame, p);
    write_all(fd, frame->bytes + frame->at[p], INTERLEAVED_HEADER_BYTES + frame->size[p]);
  }
}

int main(int argc, char **argv) {
  Settings settings = parse_settings(argc, argv);
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  struct sigaction action = {.sa_handler = stop};
  sigaction(SIGTERM, &action, NULL);
  int fd = connect_to(settings.url);
  begin_recording(fd, settings.url);
  printf("{\"event\":\"publishing\"}\n");
  fflush(stdout);
  static Frame frame;
  static Histogram lateness;
  frame.bytes = malloc(FRAME_CAPACITY);
  frame.capacity = FRAME_CAPACITY;
  Packetizer packetizer = {.ssrc = 0x50554253, .max_packet_bytes = settings.packet_bytes};
  size_t picture_bytes = (size_t)(settings.mbit * 1e6 / 8 / settings.fps);
  uint64_t frame_ns = (uint64_t)(1e9 / settings.fps);
  uint64_t packets = 0, bytes = 0, began_at = now_ns(), due = began_at, next_keepalive_at = began_at + KEEPALIVE_NS;
  for (uint32_t i = 0; !is_stopping; i++) {
    frame_make(&frame, &packetizer, picture_bytes, i % settings.gop == 0);
    packetizer.timestamp += (uint32_t)(H264_CLOCK_RATE / settings.fps);
    sleep_until_ns(due);
    if (settings.is_even) send_evenly(fd, &frame, due, frame_ns);
    else send_at_once(fd, &frame);
    packets += frame.count;
    bytes += frame.size_bytes;
    /* How long after its time the picture was all written: a server that reads too slowly shows here. */
    histogram_add(&lateness, now_ns() - due);
    due += frame_ns;
    drain(fd);
    if (now_ns() >= next_keepalive_at) {
      next_keepalive_at += KEEPALIVE_NS;
      keep_alive(fd, settings.url);
    }
  }
  double elapsed = (double)(now_ns() - began_at) / 1e9;
  printf("{\"event\":\"report\",\"seconds\":%.3f,\"packets\":%llu,\"bytes\":%llu,\"packetsASecond\":%.0f,"
         "\"cpuSeconds\":%.3f,\"writtenAfterMs\":",
         elapsed, (unsigned long long)packets, (unsigned long long)bytes, (double)packets / elapsed,
         (double)cpu_ns() / 1e9);
  histogram_print_ms(&lateness, stdout);
  printf("}\n");
  return 0;
}
