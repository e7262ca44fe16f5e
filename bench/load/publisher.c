/* Publishes H.264 over RTSP and TCP at an exact rate. Without a clip the pictures are made up, and each packet carries
 * the time at which it was sent (stamp.h). Usage: publisher [options] rtsp://A.B.C.D:PORT/PATH
 *   --fps N              pictures a second (30)
 *   --mbit N             RTP bits a second, in millions (2); not for a clip
 *   --packet-bytes N     largest RTP packet (1472)
 *   --gop N              pictures from one key frame to the next (30)
 *   --even               packets spread over the picture's time instead of all at once; one stream only
 *   --streams N          N streams, to PATH0 to PATH(N-1), whose pictures and key frames are spread over time
 *   --clip FILE          pictures of an Annex B file, over and over, with --gop pictures between key frames
 * Prints {"event":"publishing"}, on SIGUSR1 {"event":"sent","packets":…}, on SIGTERM {"event":"report",…}. */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "annex-b.h"
#include "clock.h"
#include "h264-frame.h"
#include "histogram.h"
#include "publication.h"
#include "stamp.h"

#define FRAME_CAPACITY (8 * 1024 * 1024)
#define MAX_STREAMS 10000

typedef struct {
  double fps, mbit;
  size_t packet_bytes;
  uint32_t gop, streams;
  bool is_even;
  const char *clip, *url;
} Settings;

typedef struct {
  Publication publication;
  Packetizer packetizer;
  uint32_t picture;
} PublishedStream;

static volatile sig_atomic_t is_asked;
static void ask(int signal_number) {
  (void)signal_number;
  is_asked = 1;
}

static void stop(int signal_number) {
  (void)signal_number;
  is_stopping = 1;
}

static Settings parse_settings(int argc, char **argv) {
  static const struct option options[] = {{"fps", required_argument, NULL, 'f'},
                                          {"mbit", required_argument, NULL, 'm'},
                                          {"packet-bytes", required_argument, NULL, 'p'},
                                          {"gop", required_argument, NULL, 'g'},
                                          {"even", no_argument, NULL, 'e'},
                                          {"streams", required_argument, NULL, 's'},
                                          {"clip", required_argument, NULL, 'c'},
                                          {NULL, 0, NULL, 0}};
  Settings settings = {.fps = 30, .mbit = 2, .packet_bytes = 1472, .gop = 30};
  int option;
  while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
    if (option == 'f') settings.fps = atof(optarg);
    else if (option == 'm') settings.mbit = atof(optarg);
    else if (option == 'p') settings.packet_bytes = (size_t)atoi(optarg);
    else if (option == 'g') settings.gop = (uint32_t)atoi(optarg);
    else if (option == 'e') settings.is_even = true;
    else if (option == 's') settings.streams = (uint32_t)atoi(optarg);
    else if (option == 'c') settings.clip = optarg;
    else die("unknown option");
  }
  if (optind != argc - 1) die("one URL is needed");
  if (settings.fps < 1 || settings.mbit <= 0 || settings.packet_bytes < 100 ||
      settings.packet_bytes > 60000 || settings.gop == 0 || settings.streams > MAX_STREAMS) {
    die("an option is out of range");
  }
  if (settings.is_even && settings.streams > 0) die("--even is for one stream, without --streams");
  settings.url = argv[optind];
  return settings;
}

static void stamp(Frame *frame, uint32_t packet) {
  uint8_t *payload = frame_payload(frame, packet);
  bool is_fragment = (payload[0] & 0x1f) == 28;
  if (is_fragment && frame->size[packet] >= RTP_HEADER_BYTES + STAMP_OFFSET + STAMP_BYTES) {
    stamp_write(payload, now_ns());
  }
}

static void send_at_once(Publication *publication, Frame *frame, bool is_stamped) {
  for (uint32_t p = 0; is_stamped && p < frame->count; p++) stamp(frame, p);
  publication_write(publication, frame->bytes, frame->size_bytes);
}

static void send_evenly(Publication *publication, Frame *frame, uint64_t due, uint64_t frame_ns,
                        bool is_stamped) {
  for (uint32_t p = 0; p < frame->count && !is_stopping; p++) {
    sleep_until_ns(due + frame_ns * p / frame->count);
    if (is_stamped) stamp(frame, p);
    publication_write(publication, frame->bytes + frame->at[p],
                      INTERLEAVED_HEADER_BYTES + frame->size[p]);
  }
}

static void make_picture_of_clip(Frame *frame, Packetizer *packetizer, const Clip *clip,
                                 uint32_t number) {
  size_t picture = number % clip->picture_count;
  size_t end = clip->pictures[picture + 1];
  frame->count = 0;
  frame->size_bytes = 0;
  for (size_t i = clip->pictures[picture]; i < end; i++) {
    frame_add_unit(frame, packetizer, clip->units[i].bytes, clip->units[i].size, i + 1 == end);
  }
}

/* Connects all streams. The key frames of stream i come i/N of a GOP before those of stream 0. */
static PublishedStream *begin_streams(const Settings *settings) {
  uint32_t count = settings->streams ? settings->streams : 1;
  PublishedStream *streams = calloc(count, sizeof *streams);
  if (!streams) abort();
  for (uint32_t i = 0; i < count; i++) {
    PublishedStream *stream = &streams[i];
    char *url = stream->publication.url;
    size_t room = sizeof stream->publication.url;
    int size = settings->streams ? snprintf(url, room, "%s%u", settings->url, i)
                                 : snprintf(url, room, "%s", settings->url);
    if (size < 0 || (size_t)size >= room) die("the URL is too long");
    stream->packetizer.ssrc = 0x50554253 + i;
    stream->packetizer.max_packet_bytes = settings->packet_bytes;
    stream->picture = (uint32_t)((uint64_t)settings->gop * i / count);
    const char *made_up = "packetization-mode=1;sprop-parameter-sets=" H264_SPROP;
    publication_begin(&stream->publication, settings->clip ? "packetization-mode=1" : made_up);
  }
  return streams;
}

int main(int argc, char **argv) {
  Settings settings = parse_settings(argc, argv);
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  struct sigaction action = {.sa_handler = stop};
  sigaction(SIGTERM, &action, NULL);
  struct sigaction asking = {.sa_handler = ask, .sa_flags = SA_RESTART};
  sigaction(SIGUSR1, &asking, NULL);
  Clip clip = {0};
  if (settings.clip) clip = clip_read(settings.clip);
  uint32_t count = settings.streams ? settings.streams : 1;
  PublishedStream *streams = begin_streams(&settings);
  printf("{\"event\":\"publishing\"}\n");
  fflush(stdout);
  static Frame frame;
  static Histogram lateness;
  frame.bytes = malloc(FRAME_CAPACITY);
  frame.capacity = FRAME_CAPACITY;
  size_t picture_bytes = (size_t)(settings.mbit * 1e6 / 8 / settings.fps);
  uint64_t frame_ns = (uint64_t)(1e9 / settings.fps);
  uint64_t packets = 0, bytes = 0, began_at = now_ns();
  /* Streams take turns: picture n of all is due n/N of a picture's time after the beginning. */
  for (uint64_t n = 0; !is_stopping; n++) {
    PublishedStream *stream = &streams[n % count];
    uint64_t due = began_at + (uint64_t)((double)n * (double)frame_ns / count);
    uint32_t number = stream->picture++;
    if (settings.clip) make_picture_of_clip(&frame, &stream->packetizer, &clip, number);
    else frame_make(&frame, &stream->packetizer, picture_bytes, number % settings.gop == 0);
    stream->packetizer.timestamp += (uint32_t)(H264_CLOCK_RATE / settings.fps);
    sleep_until_ns(due);
    if (settings.is_even) send_evenly(&stream->publication, &frame, due, frame_ns, !settings.clip);
    else send_at_once(&stream->publication, &frame, !settings.clip);
    packets += frame.count;
    bytes += frame.size_bytes;
    /* How long after its time the picture was all written: a server that reads too slowly shows here. */
    histogram_add(&lateness, now_ns() - due);
    publication_tick(&stream->publication);
    if (is_asked) {
      is_asked = 0;
      printf("{\"event\":\"sent\",\"packets\":%llu}\n", (unsigned long long)packets);
      fflush(stdout);
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
