"""gst-rtsp-server with what the conformance rows need: prints its ports, serves until SIGTERM. RTSP_PORT is the first of
them, if it is set.

/cam is live H.264 and Opus, /rec takes a publisher, /file is the MP4 file that the first argument names. On the second
port, /priv is the same as /cam, for the user u with the password p. On the third port, in TLS with the certificate and the
key of the second and third argument, /cam is the same with SRTP. /keep takes a publisher of H.264 and AAC, and writes both
into files with the endings .h264 and .aac behind the fourth argument, if there is one. On the third port, /keep takes one
with SRTP, and writes the endings -secure.h264 and -secure.aac. On the fourth port, /door has a back
channel of ONVIF: the audio is written to the standard error as it comes.
"""

import os
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import Gio, GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

Gst.init(None)

VIDEO = (
    "videotestsrc is-live=true ! video/x-raw,width=320,height=240,framerate=25/1"
    " ! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=25 ! rtph264pay name=pay0 pt=96"
)
AUDIO = "audiotestsrc is-live=true ! audioconvert ! audioresample ! opusenc ! rtpopuspay name=pay1 pt=97"
CAMERA = f"( {VIDEO} {AUDIO} )"
RECORDER = "( rtph264depay name=depay0 ! fakesink async=false )"


def factory(launch, shared=True):
    made = GstRtspServer.RTSPMediaFactory()
    made.set_launch(launch)
    made.set_shared(shared)
    return made


def listening(mounts, server=None, port="0"):
    server = server or GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(port)
    for path, made in mounts.items():
        server.get_mount_points().add_factory(path, made)
    return server


recorder = factory(RECORDER, shared=False)
recorder.set_transport_mode(GstRtspServer.RTSPTransportMode.RECORD)
stored = factory(
    f"( filesrc location={sys.argv[1]} ! qtdemux name=d"
    " d.video_0 ! queue ! h264parse ! rtph264pay name=pay0 pt=96"
    " d.audio_0 ! queue ! aacparse ! rtpmp4gpay name=pay1 pt=97 )",
    shared=False,
)


def keeper(name):
    made = factory(
        "( rtph264depay name=depay0 ! h264parse config-interval=-1"
        " ! video/x-h264,stream-format=byte-stream,alignment=au"
        f" ! filesink async=false buffer-mode=unbuffered location={name}.h264"
        " rtpmp4gdepay name=depay1 ! aacparse ! audio/mpeg,stream-format=adts"
        f" ! filesink async=false buffer-mode=unbuffered location={name}.aac )",
        shared=False,
    )
    made.set_transport_mode(GstRtspServer.RTSPTransportMode.RECORD)
    return made


mounts = {"/cam": factory(CAMERA), "/rec": recorder, "/file": stored}
if len(sys.argv) > 4:
    mounts["/keep"] = keeper(sys.argv[4])
public = listening(mounts, port=os.environ.get("RTSP_PORT", "0"))

permissions = GstRtspServer.RTSPPermissions()
permissions.add_permission_for_role("user", "media.factory.access", True)
permissions.add_permission_for_role("user", "media.factory.construct", True)
camera = factory(CAMERA)
camera.set_permissions(permissions)
private = listening({"/priv": camera})
token = GstRtspServer.RTSPToken()
token.set_string("media.factory.role", "user")
auth = GstRtspServer.RTSPAuth()
auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
auth.add_digest("u", "p", token)
private.set_auth(auth)

camera = factory(CAMERA)
camera.set_profiles(GstRtsp.RTSPProfile.SAVP)
secure_mounts = {"/cam": camera}
if len(sys.argv) > 4:
    kept = keeper(f"{sys.argv[4]}-secure")
    kept.set_profiles(GstRtsp.RTSPProfile.SAVP)
    kept.set_permissions(permissions)
    secure_mounts["/keep"] = kept
secure = listening(secure_mounts)
auth = GstRtspServer.RTSPAuth()
auth.set_tls_certificate(Gio.TlsCertificate.new_from_files(sys.argv[2], sys.argv[3]))
anonymous = GstRtspServer.RTSPToken()
anonymous.set_string("media.factory.role", "user")
auth.set_default_token(anonymous)
camera.set_permissions(permissions)
secure.set_auth(auth)

door = GstRtspServer.RTSPOnvifMediaFactory()
door.set_launch(CAMERA)
door.set_shared(True)
door.set_media_gtype(GstRtspServer.RTSPOnvifMedia.__gtype__)
SPEAKER = "application/x-rtp, media=audio, payload=0, clock-rate=8000, encoding-name=PCMU"
WRITER = "fdsink fd=2 sync=false async=false"
door.set_backchannel_launch(f'( capsfilter caps="{SPEAKER}" name=depay_backchannel ! rtppcmudepay ! {WRITER} )')
onvif = listening({"/door": door}, GstRtspServer.RTSPOnvifServer())

for server in (public, private, secure, onvif):
    server.attach(None)
version = ".".join(map(str, Gst.version()[:3]))
ports = " ".join(str(server.get_bound_port()) for server in (public, private, secure, onvif))
print(f"gst-rtsp-server {version} ports {ports}", flush=True)
GLib.MainLoop().run()
