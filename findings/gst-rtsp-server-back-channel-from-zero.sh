#!/usr/bin/env bash
# Package    GStreamer 1.22.0 (Debian 12): gst-rtsp-server with its ONVIF server and a live mount with a back channel.
# Behaviour  PLAY of a live mount answers 200 to `Range: npt=0.000-`. Once the client has required the back channel of ONVIF, the
#            same PLAY of the same mount answers 503; `npt=now-` and no Range answer 200.
# Expected   The same answer with and without back channel: the description says `a=range:npt=now-` in both cases.
# Seen       without: 200, 200, 200; with `Require: www.onvif.org/ver20/backchannel`: 503, 200, 200.
# Matters    Many clients ask each stream for npt=0.000-. A client that wants to speak must ask a live stream for npt=now-, or send
#            no Range; and a 503 to PLAY need not mean that the server is busy.
set -euo pipefail
python=/usr/bin/python3
"$python" -c 'import gi; gi.require_version("GstRtspServer", "1.0")' 2> /dev/null ||
  { echo 'needs python3-gi, gir1.2-gst-rtsp-server-1.0, gstreamer1.0-plugins-good and -base'; exit 2; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/finding.py" <<'END'
import os, re, socket, sys, threading
import gi
for name in ('Gst', 'GstRtspServer'): gi.require_version(name, '1.0')
from gi.repository import GLib, Gst, GstRtspServer
Gst.init(None)
print(Gst.version_string())

server = GstRtspServer.RTSPOnvifServer(service='0', address='127.0.0.1')
factory = GstRtspServer.RTSPOnvifMediaFactory(shared=True)
factory.set_launch('( audiotestsrc is-live=true ! audio/x-raw,rate=8000,channels=1 ! mulawenc ! rtppcmupay name=pay0 )')
factory.set_backchannel_launch('( capsfilter name=depay_backchannel caps="application/x-rtp, media=audio, payload=0, '
                               'clock-rate=8000, encoding-name=PCMU" ! rtppcmudepay ! fakesink async=false )')
factory.set_media_gtype(GstRtspServer.RTSPOnvifMedia.__gtype__)
server.get_mount_points().add_factory('/live', factory)
server.attach(None)
threading.Thread(target=GLib.MainLoop().run, daemon=True).start()
origin = f'rtsp://127.0.0.1:{server.get_bound_port()}/live'

def played(range_, require):
    """Status of PLAY, and the range of the description."""
    connection = socket.create_connection(('127.0.0.1', server.get_bound_port()), 10)
    number, data = 0, b''
    def ask(method, url, *headers):
        nonlocal number, data
        number += 1
        lines = [f'{method} {url} RTSP/1.0', f'CSeq: {number}', *headers, *require]
        connection.sendall(('\r\n'.join(lines) + '\r\n\r\n').encode())
        while (start := data.find(b'RTSP/1.0')) < 0 or (end := data.find(b'\r\n\r\n', start)) < 0: data += connection.recv(65536)
        head = data[start:end].decode('latin1')
        length = int((re.search(r'(?i)content-length: *(\d+)', head) or [0, 0])[1])
        while len(data) < end + 4 + length: data += connection.recv(65536)
        body, data = data[end + 4:end + 4 + length].decode('latin1'), data[end + 4 + length:]
        return head, body
    description = ask('DESCRIBE', origin, 'Accept: application/sdp')[1]
    setup = ask('SETUP', origin + '/stream=0', 'Transport: RTP/AVP/TCP;unicast;interleaved=0-1')[0]
    session = re.search(r'(?i)session: *([^;\r\n]+)', setup)[1]
    play = ask('PLAY', origin, f'Session: {session}', *([f'Range: {range_}'] if range_ else []))[0]
    connection.close()
    return int(play.split()[1]), re.findall(r'a=range:(\S+)', description)

ranges = ('npt=0.000-', 'npt=now-', None)
without = [played(each, []) for each in ranges]
with_ = [played(each, ['Require: www.onvif.org/ver20/backchannel']) for each in ranges]
print('without', without)
print('with   ', with_)
same = [status for status, _ in without] == [200, 200, 200] and [status for status, _ in with_] == [503, 200, 200]
same = same and all('npt=now-' in found for _, found in without + with_)
print('as found' if same else 'changed')
sys.stdout.flush()
os._exit(0 if same else 1)
END
timeout 60 "$python" "$folder/finding.py"
