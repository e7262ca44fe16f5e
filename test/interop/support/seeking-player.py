"""Plays an rtsp: URL with GStreamer and seeks in it; prints what it decoded as JSON.

usage: seeking-player.py URL tcp|udp STEP...

A step is a number, to seek there and play 1 s; `end`, to play on to the end; or `pause`, to pause for 1 s and then play
1 s. The first second is played before the first step. Each step gives {"step", "ended", "pictures": [[seconds, md5]]}.
"""

import hashlib
import json
import os
import sys

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402

Gst.init(None)
url, transport, *steps = sys.argv[1:]
# Only a sink that waits for the clock has something to show when it pauses; then the end would come late.
sync = "true" if "pause" in steps else "false"
pipeline = Gst.parse_launch(
    f"rtspsrc name=source location={url} protocols={transport} latency=100 "
    "source. ! application/x-rtp,media=video ! rtph264depay ! h264parse ! avdec_h264 "
    f"! video/x-raw,format=I420 ! appsink name=pictures emit-signals=true sync={sync} "
    "source. ! application/x-rtp,media=audio ! rtpmp4gdepay ! aacparse ! avdec_aac "
    f"! fakesink sync={sync}"
)
pictures = []


def on_picture(sink):
    sample = sink.emit("pull-sample")
    buffer = sample.get_buffer()
    time = sample.get_segment().to_stream_time(Gst.Format.TIME, buffer.pts)
    samples = buffer.extract_dup(0, buffer.get_size())
    pictures.append([time / Gst.SECOND, hashlib.md5(samples).hexdigest()])
    return Gst.FlowReturn.OK


def on_flush(_pad, info):
    # What was decoded up to here is from before the seek.
    if info.get_event().type == Gst.EventType.FLUSH_STOP:
        pictures.clear()
    return Gst.PadProbeReturn.OK


def play(seconds):
    """Returns whether the end has come."""
    kinds = Gst.MessageType.EOS | Gst.MessageType.ERROR
    message = pipeline.get_bus().timed_pop_filtered(int(seconds * Gst.SECOND), kinds)
    if message and message.type == Gst.MessageType.ERROR:
        raise SystemExit(f"GStreamer: {message.parse_error()}")
    return message is not None


def perform(step):
    if step == "pause":
        pipeline.set_state(Gst.State.PAUSED)
        play(1)
        pipeline.set_state(Gst.State.PLAYING)
    elif step not in ("begin", "end"):
        flags = Gst.SeekFlags.FLUSH | Gst.SeekFlags.KEY_UNIT
        pipeline.seek_simple(Gst.Format.TIME, flags, int(float(step) * Gst.SECOND))
    return play(15 if step == "end" else 1)


sink = pipeline.get_by_name("pictures")
sink.connect("new-sample", on_picture)
sink.get_static_pad("sink").add_probe(Gst.PadProbeType.EVENT_FLUSH, on_flush)
pipeline.set_state(Gst.State.PLAYING)
results = []
for step in ["begin", *steps]:
    pictures.clear()
    ended = perform(step)
    results.append({"step": step, "ended": ended, "pictures": list(pictures)})
print(json.dumps(results), flush=True)
# rtspsrc 1.22 may drop references that Python still holds when it stops; the end of the connection says enough.
os._exit(0)
