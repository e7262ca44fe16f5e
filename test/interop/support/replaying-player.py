"""Plays a recording with GStreamer in onvif-mode, and prints what it decoded as JSON.

usage: replaying-player.py URL STEP...

A step is RATE,START,STOP,SECONDS: it seeks to a time of day, in seconds from 1900 on, and plays until STOP, which may be
empty, or for some SECONDS. A negative rate plays backwards, in key frames. Before the first step, the beginning is played for 1.5 s. Each step
gives {"step", "seconds", "pictures": [seconds from 1900]}.
"""

import json
import os
import sys
import time

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402

Gst.init(None)
url, *steps = sys.argv[1:]
pipeline = Gst.parse_launch(
    f"rtspsrc name=source location={url} protocols=tcp latency=100 onvif-mode=true "
    "source. ! application/x-rtp,media=video ! rtponvifparse ! rtph264depay ! h264parse ! avdec_h264 "
    "! fakesink name=pictures signal-handoffs=true sync=false "
    "source. ! application/x-rtp,media=audio ! fakesink sync=false"
)
pictures = []


def on_picture(_sink, buffer, _pad):
    pictures.append(round(buffer.pts / Gst.SECOND, 3))


def play(seconds):
    """Plays until the end or for some seconds. Returns how long it took."""
    began = time.monotonic()
    kinds = Gst.MessageType.EOS | Gst.MessageType.ERROR
    message = pipeline.get_bus().timed_pop_filtered(int(seconds * Gst.SECOND), kinds)
    if message and message.type == Gst.MessageType.ERROR:
        raise SystemExit(f"GStreamer: {message.parse_error()}")
    return time.monotonic() - began


def seek(step):
    rate, start, stop, seconds = step.split(",")
    rate = float(rate)
    flags = Gst.SeekFlags.FLUSH | Gst.SeekFlags.KEY_UNIT
    if rate != 1:
        flags |= Gst.SeekFlags.TRICKMODE
    if rate < 0:
        flags |= Gst.SeekFlags.TRICKMODE_KEY_UNITS
    kind = Gst.SeekType.SET if stop else Gst.SeekType.NONE
    end = int(float(stop) * Gst.SECOND) if stop else -1
    pictures.clear()
    begin = int(float(start) * Gst.SECOND)
    if not pipeline.seek(rate, Gst.Format.TIME, flags, Gst.SeekType.SET, begin, kind, end):
        raise SystemExit(f"GStreamer: cannot seek: {step}")
    return play(float(seconds))


sink = pipeline.get_by_name("pictures")
sink.connect("handoff", on_picture)
pipeline.set_state(Gst.State.PLAYING)
results = [{"step": "begin", "seconds": play(1.5), "pictures": list(pictures)}]
for step in steps:
    seconds = seek(step)
    results.append({"step": step, "seconds": seconds, "pictures": list(pictures)})
print(json.dumps(results), flush=True)
# rtspsrc 1.22 may drop references that Python still holds when it stops; the end of the connection says enough.
os._exit(0)
