"""gst-rtsp-server with live H.264 and Opus, and the digest of every packet that it sends.

gst-upstream.py HOST PORT TLS_PORT CERT KEY: /cam on PORT over UDP, TCP, HTTP and multicast. On TLS_PORT, in TLS, /cam has plain
RTP, and /secure SRTP. Prints both ports, then a line for each packet: audio or video, and the SHA-1 of timestamp and payload.
"""

import hashlib
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import Gio, GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

Gst.init(None)
host, port, tls_port, cert, key = sys.argv[1:]

LAUNCH = (
    "( videotestsrc is-live=true ! video/x-raw,width=320,height=240,framerate=25/1"
    " ! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=25 ! rtph264pay name=pay0 pt=96"
    " audiotestsrc is-live=true ! audioconvert ! audioresample ! opusenc ! rtpopuspay name=pay1 pt=97 )"
)
PROBE = Gst.PadProbeType.BUFFER | Gst.PadProbeType.BUFFER_LIST


def tell(kind, buffer):
    packet = buffer.extract_dup(0, buffer.get_size())
    digest = hashlib.sha1(packet[4:8] + packet[12:]).hexdigest()
    sys.stdout.write(f"{kind} {digest}\n")
    sys.stdout.flush()


def sent(_pad, info, kind):
    packets = info.get_buffer_list()
    if packets is not None:
        for index in range(packets.length()):
            tell(kind, packets.get(index))
    else:
        tell(kind, info.get_buffer())
    return Gst.PadProbeReturn.OK


def configure(_factory, media):
    for name, kind in (("pay0", "video"), ("pay1", "audio")):
        pad = media.get_element().get_by_name(name).get_static_pad("src")
        pad.add_probe(PROBE, sent, kind)


permissions = GstRtspServer.RTSPPermissions()
permissions.add_permission_for_role("user", "media.factory.access", True)
permissions.add_permission_for_role("user", "media.factory.construct", True)


def factory(profile=GstRtsp.RTSPProfile.AVP):
    made = GstRtspServer.RTSPMediaFactory()
    made.set_launch(LAUNCH)
    made.set_shared(True)
    made.set_profiles(profile)
    made.set_permissions(permissions)
    made.connect("media-configure", configure)
    return made


def listening(service, mounts):
    server = GstRtspServer.RTSPServer()
    server.set_address(host)
    server.set_service(service)
    for path, made in mounts.items():
        server.get_mount_points().add_factory(path, made)
    return server


camera = factory()
pool = GstRtspServer.RTSPAddressPool()
pool.add_range("239.255.20.1", "239.255.20.8", 27000, 27099, 1)
camera.set_address_pool(pool)
lower = GstRtsp.RTSPLowerTrans
camera.set_protocols(lower.UDP | lower.TCP | lower.UDP_MCAST)
public = listening(port, {"/cam": camera})

secure = listening(tls_port, {"/cam": factory(), "/secure": factory(GstRtsp.RTSPProfile.SAVP)})
auth = GstRtspServer.RTSPAuth()
auth.set_tls_certificate(Gio.TlsCertificate.new_from_files(cert, key))
anonymous = GstRtspServer.RTSPToken()
anonymous.set_string("media.factory.role", "user")
auth.set_default_token(anonymous)
secure.set_auth(auth)

for each in (public, secure):
    each.attach(None)
print(f"listens {public.get_bound_port()} {secure.get_bound_port()}", flush=True)
GLib.MainLoop().run()
