// A player made of live555, the RTSP client inside VLC: writes the H.264 stream to a file and counts AAC frames.
//
// live555-client tcp|udp URL SECONDS OUTPUT.h264
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "BasicUsageEnvironment.hh"
#include "liveMedia.hh"

static UsageEnvironment *env;
static RTSPClient *client;
static MediaSession *session;
static MediaSubsessionIterator *next;
static MediaSubsession *current;
static const char *output;
static bool useTcp;
static int seconds;
static char volatile finished = 0;
static int status = 0;

static void finish(int exitStatus, const char *problem) {
  if (problem != nullptr) fprintf(stderr, "%s\n", problem);
  if (finished) return;
  status = exitStatus;
  finished = 1;
}

// Takes frames and only counts them.
class CountingSink : public MediaSink {
 public:
  explicit CountingSink(UsageEnvironment &environment) : MediaSink(environment) {}
  unsigned frames = 0;

 private:
  Boolean continuePlaying() override {
    if (fSource == nullptr) return False;
    fSource->getNextFrame(buffer, sizeof buffer, taken, this, onSourceClosure, this);
    return True;
  }
  static void taken(void *sink, unsigned, unsigned, struct timeval, unsigned) {
    static_cast<CountingSink *>(sink)->frames++;
    static_cast<CountingSink *>(sink)->continuePlaying();
  }
  unsigned char buffer[65536];
};

static CountingSink *audio;

static void reportLoss() {
  MediaSubsessionIterator all(*session);
  while (MediaSubsession *track = all.next()) {
    if (track->rtpSource() == nullptr) continue;
    RTPReceptionStatsDB::Iterator sources(track->rtpSource()->receptionStatsDB());
    while (RTPReceptionStats *source = sources.next(True)) {
      unsigned expected = source->totNumPacketsExpected();
      unsigned received = source->totNumPacketsReceived();
      if (received < expected) {
        fprintf(stderr, "%s: %u of %u packets lost\n", track->mediumName(), expected - received,
                expected);
      }
    }
  }
}

static void onTimeUp(void *) {
  reportLoss();
  client->sendTeardownCommand(*session, nullptr);
  finish(0, nullptr);
}

static void onTrackEnded(void *) { finish(1, "the server ended the stream"); }

static void onPlay(RTSPClient *, int code, char *text) {
  if (code != 0) return finish(1, text);
  delete[] text;
  env->taskScheduler().scheduleDelayedTask(seconds * 1000000LL, onTimeUp, nullptr);
}

static void setUpNext();

static void onSetup(RTSPClient *, int code, char *text) {
  if (code != 0) return finish(1, text);
  delete[] text;
  if (strcmp(current->codecName(), "H264") == 0) {
    current->sink =
        H264VideoFileSink::createNew(*env, output, current->fmtp_spropparametersets(), 1000000);
  } else {
    current->sink = audio = new CountingSink(*env);
  }
  if (current->sink == nullptr) return finish(1, env->getResultMsg());
  current->sink->startPlaying(*current->readSource(), onTrackEnded, nullptr);
  if (current->rtcpInstance() != nullptr) {
    current->rtcpInstance()->setByeHandler(onTrackEnded, nullptr);
  }
  setUpNext();
}

static void setUpNext() {
  current = next->next();
  if (current == nullptr) {
    client->sendPlayCommand(*session, onPlay);
    return;
  }
  if (!current->initiate()) return finish(1, env->getResultMsg());
  client->sendSetupCommand(*current, onSetup, False, useTcp);
}

static void onDescribe(RTSPClient *, int code, char *text) {
  if (code != 0) return finish(1, text);
  session = MediaSession::createNew(*env, text);
  delete[] text;
  if (session == nullptr) return finish(1, env->getResultMsg());
  next = new MediaSubsessionIterator(*session);
  setUpNext();
}

static void onOptions(RTSPClient *, int code, char *text) {
  if (code != 0) return finish(1, text);
  delete[] text;
  client->sendDescribeCommand(onDescribe);
}

int main(int argc, char **argv) {
  if (argc != 5) return 2;
  useTcp = strcmp(argv[1], "tcp") == 0;
  seconds = atoi(argv[3]);
  output = argv[4];
  env = BasicUsageEnvironment::createNew(*BasicTaskScheduler::createNew());
  client = RTSPClient::createNew(*env, argv[2], 0, "live555-client");
  client->sendOptionsCommand(onOptions);
  env->taskScheduler().doEventLoop(&finished);
  // The interleaved TEARDOWN is written at once; the file is closed with its sink.
  if (session != nullptr) {
    MediaSubsessionIterator all(*session);
    while (MediaSubsession *track = all.next()) {
      if (track->sink != audio) Medium::close(track->sink);
    }
  }
  printf("audio frames: %u\n", audio != nullptr ? audio->frames : 0);
  return status;
}
