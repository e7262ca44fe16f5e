"""gst-rtsp-server at an address, port 8554: /live and /test are live H.264, until it is killed."""

import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402

Gst.init(None)
LAUNCH = (
    "( videotestsrc is-live=true pattern=ball ! video/x-raw,width=640,height=360,framerate=25/1"
    " ! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=25 ! rtph264pay name=pay0 pt=96 )"
)
server = GstRtspServer.RTSPServer()
server.set_address(sys.argv[1])
server.set_service("8554")
for path in ("/live", "/test"):
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(LAUNCH)
    factory.set_shared(True)
    server.get_mount_points().add_factory(path, factory)
server.attach(None)
print("listening", flush=True)
GLib.MainLoop().run()
