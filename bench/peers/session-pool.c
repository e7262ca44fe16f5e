/*
 * The operations of bench/session-pool on GstRTSPSessionPool, timed the same way and in the same order.
 *
 *   gcc -O2 -o session-pool session-pool.c $(pkg-config --cflags --libs gstreamer-rtsp-server-1.0)
 *   ./session-pool <sessions>      prints one line of JSON, nanoseconds per operation
 */
#include <gst/gst.h>
#include <gst/rtsp-server/rtsp-server.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BATCH 256
#define ID_SPACE 64

static double now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}

/* The same permutation as in project.mjs: Fisher-Yates on a linear congruential generator. */
static guint *permutation(guint n) {
  guint *order = g_new(guint, n);
  guint32 state = 12345;
  for (guint i = 0; i < n; i++) order[i] = i;
  for (guint i = n - 1; i > 0; i--) {
    state = state * 1664525u + 1013904223u;
    guint j = (guint)(((guint64)state * (i + 1)) >> 32);
    guint swap = order[i];
    order[i] = order[j];
    order[j] = swap;
  }
  return order;
}

static GstRTSPFilterResult keep(GstRTSPSessionPool *pool, GstRTSPSession *session, gpointer data) {
  (void)pool, (void)session, (void)data;
  return GST_RTSP_FILTER_KEEP;
}

static gboolean on_due(GstRTSPSessionPool *pool, gpointer data) {
  (void)data;
  gst_rtsp_session_pool_cleanup(pool);
  return TRUE;
}

/* Whole calls are repeated for about 0.3 s. */
#define REPEATED(result, call)                                                       \
  do {                                                                               \
    double begin = now_ns(), end;                                                    \
    guint calls = 0;                                                                 \
    do {                                                                             \
      call;                                                                          \
      calls++;                                                                       \
      end = now_ns();                                                                \
    } while (end - begin < 3e8 && calls < 100000);                                   \
    result = (end - begin) / calls;                                                  \
  } while (0)

int main(int argc, char **argv) {
  guint n = argc > 1 ? (guint)atoi(argv[1]) : 1000;
  guint rounds = n >= 200000 ? 1 : 200000 / n;
  double create = 0, find = 0, remove = 0, churn = 0, filter = 0, cleanup = 0, turn = 0, bytes = 0;
  gst_init(NULL, NULL);
  guint *order = permutation(n);
  GstRTSPSession **sessions = g_new0(GstRTSPSession *, n);
  static char ids[BATCH][ID_SPACE];

  for (guint round = 0; round < rounds; round++) {
    gboolean last = round == rounds - 1;
    GstRTSPSessionPool *pool = gst_rtsp_session_pool_new();
    struct mallinfo2 before = mallinfo2();
    double start = now_ns();
    for (guint i = 0; i < n; i++) sessions[i] = gst_rtsp_session_pool_create(pool);
    create += now_ns() - start;
    struct mallinfo2 after = mallinfo2();
    /* Later rounds take memory that earlier ones gave back. */
    if (round == 0) bytes = (double)(after.uordblks + after.hblkhd - before.uordblks - before.hblkhd) / n;

    for (guint i = 0; i < n; i += BATCH) {
      guint count = MIN(BATCH, n - i);
      for (guint j = 0; j < count; j++)
        strcpy(ids[j], gst_rtsp_session_get_sessionid(sessions[order[i + j]]));
      start = now_ns();
      for (guint j = 0; j < count; j++) {
        GstRTSPSession *found = gst_rtsp_session_pool_find(pool, ids[j]);
        if (!found) abort();
        g_object_unref(found);
      }
      find += now_ns() - start;
    }

    start = now_ns();
    for (guint i = 0; i < n; i++) {
      guint at = order[i];
      GstRTSPSession *made = gst_rtsp_session_pool_create(pool);
      GstRTSPSession *found = gst_rtsp_session_pool_find(pool, gst_rtsp_session_get_sessionid(made));
      if (!found) abort();
      g_object_unref(found);
      gst_rtsp_session_pool_remove(pool, sessions[at]);
      g_object_unref(sessions[at]);
      sessions[at] = made;
    }
    churn += now_ns() - start;

    if (last) {
      REPEATED(filter, gst_rtsp_session_pool_filter(pool, keep, NULL));
      REPEATED(cleanup, gst_rtsp_session_pool_cleanup(pool));
      GMainContext *context = g_main_context_new();
      GSource *watch = gst_rtsp_session_pool_create_watch(pool);
      g_source_set_callback(watch, (GSourceFunc)on_due, NULL, NULL);
      g_source_attach(watch, context);
      REPEATED(turn, g_main_context_iteration(context, FALSE));
      g_source_destroy(watch);
      g_source_unref(watch);
      g_main_context_unref(context);
    }

    start = now_ns();
    for (guint i = 0; i < n; i++) {
      if (!gst_rtsp_session_pool_remove(pool, sessions[order[i]])) abort();
      g_object_unref(sessions[order[i]]);
    }
    remove += now_ns() - start;
    g_object_unref(pool);
  }

  double total = (double)n * rounds;
  printf("{\"create\":%.1f,\"find\":%.1f,\"remove\":%.1f,\"churn\":%.1f,\"filterKeep\":%.2f,"
         "\"cleanup\":%.1f,\"watchTurn\":%.1f,\"bytes\":%.0f}\n",
         create / total, find / total, remove / total, churn / total, filter / n, cleanup, turn, bytes);
  return 0;
}
