#!/usr/bin/env bash
# Package    PyAV 18.1.0 (PyPI), which brings libavformat 62.12 of FFmpeg 8.1, and libvpx.
# Behaviour  The RTP payloader of libavformat never sets bit P ("inter-picture predicted frame") of the VP9 payload descriptor.
# Expected   RFC 9628 section 4.2 has P set in each packet of a frame that is predicted from others, and clear in key frames.
# Seen       20 frames, 1 of them a key frame: P is clear in all packets; B and E (begin, end of a frame) are right.
# Matters    By the descriptor each frame is a key frame. A server that lets viewers join at frames with P clear lets them join
#            anywhere, and they see nothing until the next real key frame. The header of the frame itself has to decide.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip -q install av==18.1.0

cat > finding.py <<'END'
import av, socket, sys
from fractions import Fraction

receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
receiver.bind(('127.0.0.1', 0))
receiver.settimeout(1)

out = av.open(f'rtp://127.0.0.1:{receiver.getsockname()[1]}', 'w', format='rtp', options={'strict': 'experimental'})
stream = out.add_stream('libvpx-vp9', rate=25, options={'deadline': 'realtime', 'cpu-used': '8', 'lag-in-frames': '0'})
stream.width, stream.height, stream.pix_fmt = 64, 48, 'yuv420p'
stream.codec_context.gop_size = 100
encoded = []
for i in range(20):
    frame = av.VideoFrame(64, 48, 'yuv420p')
    for plane in frame.planes:
        plane.update(bytes(j * i % 251 for j in range(plane.buffer_size)))
    frame.pts, frame.time_base = i, Fraction(1, 25)
    for packet in stream.encode(frame):
        encoded.append(packet.is_keyframe)
        out.mux(packet)
out.close()

descriptors = []
try:
    while True:
        datagram = receiver.recv(65536)
        if not 192 <= datagram[1] <= 223:  # not RTCP
            descriptors.append(datagram[12])
except TimeoutError:
    pass

def having(bit):
    return sum(1 for descriptor in descriptors if descriptor & bit)

print(f'{len(encoded)} frames, {sum(encoded)} key frames; {len(descriptors)} packets,',
      f'of which begin a frame (B): {having(8)}, end one (E): {having(4)}, are predicted (P): {having(0x40)}')
is_as_found = len(encoded) == 20 and sum(encoded) == 1 and having(8) == having(4) == 20 and having(0x40) == 0
print('as found' if is_as_found else 'CHANGED')
sys.exit(0 if is_as_found else 1)
END
timeout 60 venv/bin/python finding.py
