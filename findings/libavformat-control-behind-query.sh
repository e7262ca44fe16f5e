#!/usr/bin/env bash
# Package    PyAV 18.1.0 (PyPI), which brings libavformat 62.12 of FFmpeg 8.1.
# Behaviour  libavformat joins the control of a track to the URL as text, also where the URL has a query. So `/streamid=0` becomes
#            a part of the value of the last parameter, both when it publishes and when it plays.
# Expected   RFC 2326 section C.1.1 resolves `a=control` by RFC 1808 (now RFC 3986 section 5.2.2): a relative reference replaces
#            the query of its base.
# Seen       ANNOUNCE /cam?token=a=b, SETUP /cam?token=a=b/streamid=0; DESCRIBE /cam?user=x, SETUP /cam?user=x/track1.
# Matters    Tokens and names of users are often in the query. A server that parses URLs by the RFC sees the path `/cam` without
#            a track, and a token that ends in `/streamid=0`, which nobody gave out.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip -q install av==18.1.0

cat > finding.py <<'END'
import os, re, socket, sys
from fractions import Fraction

SDP = 'v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\nm=audio 0 RTP/AVP 0\r\na=control:track1\r\n'

def publish(url):
    import av
    out = av.open(url, 'w', format='rtsp', options={'rtsp_transport': 'tcp'})
    stream = out.add_stream('pcm_mulaw', rate=8000)
    stream.layout = 'mono'
    frame = av.AudioFrame('s16', 'mono', 160)
    frame.sample_rate, frame.pts, frame.time_base = 8000, 0, Fraction(1, 8000)
    frame.planes[0].update(bytes(frame.planes[0].buffer_size))
    out.mux(stream.encode(frame))
    out.close()

def play(url):
    import av
    av.open(url, options={'rtsp_transport': 'tcp'}).close()

def asked(act, path):
    """The target of each request that a client sends."""
    listener = socket.create_server(('127.0.0.1', 0))
    origin = f'rtsp://127.0.0.1:{listener.getsockname()[1]}'
    client = os.fork()
    if client == 0:
        try: act(origin + path)
        finally: os._exit(0)
    connection, data, targets = listener.accept()[0], b'', {}
    connection.settimeout(10)
    while received := connection.recv(65536):
        data += received
        while True:
            if data[:1] == b'\x24':
                end = 4 + int.from_bytes(data[2:4], 'big')
                if len(data) < max(4, end): break
                data = data[end:]
                continue
            head, found, rest = data.partition(b'\r\n\r\n')
            text = head.decode('latin1')
            length = re.search(r'(?i)content-length: *(\d+)', text)
            if not found or len(rest) < int(length[1] if length else 0): break
            data = rest[int(length[1] if length else 0):]
            method, target = text.split()[:2]
            targets[method] = target.removeprefix(origin)
            number = re.search(r'(?i)cseq: *(\d+)', text)[1]
            transport = re.search(r'(?i)transport: *(.*)', text)
            headers = f'Transport: {transport[1].strip()}\r\nSession: 1\r\n\r\n' if transport else 'Session: 1\r\n\r\n'
            if method == 'DESCRIBE':
                headers = f'Content-Type: application/sdp\r\nContent-Length: {len(SDP)}\r\n\r\n{SDP}'
            connection.sendall(f'RTSP/1.0 200 OK\r\nCSeq: {number}\r\n{headers}'.encode())
            if method in ('PLAY', 'TEARDOWN'):  # no media follows
                connection.close()
                os.waitpid(client, 0)
                return targets
    os.waitpid(client, 0)
    return targets

published, played = asked(publish, '/cam?token=a=b'), asked(play, '/cam?user=x')
print('ANNOUNCE', published.get('ANNOUNCE'), '→ SETUP', published.get('SETUP'))
print('DESCRIBE', played.get('DESCRIBE'), '→ SETUP', played.get('SETUP'))
is_as_found = published.get('SETUP') == '/cam?token=a=b/streamid=0' and played.get('SETUP') == '/cam?user=x/track1'
print('as found' if is_as_found else 'CHANGED')
sys.exit(0 if is_as_found else 1)
END
timeout 60 venv/bin/python finding.py
