#include "sdp.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static void resolve(const char *base, const char *control, char *out, size_t size) {
  if (*control == '\0' || strcmp(control, "*") == 0) {
    snprintf(out, size, "%s", base);
  } else if (strncasecmp(control, "rtsp://", 7) == 0) {
    snprintf(out, size, "%s", control);
  } else {
    const char *slash = base[strlen(base) - 1] == '/' ? "" : "/";
    snprintf(out, size, "%s%s%s", base, slash, control);
  }
}

static void read_line(Viewer *viewer, const char *line, Track **track, char *aggregate) {
  if (strncmp(line, "m=", 2) == 0) {
    *track = NULL;
    if (viewer->track_count == MAX_TRACKS) return;
    *track = &viewer->tracks[viewer->track_count++];
    (*track)->is_video = strncmp(line, "m=video ", 8) == 0;
    resolve(viewer->base, "", (*track)->control, sizeof (*track)->control);
  } else if (strncmp(line, "a=control:", 10) == 0) {
    if (*track) resolve(viewer->base, line + 10, (*track)->control, sizeof (*track)->control);
    else if (viewer->track_count == 0) snprintf(aggregate, 256, "%s", line + 10);
  }
}

static bool keep_first_video(Viewer *viewer) {
  for (uint32_t i = 0; i < viewer->track_count; i++) {
    if (!viewer->tracks[i].is_video) continue;
    if (i > 0) viewer->tracks[0] = viewer->tracks[i];
    viewer->track_count = 1;
    return true;
  }
  return false;
}

bool sdp_read(Viewer *viewer, const char *sdp, size_t size, bool all_tracks) {
  char aggregate[256] = "";
  Track *track = NULL;
  viewer->track_count = 0;
  for (size_t at = 0; at < size;) {
    size_t length = strcspn(sdp + at, "\r\n");
    char line[256];
    snprintf(line, sizeof line, "%.*s", (int)(length < sizeof line ? length : sizeof line - 1),
             sdp + at);
    read_line(viewer, line, &track, aggregate);
    at += length + strspn(sdp + at + length, "\r\n");
    if (length == 0 && sdp[at] == '\0') break;
  }
  resolve(viewer->base, aggregate, viewer->aggregate, sizeof viewer->aggregate);
  return all_tracks ? viewer->track_count > 0 : keep_first_video(viewer);
}
