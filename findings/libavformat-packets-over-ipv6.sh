#!/usr/bin/env bash
# Package    PyAV 18.1.0 (PyPI), which brings libavformat 62.12 of FFmpeg 8.1.
# Behaviour  The RTP muxer of libavformat makes packets of up to 1472 bytes by IPv6 too. That length is Ethernet's 1500 less the
#            headers of IPv4 and UDP.
# Expected   At most 1452 bytes by IPv6, whose header is 20 bytes longer.
# Seen       The longest packet has 1472 bytes to 127.0.0.1 and to ::1 alike, and 1452 with `?pkt_size=1452` in the URL.
# Matters    On Ethernet each full packet becomes a datagram of 1520 bytes, in two fragments, which routers and firewalls often
#            drop: sound plays, pictures do not. A server that relays packets as they are sends such ones to viewers by IPv6.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip -q install av==18.1.0

cat > finding.py <<'END'
import av, os, socket, sys
from fractions import Fraction

def longest(family, host, query=''):
    """The length of the longest of the packets of a picture."""
    receiver = socket.socket(family, socket.SOCK_DGRAM)
    receiver.bind((host, 0))
    receiver.settimeout(1)
    name = f'[{host}]' if ':' in host else host
    out = av.open(f'rtp://{name}:{receiver.getsockname()[1]}{query}', 'w', format='rtp')
    stream = out.add_stream('mpeg4', rate=25, options={'b': '4000000'})
    stream.width, stream.height, stream.pix_fmt = 320, 240, 'yuv420p'
    frame = av.VideoFrame(320, 240, 'yuv420p')
    for plane in frame.planes:
        plane.update(bytes(j * j % 251 for j in range(plane.buffer_size)))
    frame.pts, frame.time_base = 0, Fraction(1, 25)
    out.mux(stream.encode(frame))
    out.mux(stream.encode(None))
    out.close()
    lengths = []
    try:
        while True:
            lengths.append(len(receiver.recv(65536)))
    except TimeoutError:
        pass
    print(f'{host} {query}: {len(lengths)} packets, the longest has {max(lengths)} bytes')
    return max(lengths)

found = [longest(socket.AF_INET, '127.0.0.1'), longest(socket.AF_INET6, '::1'),
         longest(socket.AF_INET6, '::1', '?pkt_size=1452')]
is_as_found = found == [1472, 1472, 1452]
print('as found' if is_as_found else 'CHANGED')
sys.exit(0 if is_as_found else 1)
END
timeout 60 venv/bin/python finding.py
