/* The life of a viewer in one file, over 400 lines, because each part is a step of the same state machine. */
#include "viewer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "sdp.h"

#define READ_BYTES (256 * 1024)
#define MAX_MESSAGE_BYTES (128 * 1024)
#define MAX_HEAD_BYTES 8192
#define FRAME_HEADER_BYTES 4
#define REPORT_INTERVAL_S 5
#define DEFAULT_SESSION_TIMEOUT_S 60

static const char *const state_names[] = {"idle",  "connect", "OPTIONS", "DESCRIBE",
                                          "SETUP", "PLAY",    "playing", "TEARDOWN"};

static const char *fail_in_state(const Viewer *viewer, const char *what) {
  static char text[96];
  snprintf(text, sizeof text, "%s: %s", state_names[viewer->state], what);
  return text;
}

/* --- requests ------------------------------------------------------------------------------------------- */

static void send_request(Load *load, Viewer *viewer, const char *method, const char *uri,
                         const char *headers) {
  char request[2048];
  char session[160] = "";
  if (viewer->session[0]) snprintf(session, sizeof session, "Session: %s\r\n", viewer->session);
  int size = snprintf(request, sizeof request,
                      "%s %s RTSP/1.0\r\nCSeq: %u\r\nUser-Agent: load\r\n%s%s\r\n", method, uri,
                      ++viewer->cseq, session, headers);
  viewer->deadline = load->now + load->options.request_timeout_ms * NS_PER_MS;
  /* Requests are small and few: they always fit into the socket's buffer unless the server stopped reading. */
  if (send(viewer->fd, request, (size_t)size, MSG_NOSIGNAL | MSG_DONTWAIT) != size) {
    viewer_close(load, viewer, fail_in_state(viewer, "cannot send"));
  }
}

static void enter(Load *load, Viewer *viewer, ViewerState state) {
  viewer->state = state;
  char transport[128];
  Track *track = &viewer->tracks[viewer->next_track];
  switch (state) {
    case VIEWER_OPTIONS:
      send_request(load, viewer, "OPTIONS", viewer->url, "");
      break;
    case VIEWER_DESCRIBE:
      send_request(load, viewer, "DESCRIBE", viewer->url, "Accept: application/sdp\r\n");
      break;
    case VIEWER_SETUP:
      if (load->options.is_udp) {
        if (!udp_open_pair(load, viewer, track, viewer->next_track)) {
          viewer_close(load, viewer, "no UDP ports left");
          return;
        }
        snprintf(transport, sizeof transport,
                 "Transport: RTP/AVP;unicast;client_port=%u-%u\r\n", track->rtp_port,
                 track->rtp_port + 1);
      } else {
        snprintf(transport, sizeof transport,
                 "Transport: RTP/AVP/TCP;unicast;interleaved=%u-%u\r\n", viewer->next_track * 2,
                 viewer->next_track * 2 + 1);
      }
      send_request(load, viewer, "SETUP", track->control, transport);
      break;
    case VIEWER_PLAY:
      /* No Range: gst-rtsp-server 1.22 would seek a file under the viewers that watch it already, and hang. */
      send_request(load, viewer, "PLAY", viewer->aggregate, "");
      break;
    case VIEWER_TEARDOWN:
      send_request(load, viewer, "TEARDOWN", viewer->aggregate, "");
      break;
    default:
      break;
  }
}

/* --- answers -------------------------------------------------------------------------------------------- */

static bool header_value(const char *head, const char *name, char *out, size_t size) {
  size_t name_length = strlen(name);
  for (const char *line = strstr(head, "\r\n"); line; line = strstr(line, "\r\n")) {
    line += 2;
    if (strncasecmp(line, name, name_length) != 0 || line[name_length] != ':') continue;
    const char *value = line + name_length + 1;
    value += strspn(value, " \t");
    snprintf(out, size, "%.*s", (int)strcspn(value, "\r\n"), value);
    return true;
  }
  return false;
}

static void read_session(Viewer *viewer, const char *head) {
  char value[256];
  if (!header_value(head, "Session", value, sizeof value)) return;
  const char *timeout = strcasestr(value, "timeout=");
  viewer->session_timeout_s = timeout ? (uint32_t)atoi(timeout + 8) : DEFAULT_SESSION_TIMEOUT_S;
  value[strcspn(value, "; ")] = '\0';
  snprintf(viewer->session, sizeof viewer->session, "%.127s", value);
}

static bool read_transport(Load *load, Track *track, const char *head) {
  char value[256];
  unsigned first, second;
  if (!header_value(head, "Transport", value, sizeof value)) return false;
  if (load->options.is_udp) {
    const char *ports = strcasestr(value, "server_port=");
    if (!ports || sscanf(ports + 12, "%u-%u", &first, &second) != 2) return false;
    track->server_rtcp = load->options.address;
    track->server_rtcp.sin_port = htons((uint16_t)second);
    return true;
  }
  const char *channels = strcasestr(value, "interleaved=");
  if (!channels || sscanf(channels + 12, "%u-%u", &first, &second) != 2) return false;
  track->channels[0] = (uint8_t)first;
  track->channels[1] = (uint8_t)second;
  return true;
}

static void begin_playing(Load *load, Viewer *viewer) {
  viewer->state = VIEWER_PLAYING;
  viewer->deadline = viewer->first_packet_at
                         ? UINT64_MAX
                         : load->now + load->options.request_timeout_ms * NS_PER_MS;
  /* Spread over the interval, so that a thousand viewers do not report at once. */
  uint64_t phase = viewer->index * 7919ull % 1000 * NS_PER_MS;
  viewer->next_report_at = load->now + phase * REPORT_INTERVAL_S;
  uint64_t keepalive_s = viewer->session_timeout_s > 3 ? viewer->session_timeout_s / 3 : 1;
  viewer->next_keepalive_at = load->now + keepalive_s * NS_PER_S;
  load->on_playing(load, viewer);
}

static void handle_answer(Load *load, Viewer *viewer, const char *head, const char *body,
                          size_t body_size) {
  unsigned status = 0;
  sscanf(head, "RTSP/%*u.%*u %u", &status);
  if (viewer->state == VIEWER_PLAYING) {
    if (status != 200) viewer_close(load, viewer, fail_in_state(viewer, "keepalive refused"));
    return;
  }
  if (viewer->state == VIEWER_TEARDOWN) {
    /* An answer to a keepalive may come before. */
    char cseq[16];
    if (header_value(head, "CSeq", cseq, sizeof cseq) && (uint32_t)atoi(cseq) != viewer->cseq) return;
    viewer_close(load, viewer, status == 200 ? NULL : fail_in_state(viewer, "refused"));
    return;
  }
  if (status != 200) {
    char text[32];
    snprintf(text, sizeof text, "status %u", status);
    viewer_close(load, viewer, fail_in_state(viewer, text));
    return;
  }
  switch (viewer->state) {
    case VIEWER_OPTIONS:
      enter(load, viewer, VIEWER_DESCRIBE);
      break;
    case VIEWER_DESCRIBE:
      if (!header_value(head, "Content-Base", viewer->base, sizeof viewer->base) &&
          !header_value(head, "Content-Location", viewer->base, sizeof viewer->base)) {
        snprintf(viewer->base, sizeof viewer->base, "%s", viewer->url);
      }
      if (sdp_read(viewer, body, body_size, load->options.all_tracks)) {
        for (uint32_t i = 0; i < viewer->track_count; i++) {
          viewer->tracks[i].rtp_fd = viewer->tracks[i].rtcp_fd = -1;
        }
        viewer->next_track = 0;
        enter(load, viewer, VIEWER_SETUP);
      } else {
        viewer_close(load, viewer, "DESCRIBE: no track to watch");
      }
      break;
    case VIEWER_SETUP:
      read_session(viewer, head);
      if (!read_transport(load, &viewer->tracks[viewer->next_track], head)) {
        viewer_close(load, viewer, "SETUP: no usable Transport");
      } else {
        viewer->next_track++;
        enter(load, viewer,
              viewer->next_track < viewer->track_count ? VIEWER_SETUP : VIEWER_PLAY);
      }
      break;
    case VIEWER_PLAY:
      begin_playing(load, viewer);
      break;
    default:
      break;
  }
}

/* --- media ---------------------------------------------------------------------------------------------- */

void viewer_receive_rtp(Load *load, Viewer *viewer, Track *track, const uint8_t *packet,
                        size_t size) {
  Received received = stream_receive(&track->stream, packet, size, load->now, load->window);
  if (!received.is_rtp) {
    if (load->window) load->window->misaligned++;
    return;
  }
  if (load->window) viewer->window_packets++;
  if (!viewer->first_packet_at) {
    viewer->first_packet_at = load->now;
    if (viewer->state == VIEWER_PLAYING) viewer->deadline = UINT64_MAX;
    load->on_first_packet(load, viewer);
  }
  if (!viewer->first_key_frame_at && received.begins_key_frame && track->is_video) {
    viewer->first_key_frame_at = load->now;
    load->on_key_frame(load, viewer);
  }
}

static void handle_frame(Load *load, Viewer *viewer, uint8_t channel, const uint8_t *payload,
                         size_t size) {
  for (uint32_t i = 0; i < viewer->track_count; i++) {
    Track *track = &viewer->tracks[i];
    if (channel == track->channels[0]) {
      viewer_receive_rtp(load, viewer, track, payload, size);
      return;
    }
    if (channel == track->channels[1]) {
      if (load->window) load->window->rtcp_packets++;
      return;
    }
  }
  if (load->window) load->window->misaligned++;
}

/* Returns the size of the RTSP message at `bytes`, 0 when it is not whole yet, -1 when it is none. */
static ssize_t handle_message(Load *load, Viewer *viewer, const uint8_t *bytes, size_t size) {
  const uint8_t *end = memmem(bytes, size, "\r\n\r\n", 4);
  if (bytes[0] < 'A' || bytes[0] > 'Z') return -1;
  if (!end) return size < MAX_HEAD_BYTES ? 0 : -1;
  size_t head_size = (size_t)(end - bytes) + 4;
  if (head_size >= MAX_HEAD_BYTES) return -1;
  char head[MAX_HEAD_BYTES];
  memcpy(head, bytes, head_size);
  head[head_size] = '\0';
  char length[16];
  size_t body_size = 0;
  if (header_value(head, "Content-Length", length, sizeof length)) {
    body_size = (size_t)strtoul(length, NULL, 10);
    if (body_size > MAX_MESSAGE_BYTES - MAX_HEAD_BYTES) return -1;
  }
  if (head_size + body_size > size) return 0;
  /* Requests of the server (for example REDIRECT) stay without an answer. */
  if (strncmp(head, "RTSP/", 5) == 0) {
    char body[MAX_HEAD_BYTES] = "";
    size_t copied = body_size < sizeof body - 1 ? body_size : sizeof body - 1;
    memcpy(body, bytes + head_size, copied);
    body[copied] = '\0';
    handle_answer(load, viewer, head, body, copied);
  }
  return (ssize_t)(head_size + body_size);
}

static void keep(Viewer *viewer, const uint8_t *bytes, size_t size) {
  if (size > viewer->carry_capacity) {
    viewer->carry_capacity = size < 2048 ? 2048 : size;
    free(viewer->carry);
    viewer->carry = malloc(viewer->carry_capacity);
    if (!viewer->carry) abort();
  }
  memcpy(viewer->carry, bytes, size);
  viewer->carry_size = size;
}

static void parse(Load *load, Viewer *viewer, const uint8_t *bytes, size_t size) {
  size_t at = 0;
  while (at < size) {
    size_t used;
    if (bytes[at] == '$') {
      if (size - at < FRAME_HEADER_BYTES) break;
      size_t length = (size_t)(bytes[at + 2] << 8 | bytes[at + 3]);
      if (size - at < FRAME_HEADER_BYTES + length) break;
      handle_frame(load, viewer, bytes[at + 1], bytes + at + FRAME_HEADER_BYTES, length);
      used = FRAME_HEADER_BYTES + length;
    } else {
      ssize_t message = handle_message(load, viewer, bytes + at, size - at);
      if (message < 0) {
        if (load->window) load->window->misaligned++;
        viewer_close(load, viewer, fail_in_state(viewer, "neither a frame nor a message"));
        return;
      }
      if (message == 0) break;
      used = (size_t)message;
    }
    if (viewer->state == VIEWER_IDLE) return;
    at += used;
  }
  keep(viewer, bytes + at, size - at);
}

static void receive(Load *load, Viewer *viewer) {
  static uint8_t buffer[MAX_MESSAGE_BYTES + READ_BYTES];
  size_t kept = viewer->carry_size;
  if (kept > MAX_MESSAGE_BYTES) {
    viewer_close(load, viewer, fail_in_state(viewer, "endless message"));
    return;
  }
  ssize_t size = recv(viewer->fd, buffer + kept, READ_BYTES, MSG_DONTWAIT);
  if (size < 0) {
    if (errno == EAGAIN || errno == EINTR) return;
    viewer_close(load, viewer, fail_in_state(viewer, "connection reset"));
  } else if (size == 0) {
    viewer_close(load, viewer, fail_in_state(viewer, "closed by the server"));
  } else {
    load->now = now_ns();
    if (load->window && !load->options.is_udp) load->window->reads++;
    memcpy(buffer, viewer->carry, kept);
    viewer->carry_size = 0;
    parse(load, viewer, buffer, kept + (size_t)size);
  }
}

/* --- life ----------------------------------------------------------------------------------------------- */

static void begin_raw(Load *load, Viewer *viewer) {
  viewer->track_count = 1;
  viewer->tracks[0].is_video = true;
  viewer->tracks[0].channels[0] = 0;
  viewer->tracks[0].channels[1] = 1;
  viewer->state = VIEWER_PLAYING;
  viewer->deadline = load->now + load->options.request_timeout_ms * NS_PER_MS;
  viewer->next_report_at = viewer->next_keepalive_at = UINT64_MAX;
  load->on_playing(load, viewer);
}

void viewer_start(Load *load, Viewer *viewer) {
  uint8_t *carry = viewer->carry;
  size_t capacity = viewer->carry_capacity;
  uint32_t index = viewer->index;
  memset(viewer, 0, sizeof *viewer);
  viewer->carry = carry;
  viewer->carry_capacity = capacity;
  viewer->index = index;
  viewer->fd = -1;
  const char *url = load->options.url;
  uint32_t paths = load->options.paths;
  if (paths) snprintf(viewer->url, sizeof viewer->url, "%s%u", url, index % paths);
  else snprintf(viewer->url, sizeof viewer->url, "%s", url);
  for (int i = 0; i < MAX_TRACKS; i++) viewer->tracks[i].rtp_fd = viewer->tracks[i].rtcp_fd = -1;
  viewer->started_at = load->now = now_ns();
  viewer->deadline = load->now + load->options.request_timeout_ms * NS_PER_MS;
  viewer->state = VIEWER_CONNECTING;
  if (load->options.mode == MODE_RAW && load->options.is_udp) {
    if (udp_open_pair(load, viewer, &viewer->tracks[0], 0)) begin_raw(load, viewer);
    else viewer_close(load, viewer, "the UDP port is taken");
    return;
  }
  viewer->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (viewer->fd < 0) {
    viewer_close(load, viewer, "no socket");
    return;
  }
  EventKey key = {.viewer = viewer->index, .socket = 0};
  struct epoll_event event = {.events = EPOLLOUT, .data.u64 = key.u64};
  epoll_ctl(load->epoll, EPOLL_CTL_ADD, viewer->fd, &event);
  const struct sockaddr *address = (const struct sockaddr *)&load->options.address;
  if (connect(viewer->fd, address, sizeof load->options.address) < 0 && errno != EINPROGRESS) {
    viewer_close(load, viewer, strerror(errno));
  }
}

static void connected(Load *load, Viewer *viewer) {
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(viewer->fd, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) {
    viewer_close(load, viewer, fail_in_state(viewer, strerror(error)));
    return;
  }
  EventKey key = {.viewer = viewer->index, .socket = 0};
  struct epoll_event event = {.events = EPOLLIN, .data.u64 = key.u64};
  epoll_ctl(load->epoll, EPOLL_CTL_MOD, viewer->fd, &event);
  if (load->options.mode == MODE_RAW) begin_raw(load, viewer);
  else enter(load, viewer, load->options.sends_options ? VIEWER_OPTIONS : VIEWER_DESCRIBE);
}

void viewer_event(Load *load, Viewer *viewer, uint32_t socket, uint32_t events) {
  if (viewer->state == VIEWER_IDLE) return;
  if (socket > 0) {
    udp_receive(load, viewer, &viewer->tracks[(socket - 1) / 2], socket % 2 == 1);
  } else if (viewer->state == VIEWER_CONNECTING) {
    connected(load, viewer);
  } else if (events) {
    receive(load, viewer);
  }
}

static void send_report(Load *load, Viewer *viewer, Track *track) {
  uint8_t frame[FRAME_HEADER_BYTES + RECEIVER_REPORT_MAX_BYTES];
  uint8_t *report = frame + FRAME_HEADER_BYTES;
  if (!track->stream.is_started) return;
  size_t size = stream_receiver_report(&track->stream, 0x10000000u + viewer->index, report);
  if (load->options.is_udp) {
    sendto(track->rtcp_fd, report, size, MSG_DONTWAIT, (struct sockaddr *)&track->server_rtcp,
           sizeof track->server_rtcp);
    return;
  }
  frame[0] = '$';
  frame[1] = track->channels[1];
  frame[2] = (uint8_t)(size >> 8);
  frame[3] = (uint8_t)size;
  send(viewer->fd, frame, FRAME_HEADER_BYTES + size, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void viewer_tick(Load *load, Viewer *viewer) {
  if (viewer->state == VIEWER_IDLE) return;
  if (load->now >= viewer->deadline) {
    viewer_close(load, viewer,
                 fail_in_state(viewer, viewer->state == VIEWER_PLAYING ? "no media" : "no answer"));
    return;
  }
  if (viewer->state != VIEWER_PLAYING) return;
  if (load->now >= viewer->next_report_at) {
    viewer->next_report_at = load->now + REPORT_INTERVAL_S * NS_PER_S;
    for (uint32_t i = 0; i < viewer->track_count; i++) send_report(load, viewer, &viewer->tracks[i]);
  }
  if (load->now >= viewer->next_keepalive_at) {
    uint64_t interval_s = viewer->session_timeout_s > 3 ? viewer->session_timeout_s / 3 : 1;
    uint64_t deadline = viewer->deadline;
    viewer->next_keepalive_at = load->now + interval_s * NS_PER_S;
    send_request(load, viewer, "GET_PARAMETER", viewer->aggregate, "");
    viewer->deadline = deadline;
  }
}

void viewer_leave(Load *load, Viewer *viewer) {
  if (viewer->state == VIEWER_IDLE || viewer->state == VIEWER_TEARDOWN) return;
  if (load->options.mode == MODE_RAW || !viewer->session[0]) viewer_close(load, viewer, NULL);
  else enter(load, viewer, VIEWER_TEARDOWN);
}

void viewer_close(Load *load, Viewer *viewer, const char *failure) {
  if (viewer->state == VIEWER_IDLE) return;
  viewer->state = VIEWER_IDLE;
  viewer->carry_size = 0;
  if (viewer->fd >= 0) close(viewer->fd);
  viewer->fd = -1;
  for (uint32_t i = 0; i < MAX_TRACKS; i++) {
    Track *track = &viewer->tracks[i];
    if (track->rtp_fd >= 0) close(track->rtp_fd);
    if (track->rtcp_fd >= 0) close(track->rtcp_fd);
    track->rtp_fd = track->rtcp_fd = -1;
  }
  load->on_gone(load, viewer, failure);
}
