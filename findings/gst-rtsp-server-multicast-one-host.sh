#!/usr/bin/env bash
# Package    GStreamer 1.22.0 (Debian 12): gst-rtsp-server, and rtspsrc of gst-plugins-good.
# Behaviour  A multicast mount of gst-rtsp-server holds the group's ports without address reuse. No receiver on the same host can
#            bind them: neither with SO_REUSEADDR nor with SO_REUSEPORT, and GStreamer's own rtspsrc gives up.
# Expected   Receivers of multicast share a port on one host; a sender needs no port of the group at all.
# Seen       SETUP: 200 with the group and port; each bind: EADDRINUSE; rtspsrc: "No supported stream was found".
# Matters    Multicast from gst-rtsp-server can be tried with a receiver in another network namespace only. A client has to tell
#            the used port from a refusal of the server, and may go on with another transport.
set -euo pipefail
python=/usr/bin/python3
"$python" -c 'import gi; gi.require_version("GstRtspServer", "1.0")' 2> /dev/null ||
  { echo 'needs python3-gi, gir1.2-gst-rtsp-server-1.0, gstreamer1.0-tools, -good and -base plugins'; exit 2; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/finding.py" <<'END'
import errno, re, socket, subprocess, sys, threading
import gi
for name in ('Gst', 'GstRtsp', 'GstRtspServer'): gi.require_version(name, '1.0')
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer
Gst.init(None)
print(Gst.version_string())

server = GstRtspServer.RTSPServer(service='0', address='127.0.0.1')
factory = GstRtspServer.RTSPMediaFactory(shared=True)
factory.set_launch('( audiotestsrc is-live=true ! audio/x-raw,rate=8000,channels=1 ! mulawenc ! rtppcmupay name=pay0 )')
pool = GstRtspServer.RTSPAddressPool()
pool.add_range('239.255.12.1', '239.255.12.9', 17000, 17020, 1)
factory.set_address_pool(pool)
factory.set_protocols(GstRtsp.RTSPLowerTrans.UDP_MCAST)
server.get_mount_points().add_factory('/live', factory)
server.attach(None)
threading.Thread(target=GLib.MainLoop().run, daemon=True).start()
origin = f'rtsp://127.0.0.1:{server.get_bound_port()}/live'

connection = socket.create_connection(('127.0.0.1', server.get_bound_port()), 10)

def ask(number, method, url, header):
    connection.sendall(f'{method} {url} RTSP/1.0\r\nCSeq: {number}\r\n{header}\r\n\r\n'.encode())
    text = ''
    while '\r\n\r\n' not in text: text += connection.recv(65536).decode('latin1')
    return text

ask(1, 'DESCRIBE', origin, 'Accept: application/sdp')
setup = ask(2, 'SETUP', origin + '/stream=0', 'Transport: RTP/AVP;multicast')
group, port = re.search(r'destination=([\d.]+).*?port=(\d+)', setup).groups()
print('SETUP', setup.split('\r\n')[0], group, port)

refused = []
for option in (None, socket.SO_REUSEADDR, socket.SO_REUSEPORT):
    receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    if option is not None: receiver.setsockopt(socket.SOL_SOCKET, option, 1)
    try: receiver.bind((group, int(port)))
    except OSError as error: refused.append(error.errno)
    receiver.close()
print('binds', [errno.errorcode[number] for number in refused])
player = subprocess.run(['timeout', '10', 'gst-launch-1.0', 'rtspsrc', f'location={origin}', 'protocols=udp-mcast', '!',
                         'fakesink', 'num-buffers=20'], capture_output=True, text=True)
print('rtspsrc', player.returncode, re.findall(r'No supported stream was found', player.stderr))
same = refused == [errno.EADDRINUSE] * 3 and 'No supported stream was found' in player.stderr
print('as found' if same else 'changed')
sys.stdout.flush()
import os; os._exit(0 if same else 1)
END
timeout 60 "$python" "$folder/finding.py"
