#include <netinet/udp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "viewer.h"

#define DATAGRAMS_A_READ 32
#define DATAGRAM_BYTES 2048
#define GRO_BYTES 65536
#define LAST_PORT 29998 /* below rtspool's default range and the kernel's ephemeral ports */

static int bind_port(uint16_t port) {
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  struct sockaddr_in local = {.sin_family = AF_INET,
                              .sin_port = htons(port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (bind(fd, (struct sockaddr *)&local, sizeof local) == 0) return fd;
  close(fd);
  return -1;
}

static void set_buffers(int fd, const Options *options) {
  int bytes = (int)options->receive_buffer_bytes;
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) != 0) {
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
  }
  int on = 1;
  if (options->uses_gro) setsockopt(fd, SOL_UDP, UDP_GRO, &on, sizeof on);
}

bool udp_open_pair(Load *load, Viewer *viewer, Track *track, uint32_t track_index) {
  static uint16_t next_port;
  const Options *options = &load->options;
  uint32_t first = options->base_port + options->base_port % 2;
  if (next_port < first) next_port = (uint16_t)first;
  uint32_t tries = (LAST_PORT - first) / 2;
  if (options->mode == MODE_RAW) {
    next_port = (uint16_t)(first + 2 * viewer->index);
    tries = 1;
  }
  for (; tries > 0; tries--) {
    uint16_t port = next_port;
    next_port = next_port + 2 > LAST_PORT ? (uint16_t)first : next_port + 2;
    track->rtp_fd = bind_port(port);
    if (track->rtp_fd < 0) continue;
    track->rtcp_fd = options->mode == MODE_RAW ? -1 : bind_port(port + 1);
    if (track->rtcp_fd < 0 && options->mode != MODE_RAW) {
      close(track->rtp_fd);
      track->rtp_fd = -1;
      continue;
    }
    track->rtp_port = port;
    set_buffers(track->rtp_fd, options);
    EventKey key = {.viewer = viewer->index, .socket = 1 + 2 * track_index};
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = key.u64};
    epoll_ctl(load->epoll, EPOLL_CTL_ADD, track->rtp_fd, &event);
    if (track->rtcp_fd < 0) return true;
    key.socket++;
    event.data.u64 = key.u64;
    epoll_ctl(load->epoll, EPOLL_CTL_ADD, track->rtcp_fd, &event);
    return true;
  }
  return false;
}

static void receive_segments(Load *load, Viewer *viewer, Track *track, struct msghdr *message,
                             size_t size) {
  size_t segment_bytes = size;
  for (struct cmsghdr *control = CMSG_FIRSTHDR(message); control;
       control = CMSG_NXTHDR(message, control)) {
    if (control->cmsg_level == SOL_UDP && control->cmsg_type == UDP_GRO) {
      segment_bytes = (size_t)*(int *)CMSG_DATA(control);
    }
  }
  const uint8_t *bytes = message->msg_iov->iov_base;
  for (size_t at = 0; at < size; at += segment_bytes) {
    size_t left = size - at;
    viewer_receive_rtp(load, viewer, track, bytes + at, left < segment_bytes ? left : segment_bytes);
  }
}

static void receive_gro(Load *load, Viewer *viewer, Track *track) {
  static uint8_t bytes[GRO_BYTES];
  for (;;) {
    uint8_t control[CMSG_SPACE(sizeof(int))];
    struct iovec piece = {bytes, sizeof bytes};
    struct msghdr message = {.msg_iov = &piece,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof control};
    ssize_t size = recvmsg(track->rtp_fd, &message, MSG_DONTWAIT);
    if (size < 0) return;
    load->now = now_ns();
    if (load->window) load->window->reads++;
    receive_segments(load, viewer, track, &message, (size_t)size);
    if (track->rtp_fd < 0) return;
  }
}

static void receive_rtp(Load *load, Viewer *viewer, Track *track) {
  static uint8_t bytes[DATAGRAMS_A_READ][DATAGRAM_BYTES];
  static struct iovec pieces[DATAGRAMS_A_READ];
  static struct mmsghdr messages[DATAGRAMS_A_READ];
  for (int i = 0; i < DATAGRAMS_A_READ; i++) {
    pieces[i] = (struct iovec){bytes[i], DATAGRAM_BYTES};
    messages[i].msg_hdr = (struct msghdr){.msg_iov = &pieces[i], .msg_iovlen = 1};
  }
  for (;;) {
    int count = recvmmsg(track->rtp_fd, messages, DATAGRAMS_A_READ, MSG_DONTWAIT, NULL);
    if (count <= 0) return;
    load->now = now_ns();
    if (load->window) load->window->reads++;
    for (int i = 0; i < count; i++) {
      viewer_receive_rtp(load, viewer, track, bytes[i], messages[i].msg_len);
      /* The viewer may have left with this packet. */
      if (track->rtp_fd < 0) return;
    }
    if (count < DATAGRAMS_A_READ) return;
  }
}

static void drain_rtcp(Load *load, Track *track) {
  uint8_t bytes[DATAGRAM_BYTES];
  while (recv(track->rtcp_fd, bytes, sizeof bytes, MSG_DONTWAIT) > 0) {
    if (load->window) load->window->rtcp_packets++;
  }
}

void udp_receive(Load *load, Viewer *viewer, Track *track, bool is_rtp) {
  if (!is_rtp) {
    if (track->rtcp_fd >= 0) drain_rtcp(load, track);
  } else if (track->rtp_fd >= 0) {
    if (load->options.uses_gro) receive_gro(load, viewer, track);
    else receive_rtp(load, viewer, track);
  }
}
