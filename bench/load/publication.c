#include "publication.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "clock.h"

#define KEEPALIVE_NS (15 * NS_PER_S)
#define ANSWER_BYTES 4096

volatile sig_atomic_t is_stopping;

void die(const char *what) {
  fprintf(stderr, "publisher: %s\n", what);
  exit(1);
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

void publication_write(Publication *publication, const void *bytes, size_t size) {
  for (size_t at = 0; at < size;) {
    ssize_t written = send(publication->fd, (const uint8_t *)bytes + at, size - at, MSG_NOSIGNAL);
    if (written <= 0) {
      if (is_stopping) return;
      die("the server closed the connection");
    }
    at += (size_t)written;
  }
}

static void request(Publication *publication, const char *method, const char *uri,
                    const char *headers, const char *body) {
  char text[2048], session_line[160] = "", answer[ANSWER_BYTES];
  char *session = publication->session;
  if (session[0]) snprintf(session_line, sizeof session_line, "Session: %s\r\n", session);
  int size = snprintf(text, sizeof text, "%s %s RTSP/1.0\r\nCSeq: %u\r\n%s%sContent-Length: %zu\r\n\r\n%s",
                      method, uri, ++publication->cseq, session_line, headers, strlen(body), body);
  publication_write(publication, text, (size_t)size);
  size_t received = 0;
  do {
    ssize_t got = recv(publication->fd, answer + received, sizeof answer - 1 - received, 0);
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

void publication_begin(Publication *publication, const char *format) {
  char control[600], description[512];
  const char *url = publication->url;
  publication->fd = connect_to(url);
  snprintf(description, sizeof description,
           "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=load\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
           "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 %s\r\na=control:streamid=0\r\n",
           format);
  request(publication, "ANNOUNCE", url, "Content-Type: application/sdp\r\n", description);
  snprintf(control, sizeof control, "%s/streamid=0", url);
  request(publication, "SETUP", control,
          "Transport: RTP/AVP/TCP;unicast;interleaved=0-1;mode=record\r\n", "");
  request(publication, "RECORD", url, "Range: npt=0.000-\r\n", "");
  publication->next_keepalive_at = now_ns() + KEEPALIVE_NS;
}

/* Answers to keepalives and receiver reports are of no interest. */
static void drain(int fd) {
  char bytes[ANSWER_BYTES];
  while (recv(fd, bytes, sizeof bytes, MSG_DONTWAIT) > 0) continue;
}

void publication_tick(Publication *publication) {
  char text[768];
  drain(publication->fd);
  if (now_ns() < publication->next_keepalive_at) return;
  publication->next_keepalive_at += KEEPALIVE_NS;
  int size = snprintf(text, sizeof text, "OPTIONS %s RTSP/1.0\r\nCSeq: %u\r\nSession: %s\r\n\r\n",
                      publication->url, ++publication->cseq, publication->session);
  publication_write(publication, text, (size_t)size);
}
