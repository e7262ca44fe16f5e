"""Speaks over the ONVIF back channel of a presentation: back-channel-peer.py URL PROTOCOLS.

Says 2 s of a tone of a quarter of full scale in G.711 mu-law, 20 ms a packet, and prints how many packets it has said
and how many it has heard meanwhile.
"""

import os
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstApp", "1.0")
from gi.repository import GLib, Gst, GstApp  # noqa: E402,F401

Gst.init(None)
URL, PROTOCOLS = sys.argv[1:]
PACKETS = 100
ECHO_MS = 500
SPEAKER = (
    f"audiotestsrc is-live=true volume=0.25 samplesperbuffer=160 num-buffers={PACKETS}"
    " ! audio/x-raw,rate=8000,channels=1 ! mulawenc ! rtppcmupay max-ptime=20000000"
    " ! appsink name=said emit-signals=true sync=false"
)

loop = GLib.MainLoop()
source = Gst.parse_launch(f"rtspsrc location={URL} protocols={PROTOCOLS} backchannel=onvif latency=0")
listener = Gst.Pipeline.new(None)
listener.add(source)
speaker = Gst.parse_launch(SPEAKER)
back_channel = None
said = []
heard = 0


def select_stream(_, index, caps):
    global back_channel
    if caps.get_structure(0).has_field("a-sendonly"):
        back_channel = index
    return True


def pad_added(_, pad):
    sink = Gst.ElementFactory.make("fakesink")
    sink.set_property("sync", False)
    listener.add(sink)
    sink.sync_state_with_parent()
    pad.add_probe(Gst.PadProbeType.BUFFER, hear)
    pad.link(sink.get_static_pad("sink"))


def hear(_, __):
    global heard
    heard += 1
    return Gst.PadProbeReturn.OK


def say(sink):
    sample = sink.emit("pull-sample")
    # The signal takes a reference that Python does not give: what it freed must not be freed again here.
    said.append(sample)
    return source.emit("push-backchannel-sample", back_channel, sample)


def message(_, told):
    if told.type == Gst.MessageType.ERROR:
        leave(1, str(told.parse_error()))
    elif told.type == Gst.MessageType.PROGRESS:
        kind, code, _ = told.parse_progress()
        if code == "request" and kind == Gst.ProgressType.COMPLETE:
            speaker.set_state(Gst.State.PLAYING)
    elif told.type == Gst.MessageType.EOS and told.src == speaker:
        GLib.timeout_add(ECHO_MS, leave, 0, "")


def leave(status, error):
    listener.set_state(Gst.State.NULL)
    speaker.set_state(Gst.State.NULL)
    print(f"said {len(said)} heard {heard}", flush=True)
    print(error, end="", file=sys.stderr, flush=True)
    # Not sys.exit(): see say().
    os._exit(status)


source.connect("select-stream", select_stream)
source.connect("pad-added", pad_added)
speaker.get_by_name("said").connect("new-sample", say)
for pipeline in (listener, speaker):
    bus = pipeline.get_bus()
    bus.add_signal_watch()
    bus.connect("message", message)
listener.set_state(Gst.State.PLAYING)
loop.run()
