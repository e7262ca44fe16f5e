/* The kernel's floor: the same packets as a server sends, without a server. Nothing is received, parsed or decided:
 * every 1/30 s the packets of the next picture go to all viewers with as few system calls as the kernel allows.
 * Usage: floor tcp|udp-gso|udp-sendto FRAMES VIEWERS PORT
 *   FRAMES   text file, the size of each picture in bytes, a line each
 *   PORT     tcp: listens there (0 = any) and waits for all viewers
 *            udp: sends to PORT, PORT + 2, … on 127.0.0.1
 * Prints {"event":"listening","port":N}, on SIGTERM {"event":"report",…}. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../load/clock.h"
#include "../load/h264-frame.h"

#define FRAMES_PER_SECOND 30
#define GOP_FRAMES 30
#define MAX_PACKET_BYTES 1472 /* as FFmpeg sends over TCP */
#define MAX_FRAMES 100000
#define MAX_VIEWERS 10000
#define FRAME_CAPACITY (4 * 1024 * 1024)
#define MAX_GSO_SEGMENTS 64
#define MAX_GSO_BYTES 65507
#define MAX_RUNS 128
#define MESSAGES_A_CALL 1024 /* UIO_MAXIOV */

static volatile sig_atomic_t is_stopping;
static void stop(int signal_number) {
  (void)signal_number;
  is_stopping = 1;
}

static void die(const char *what) {
  perror(what);
  exit(1);
}

static uint32_t frame_sizes[MAX_FRAMES];
static uint32_t frame_count;
static uint32_t viewers;
static uint64_t packets_sent, packets_dropped, system_calls;

static void read_frame_sizes(const char *path) {
  FILE *file = fopen(path, "r");
  if (!file) die(path);
  while (frame_count < MAX_FRAMES && fscanf(file, "%u", &frame_sizes[frame_count]) == 1) frame_count++;
  fclose(file);
  if (frame_count == 0) die("no frames");
}

/* --- TCP ------------------------------------------------------------------------------------------------ */

static int sockets[MAX_VIEWERS];

static int listen_on(uint16_t port) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  struct sockaddr_in local = {.sin_family = AF_INET,
                              .sin_port = htons(port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof local;
  if (bind(fd, (struct sockaddr *)&local, size) || listen(fd, 1024)) die("listen");
  getsockname(fd, (struct sockaddr *)&local, &size);
  printf("{\"event\":\"listening\",\"port\":%u}\n", ntohs(local.sin_port));
  fflush(stdout);
  return fd;
}

static void accept_viewers(int listener) {
  int on = 1;
  for (uint32_t i = 0; i < viewers && !is_stopping; i++) {
    sockets[i] = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (sockets[i] < 0) {
      if (!is_stopping) die("accept");
      return;
    }
    setsockopt(sockets[i], IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
}

static void send_tcp(const Frame *frame) {
  for (uint32_t i = 0; i < viewers; i++) {
    if (sockets[i] < 0) continue;
    ssize_t sent = send(sockets[i], frame->bytes, frame->size_bytes, MSG_NOSIGNAL);
    system_calls++;
    if (sent == (ssize_t)frame->size_bytes) {
      packets_sent += frame->count;
      continue;
    }
    /* Half a frame would garble the rest: this viewer is over. The report shows it. */
    packets_dropped += frame->count;
    close(sockets[i]);
    sockets[i] = -1;
  }
}

/* --- UDP ------------------------------------------------------------------------------------------------ */

static struct sockaddr_in addresses[MAX_VIEWERS];
static int udp_socket;

static void open_udp(uint16_t first_port) {
  udp_socket = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  int bytes = 4 * 1024 * 1024;
  if (udp_socket < 0) die("socket");
  setsockopt(udp_socket, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
  for (uint32_t i = 0; i < viewers; i++) {
    addresses[i] = (struct sockaddr_in){.sin_family = AF_INET,
                                        .sin_port = htons((uint16_t)(first_port + 2 * i)),
                                        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  }
  printf("{\"event\":\"listening\",\"port\":%u}\n", first_port);
  fflush(stdout);
}

static void send_udp_one_by_one(const Frame *frame) {
  for (uint32_t i = 0; i < viewers; i++) {
    for (uint32_t p = 0; p < frame->count; p++) {
      const uint8_t *packet = frame->bytes + frame->at[p] + INTERLEAVED_HEADER_BYTES;
      ssize_t sent = sendto(udp_socket, packet, frame->size[p], 0,
                            (struct sockaddr *)&addresses[i], sizeof addresses[i]);
      system_calls++;
      if (sent == frame->size[p]) packets_sent++;
      else packets_dropped++;
    }
  }
}

/* Packets of one size, the last of which may be smaller: one message with UDP_SEGMENT. */
typedef struct {
  uint32_t count;
  size_t size_bytes;
  uint8_t control[CMSG_SPACE(sizeof(uint16_t))];
  struct iovec pieces[MAX_GSO_SEGMENTS];
} SegmentRun;

static SegmentRun runs[MAX_RUNS];

static uint32_t group_runs(const Frame *frame) {
  uint32_t count = 0;
  for (uint32_t p = 0; p < frame->count && count < MAX_RUNS;) {
    SegmentRun *run = &runs[count++];
    uint16_t segment_bytes = frame->size[p];
    run->count = 0;
    run->size_bytes = 0;
    while (p < frame->count && run->count < MAX_GSO_SEGMENTS && frame->size[p] <= segment_bytes &&
           run->size_bytes + frame->size[p] <= MAX_GSO_BYTES) {
      uint8_t *packet = frame->bytes + frame->at[p] + INTERLEAVED_HEADER_BYTES;
      run->pieces[run->count++] = (struct iovec){packet, frame->size[p]};
      run->size_bytes += frame->size[p];
      if (frame->size[p++] < segment_bytes) break;
    }
    struct cmsghdr *control = (struct cmsghdr *)run->control;
    control->cmsg_level = SOL_UDP;
    control->cmsg_type = UDP_SEGMENT;
    control->cmsg_len = CMSG_LEN(sizeof segment_bytes);
    memcpy(CMSG_DATA(control), &segment_bytes, sizeof segment_bytes);
  }
  return count;
}

static void send_udp_segmented(const Frame *frame) {
  static struct mmsghdr messages[MESSAGES_A_CALL];
  uint32_t run_count = group_runs(frame);
  uint32_t total = viewers * run_count;
  for (uint32_t first = 0; first < total; first += MESSAGES_A_CALL) {
    uint32_t count = total - first < MESSAGES_A_CALL ? total - first : MESSAGES_A_CALL;
    for (uint32_t i = 0; i < count; i++) {
      SegmentRun *run = &runs[(first + i) % run_count];
      struct sockaddr_in *address = &addresses[(first + i) / run_count];
      messages[i].msg_hdr = (struct msghdr){.msg_name = address,
                                            .msg_namelen = sizeof *address,
                                            .msg_iov = run->pieces,
                                            .msg_iovlen = run->count,
                                            .msg_control = run->count > 1 ? run->control : NULL,
                                            .msg_controllen = run->count > 1 ? sizeof run->control : 0};
    }
    for (uint32_t at = 0; at < count;) {
      int sent = sendmmsg(udp_socket, messages + at, count - at, 0);
      system_calls++;
      uint32_t taken = sent > 0 ? (uint32_t)sent : 0;
      for (uint32_t i = 0; i < taken; i++) packets_sent += runs[(first + at + i) % run_count].count;
      at += taken;
      if (taken == 0) packets_dropped += runs[(first + at++) % run_count].count;
    }
  }
}

/* -------------------------------------------------------------------------------------------------------- */

int main(int argc, char **argv) {
  if (argc != 5) {
    fprintf(stderr, "usage: floor tcp|udp-gso|udp-sendto FRAMES VIEWERS PORT\n");
    return 2;
  }
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  struct sigaction action = {.sa_handler = stop};
  sigaction(SIGTERM, &action, NULL);
  read_frame_sizes(argv[2]);
  viewers = (uint32_t)atoi(argv[3]);
  if (viewers == 0 || viewers > MAX_VIEWERS) return 2;
  void (*send_frame)(const Frame *) = strcmp(argv[1], "tcp") == 0 ? send_tcp
                                      : strcmp(argv[1], "udp-gso") == 0 ? send_udp_segmented
                                                                        : send_udp_one_by_one;
  if (send_frame == send_tcp) accept_viewers(listen_on((uint16_t)atoi(argv[4])));
  else open_udp((uint16_t)atoi(argv[4]));
  static Frame frame;
  frame.bytes = malloc(FRAME_CAPACITY);
  frame.capacity = FRAME_CAPACITY;
  Packetizer packetizer = {.ssrc = 0x464c4f4f, .max_packet_bytes = MAX_PACKET_BYTES};
  uint64_t due = now_ns();
  for (uint32_t i = 0; !is_stopping; i++) {
    frame_make(&frame, &packetizer, frame_sizes[i % frame_count], i % GOP_FRAMES == 0);
    packetizer.timestamp += H264_CLOCK_RATE / FRAMES_PER_SECOND;
    due += NS_PER_S / FRAMES_PER_SECOND;
    struct timespec at = {(time_t)(due / NS_PER_S), (long)(due % NS_PER_S)};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
    send_frame(&frame);
  }
  printf("{\"event\":\"report\",\"packets\":%llu,\"dropped\":%llu,\"systemCalls\":%llu}\n",
         (unsigned long long)packets_sent, (unsigned long long)packets_dropped,
         (unsigned long long)system_calls);
  return 0;
}
