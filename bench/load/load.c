/* RTSP viewers by the thousand in one thread: they come, count what they receive, and leave. Prints one JSON
 * line for each event on stdout, the last one is the report; bench/README.md says how to read it. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "clock.h"
#include "viewer.h"

#define EVENTS_A_WAKE_UP 256
#define TICK_NS (50 * NS_PER_MS)
/* After the last window viewers stay for a moment: requests to leave are no part of what is measured in it. */
#define SAMPLED_NS (200 * NS_PER_MS)
#define LEAVING_NS (5 * NS_PER_S)
#define MAX_FAILURES 16
#define MAX_DEPARTURES 64

typedef struct {
  char text[96];
  uint64_t count;
} Failure;

typedef struct {
  Window window;
  uint64_t began_at, ended_at, began_cpu, cpu;
  uint64_t cycles;
  uint32_t viewers, silent, with_loss;
  uint64_t min_packets, max_packets;
} WindowResult;

typedef enum { PHASE_ARRIVING, PHASE_WARMUP, PHASE_WINDOW, PHASE_SAMPLED, PHASE_LEAVING } Phase;

typedef struct {
  Load load; /* first: the callbacks get it */
  Viewer *viewers;
  uint32_t slots;
  uint32_t *idle;
  uint32_t idle_count;
  Phase phase;
  uint64_t phase_ends_at, began_at, next_arrival_at, next_tick_at, all_playing_at;
  uint32_t started, in_flight, playing, ended, window_index;
  uint64_t cycles, failed;
  Failure failures[MAX_FAILURES];
  uint32_t failure_count;
  /* Viewers that went although nobody sent them away: when, in ns after the start. */
  uint64_t departures[MAX_DEPARTURES];
  uint64_t departure_count;
  Histogram to_playing, to_first_packet, to_key_frame;
  WindowResult results[MAX_WINDOWS];
} Run;

static volatile sig_atomic_t is_stopping;
static void stop(int signal_number) {
  (void)signal_number;
  is_stopping = 1;
}

static double seconds(uint64_t ns) { return (double)ns / (double)NS_PER_S; }

static void print_event(const Run *run, const char *event) {
  printf("{\"event\":\"%s\",\"atMs\":%.1f,\"playing\":%u}\n", event,
         seconds(now_ns() - run->began_at) * 1000, run->playing);
  fflush(stdout);
}

static bool stays(const Run *run) {
  return run->load.options.mode == MODE_HOLD || run->load.options.mode == MODE_RAW;
}

/* --- what viewers report -------------------------------------------------------------------------------- */

static void count_failure(Run *run, const char *text) {
  run->failed++;
  for (uint32_t i = 0; i < run->failure_count; i++) {
    if (strcmp(run->failures[i].text, text) == 0) {
      run->failures[i].count++;
      return;
    }
  }
  if (run->failure_count == MAX_FAILURES) return;
  Failure *failure = &run->failures[run->failure_count++];
  snprintf(failure->text, sizeof failure->text, "%s", text);
  for (char *at = failure->text; *at; at++) {
    if (*at == '"' || *at == '\\' || (unsigned char)*at < ' ') *at = '?';
  }
  failure->count = 1;
}

static void on_playing(Load *load, Viewer *viewer) {
  Run *run = (Run *)load;
  run->playing++;
  if (stays(run)) run->in_flight--;
  histogram_add(&run->to_playing, load->now - viewer->started_at);
  if (load->options.mode == MODE_CHURN) viewer_leave(load, viewer);
}

static void on_first_packet(Load *load, Viewer *viewer) {
  histogram_add(&((Run *)load)->to_first_packet, viewer->first_packet_at - viewer->started_at);
}

static void on_key_frame(Load *load, Viewer *viewer) {
  Run *run = (Run *)load;
  histogram_add(&run->to_key_frame, viewer->first_key_frame_at - viewer->started_at);
  if (load->options.mode == MODE_JOIN) viewer_leave(load, viewer);
}

static void on_gone(Load *load, Viewer *viewer, const char *failure) {
  Run *run = (Run *)load;
  bool was_in_flight = !viewer->next_report_at; /* set when playing begins */
  if (!was_in_flight) run->playing--;
  if (was_in_flight || !stays(run)) run->in_flight--;
  run->ended++;
  run->idle[run->idle_count++] = viewer->index;
  if (!failure) {
    run->cycles++;
  } else if (run->phase != PHASE_LEAVING || !stays(run)) {
    count_failure(run, failure);
    if (run->departure_count < MAX_DEPARTURES) {
      run->departures[run->departure_count] = now_ns() - run->began_at;
    }
    run->departure_count++;
  }
}

/* --- phases --------------------------------------------------------------------------------------------- */

static bool may_arrive(const Run *run) {
  const Options *options = &run->load.options;
  if (run->phase == PHASE_LEAVING || run->idle_count == 0) return false;
  if (run->in_flight >= options->concurrency || run->load.now < run->next_arrival_at) return false;
  return options->viewers == 0 || run->started < options->viewers;
}

static void let_arrive(Run *run) {
  while (may_arrive(run)) {
    Viewer *viewer = &run->viewers[run->idle[--run->idle_count]];
    run->started++;
    run->in_flight++;
    run->next_arrival_at = run->load.now + run->load.options.interval_ms * NS_PER_MS;
    viewer_start(&run->load, viewer);
  }
}

static void begin_window(Run *run) {
  WindowResult *result = &run->results[run->window_index];
  for (uint32_t i = 0; i < run->slots; i++) {
    Viewer *viewer = &run->viewers[i];
    viewer->window_packets = 0;
    for (int t = 0; t < MAX_TRACKS; t++) {
      viewer->tracks[t].window_lost_from = viewer->tracks[t].stream.lost;
    }
  }
  result->began_at = run->load.now;
  result->began_cpu = cpu_ns();
  result->cycles = run->cycles;
  run->load.window = &result->window;
  run->phase = PHASE_WINDOW;
  run->phase_ends_at =
      run->load.now + (uint64_t)(run->load.options.windows_s[run->window_index] * 1e9);
  print_event(run, "windowBegan");
}

static void end_window(Run *run) {
  WindowResult *result = &run->results[run->window_index];
  result->ended_at = run->load.now;
  result->cpu = cpu_ns() - result->began_cpu;
  result->cycles = run->cycles - result->cycles;
  result->min_packets = UINT64_MAX;
  for (uint32_t i = 0; i < run->slots; i++) {
    const Viewer *viewer = &run->viewers[i];
    if (viewer->state != VIEWER_PLAYING) continue;
    int64_t lost = 0;
    for (uint32_t t = 0; t < viewer->track_count; t++) {
      lost += viewer->tracks[t].stream.lost - viewer->tracks[t].window_lost_from;
    }
    result->viewers++;
    result->with_loss += lost != 0;
    result->silent += viewer->window_packets == 0;
    if (viewer->window_packets < result->min_packets) result->min_packets = viewer->window_packets;
    if (viewer->window_packets > result->max_packets) result->max_packets = viewer->window_packets;
  }
  if (result->viewers == 0) result->min_packets = 0;
  run->load.window = NULL;
  run->window_index++;
  print_event(run, "windowEnded");
}

static void begin_leaving(Run *run) {
  run->phase = PHASE_LEAVING;
  run->phase_ends_at = run->load.now + LEAVING_NS;
  for (uint32_t i = 0; i < run->slots; i++) viewer_leave(&run->load, &run->viewers[i]);
}

static bool all_arrived(const Run *run) {
  const Options *options = &run->load.options;
  if (options->mode == MODE_CHURN) return true;
  return run->started == options->viewers && run->in_flight == 0;
}

/* Moves on to the next phase when its time has come; false when everything is over. */
static bool advance(Run *run) {
  const Options *options = &run->load.options;
  uint64_t now = run->load.now;
  if (is_stopping && run->phase == PHASE_WINDOW) run->phase_ends_at = now;
  if (is_stopping && run->phase < PHASE_WINDOW) begin_leaving(run);
  if (run->phase == PHASE_ARRIVING && all_arrived(run)) {
    run->all_playing_at = now;
    print_event(run, "playing");
    if (options->mode == MODE_JOIN) return false;
    run->phase = PHASE_WARMUP;
    run->phase_ends_at = now + (uint64_t)(options->warmup_s * 1e9);
  }
  if (run->phase == PHASE_WARMUP && now >= run->phase_ends_at) begin_window(run);
  bool all_cycled = options->mode == MODE_CHURN && options->viewers > 0 &&
                    run->ended == options->viewers;
  if (run->phase == PHASE_WINDOW && (now >= run->phase_ends_at || all_cycled)) {
    end_window(run);
    if (run->window_index < options->window_count && !is_stopping && !all_cycled) {
      begin_window(run);
    } else {
      run->phase = PHASE_SAMPLED;
      run->phase_ends_at = now + SAMPLED_NS;
    }
  }
  if (run->phase == PHASE_SAMPLED && now >= run->phase_ends_at) begin_leaving(run);
  if (run->phase == PHASE_LEAVING) return run->idle_count < run->slots && now < run->phase_ends_at;
  return true;
}

/* --- report --------------------------------------------------------------------------------------------- */

static void print_window(const WindowResult *result) {
  const Window *window = &result->window;
  double duration = seconds(result->ended_at - result->began_at);
  printf("{\"seconds\":%.3f,\"viewers\":%u,\"packets\":%llu,\"bytes\":%llu,\"lost\":%lld,\"gaps\":%llu,"
         "\"reordered\":%llu,\"duplicates\":%llu,\"misaligned\":%llu,\"viewersWithLoss\":%u,"
         "\"silentViewers\":%u,\"minPacketsAViewer\":%llu,\"maxPacketsAViewer\":%llu,"
         "\"rtcpPackets\":%llu,\"packetsARead\":%.2f,\"cycles\":%llu,\"cpuSeconds\":%.3f,"
         "\"cpuShare\":%.3f,\"delayMs\":",
         duration, result->viewers, (unsigned long long)window->packets,
         (unsigned long long)window->bytes, (long long)window->lost,
         (unsigned long long)window->gaps, (unsigned long long)window->reordered,
         (unsigned long long)window->duplicates, (unsigned long long)window->misaligned,
         result->with_loss, result->silent, (unsigned long long)result->min_packets,
         (unsigned long long)result->max_packets, (unsigned long long)window->rtcp_packets,
         window->reads ? (double)window->packets / (double)window->reads : 0.0,
         (unsigned long long)result->cycles, seconds(result->cpu),
         duration > 0 ? seconds(result->cpu) / duration : 0.0);
  histogram_print_ms(&window->delay, stdout);
  printf("}");
}

static void print_report(const Run *run) {
  printf("{\"event\":\"report\",\"transport\":\"%s\",\"started\":%u,\"completed\":%llu,\"failed\":%llu,"
         "\"arrivalSeconds\":%.3f,\"failures\":{",
         run->load.options.is_udp ? "udp" : "tcp", run->started, (unsigned long long)run->cycles,
         (unsigned long long)run->failed,
         run->all_playing_at ? seconds(run->all_playing_at - run->began_at) : 0.0);
  for (uint32_t i = 0; i < run->failure_count; i++) {
    printf("%s\"%s\":%llu", i ? "," : "", run->failures[i].text,
           (unsigned long long)run->failures[i].count);
  }
  printf("},\"departuresMs\":[");
  for (uint64_t i = 0; i < run->departure_count && i < MAX_DEPARTURES; i++) {
    printf("%s%.0f", i ? "," : "", seconds(run->departures[i]) * 1000);
  }
  printf("],\"connectToPlayingMs\":");
  histogram_print_ms(&run->to_playing, stdout);
  printf(",\"connectToFirstPacketMs\":");
  histogram_print_ms(&run->to_first_packet, stdout);
  printf(",\"connectToKeyFrameMs\":");
  histogram_print_ms(&run->to_key_frame, stdout);
  printf(",\"windows\":[");
  for (uint32_t i = 0; i < run->window_index; i++) {
    if (i) printf(",");
    print_window(&run->results[i]);
  }
  printf("]}\n");
  fflush(stdout);
}

/* --- loop ----------------------------------------------------------------------------------------------- */

static void wait_and_handle(Run *run) {
  struct epoll_event events[EVENTS_A_WAKE_UP];
  uint64_t until = run->next_tick_at;
  if (run->phase != PHASE_ARRIVING && run->phase_ends_at < until) until = run->phase_ends_at;
  if (run->next_arrival_at > run->load.now && run->next_arrival_at < until) {
    until = run->next_arrival_at;
  }
  uint64_t now = now_ns();
  int timeout_ms = until > now ? (int)((until - now + NS_PER_MS - 1) / NS_PER_MS) : 0;
  int count = epoll_wait(run->load.epoll, events, EVENTS_A_WAKE_UP, timeout_ms);
  run->load.now = now_ns();
  for (int i = 0; i < count; i++) {
    EventKey key = {.u64 = events[i].data.u64};
    viewer_event(&run->load, &run->viewers[key.viewer], key.socket, events[i].events);
  }
  run->load.now = now_ns();
  if (run->load.now >= run->next_tick_at) {
    run->next_tick_at = run->load.now + TICK_NS;
    for (uint32_t i = 0; i < run->slots; i++) viewer_tick(&run->load, &run->viewers[i]);
  }
}

static void allocate_viewers(Run *run) {
  const Options *options = &run->load.options;
  run->slots = stays(run) ? options->viewers : options->concurrency;
  run->viewers = calloc(run->slots, sizeof *run->viewers);
  run->idle = calloc(run->slots, sizeof *run->idle);
  if (!run->viewers || !run->idle) abort();
  for (uint32_t i = 0; i < run->slots; i++) {
    run->viewers[i].index = i;
    run->viewers[i].fd = -1;
    run->idle[run->slots - 1 - i] = i;
  }
  run->idle_count = run->slots;
}

static void raise_file_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

int main(int argc, char **argv) {
  static Run run;
  run.load.options = options_parse(argc, argv);
  run.load.on_playing = on_playing;
  run.load.on_first_packet = on_first_packet;
  run.load.on_key_frame = on_key_frame;
  run.load.on_gone = on_gone;
  raise_file_limit();
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  signal(SIGPIPE, SIG_IGN);
  signal(SIGTERM, stop);
  signal(SIGINT, stop);
  run.load.epoll = epoll_create1(EPOLL_CLOEXEC);
  allocate_viewers(&run);
  run.began_at = run.load.now = now_ns();
  run.next_tick_at = run.load.now + TICK_NS;
  do {
    let_arrive(&run);
    wait_and_handle(&run);
  } while (advance(&run));
  print_report(&run);
  return 0;
}
