/* One RTSP viewer: connects, sets up, plays, counts, leaves. Never blocks. */
#ifndef LOAD_VIEWER_H
#define LOAD_VIEWER_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "options.h"
#include "stream.h"

#define MAX_TRACKS 4

typedef enum {
  VIEWER_IDLE,
  VIEWER_CONNECTING,
  VIEWER_OPTIONS,
  VIEWER_DESCRIBE,
  VIEWER_SETUP,
  VIEWER_PLAY,
  VIEWER_PLAYING,
  VIEWER_TEARDOWN,
} ViewerState;

typedef struct {
  char control[256];
  bool is_video;
  uint8_t channels[2];
  int rtp_fd, rtcp_fd;
  uint16_t rtp_port;
  struct sockaddr_in server_rtcp;
  Stream stream;
  /* stream.lost when the window began. */
  int64_t window_lost_from;
} Track;

typedef struct {
  uint32_t index;
  ViewerState state;
  int fd;
  uint32_t cseq;
  char session[128];
  uint32_t session_timeout_s;
  char url[528];
  char base[528];
  char aggregate[512];
  Track tracks[MAX_TRACKS];
  uint32_t track_count, next_track;
  /* Bytes of a message or frame whose end has not come yet. */
  uint8_t *carry;
  size_t carry_size, carry_capacity;
  uint64_t started_at, deadline, first_packet_at, first_key_frame_at;
  uint64_t next_report_at, next_keepalive_at;
  uint64_t window_packets;
} Viewer;

/* Where viewers report to. */
typedef struct Load Load;
struct Load {
  Options options;
  int epoll;
  /* NULL outside every window. */
  Window *window;
  /* The clock, read once a wake-up. */
  uint64_t now;
  void (*on_playing)(Load *load, Viewer *viewer);
  void (*on_first_packet)(Load *load, Viewer *viewer);
  void (*on_key_frame)(Load *load, Viewer *viewer);
  /* The viewer is idle again. `failure` is NULL after a TEARDOWN that was answered. */
  void (*on_gone)(Load *load, Viewer *viewer, const char *failure);
};

/* What an epoll event is about: viewer index and socket. */
typedef union {
  uint64_t u64;
  struct {
    uint32_t viewer;
    /* 0 = the RTSP connection, 1 + 2t = RTP of track t, 2 + 2t = its RTCP. */
    uint32_t socket;
  };
} EventKey;

void viewer_start(Load *load, Viewer *viewer);
void viewer_event(Load *load, Viewer *viewer, uint32_t socket, uint32_t events);
/* Reports, keepalives, deadlines; call it a few times a second. */
void viewer_tick(Load *load, Viewer *viewer);
/* Sends TEARDOWN; on_gone follows. */
void viewer_leave(Load *load, Viewer *viewer);
void viewer_close(Load *load, Viewer *viewer, const char *failure);

/* Internal to the viewer: udp.c */
bool udp_open_pair(Load *load, Viewer *viewer, Track *track, uint32_t track_index);
void udp_receive(Load *load, Viewer *viewer, Track *track, bool is_rtp);
/* Internal to the viewer: counts one packet of a track. */
void viewer_receive_rtp(Load *load, Viewer *viewer, Track *track, const uint8_t *packet,
                        size_t size);

#endif
