/* The peer: gst-rtsp-server serves an MP4 file with H.264 as a shared media at /cam, in real time.
 * Usage: gst-fanout FILE [MTU]; prints {"event":"listening","port":N} and serves until SIGTERM. */
#include <gst/gst.h>
#include <gst/rtsp-server/rtsp-server.h>
#include <glib-unix.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <signal.h>

/* What FFmpeg's publisher makes of the same file: the sizes of the packets are the same on both sides. */
#define DEFAULT_MTU 1472
#define CLEANUP_INTERVAL_S 2

static gboolean quit(gpointer loop) {
  g_main_loop_quit(loop);
  return G_SOURCE_REMOVE;
}

static gboolean cleanup(gpointer server) {
  GstRTSPSessionPool *pool = gst_rtsp_server_get_session_pool(server);
  gst_rtsp_session_pool_cleanup(pool);
  g_object_unref(pool);
  return G_SOURCE_CONTINUE;
}

int main(int argc, char **argv) {
  gst_init(&argc, &argv);
  if (argc < 2) {
    fprintf(stderr, "usage: gst-fanout FILE [MTU]\n");
    return 2;
  }
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  int mtu = argc > 2 ? atoi(argv[2]) : DEFAULT_MTU;
  gchar *launch = g_strdup_printf(
      "( filesrc location=\"%s\" ! qtdemux ! h264parse ! rtph264pay name=pay0 pt=96 mtu=%d "
      "config-interval=-1 )",
      argv[1], mtu);
  GstRTSPServer *server = gst_rtsp_server_new();
  gst_rtsp_server_set_address(server, "127.0.0.1");
  gst_rtsp_server_set_service(server, "0");
  /* The default of 5 refuses viewers that come together. */
  gst_rtsp_server_set_backlog(server, 512);
  GstRTSPMediaFactory *factory = gst_rtsp_media_factory_new();
  gst_rtsp_media_factory_set_launch(factory, launch);
  gst_rtsp_media_factory_set_shared(factory, TRUE);
  GstRTSPMountPoints *mounts = gst_rtsp_server_get_mount_points(server);
  gst_rtsp_mount_points_add_factory(mounts, "/cam", factory);
  g_object_unref(mounts);
  g_free(launch);
  GMainLoop *loop = g_main_loop_new(NULL, FALSE);
  if (gst_rtsp_server_attach(server, NULL) == 0) {
    fprintf(stderr, "gst-fanout: cannot listen\n");
    return 1;
  }
  g_unix_signal_add(SIGTERM, quit, loop);
  g_timeout_add_seconds(CLEANUP_INTERVAL_S, cleanup, server);
  printf("{\"event\":\"listening\",\"port\":%d}\n", gst_rtsp_server_get_bound_port(server));
  fflush(stdout);
  g_main_loop_run(loop);
  return 0;
}
