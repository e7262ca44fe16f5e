#!/usr/bin/env bash
# Package    PyAV 18.1.0 (PyPI), which brings libavformat 62.12 of FFmpeg 8.1.
# Behaviour  The RTSP client of libavformat sends its keepalive only right after a packet of media. Without media it sends
#            nothing, however short the timeout of the session is. Sender reports do not make it send one.
# Expected   A request within each `timeout`: RFC 2326 section 12.37 lets a server end a session that is silent for longer.
# Seen       timeout=6; media for 7 s, sender reports alone for 12 s, media again. Keepalives come after 3, 6 and 19 s.
# Matters    Such a viewer waits, connected, for a publisher to come back. A server that ends sessions by the clock alone loses
#            each of them; the open connection has to be a second sign of life.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip -q install av==18.1.0

cat > finding.py <<'END'
import os, re, socket, sys, time

SDP = 'v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\nm=audio 0 RTP/AVP 0\r\na=control:t\r\n'
HEADERS = {
    'OPTIONS': 'Public: OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, TEARDOWN\r\n\r\n',
    'DESCRIBE': f'Content-Type: application/sdp\r\nContent-Length: {len(SDP)}\r\n\r\n{SDP}',
    'SETUP': 'Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\nSession: 1;timeout=6\r\n\r\n',
}
listener = socket.create_server(('127.0.0.1', 0))
client = os.fork()
if client == 0:
    import av
    url = f'rtsp://127.0.0.1:{listener.getsockname()[1]}/live'
    try:
        for _ in av.open(url, options={'rtsp_transport': 'tcp'}).demux():
            pass
    except av.FFmpegError:
        pass
    os._exit(0)

connection = listener.accept()[0]
connection.settimeout(0.02)
data, sequence, started, next_report, keepalives = b'', 0, None, 0, []

def send(channel, packet):
    connection.sendall(bytes([0x24, channel]) + len(packet).to_bytes(2, 'big') + packet)

while started is None or time.monotonic() - started < 21:
    try:
        data += connection.recv(65536)
    except TimeoutError:
        pass
    while data:
        if data[0] == 0x24:  # a receiver report
            end = 4 + int.from_bytes(data[2:4], 'big')
            if len(data) < max(4, end): break
            data = data[end:]
            continue
        head, found, rest = data.partition(b'\r\n\r\n')
        if not found: break
        data = rest
        method = head.decode().split()[0]
        sequence_number = re.search(r'(?i)cseq: *(\d+)', head.decode())[1]
        headers = HEADERS.get(method, 'Session: 1\r\n\r\n')
        connection.sendall(f'RTSP/1.0 200 OK\r\nCSeq: {sequence_number}\r\n{headers}'.encode())
        if method == 'PLAY':
            started = time.monotonic()
        elif method in ('GET_PARAMETER', 'OPTIONS') and started is not None:
            keepalives.append(time.monotonic() - started)
            print(f'{keepalives[-1]:5.1f} s  {method}', flush=True)
    if started is None: continue
    since = time.monotonic() - started
    if since < 7 or since > 19:
        send(0, bytes([0x80, 0]) + sequence.to_bytes(2, 'big') + (sequence * 160).to_bytes(4, 'big') + b'SSRC' + b'\xff' * 160)
        sequence += 1
    if since >= next_report:
        next_report = since + 0.5
        ntp = int((time.time() + 2208988800) * 2**32)
        send(1, b'\x80\xc8\0\6SSRC' + ntp.to_bytes(8, 'big') + (sequence * 160).to_bytes(4, 'big')
             + sequence.to_bytes(4, 'big') + (sequence * 160).to_bytes(4, 'big'))
connection.shutdown(socket.SHUT_RDWR)
os.waitpid(client, 0)

silent = [at for at in keepalives if 7.5 < at < 18.9]
is_as_found = any(at < 7 for at in keepalives) and any(at >= 18.9 for at in keepalives) and not silent
print(f'{len(silent)} keepalives in the 11 s without media, of a session with timeout=6')
print('as found' if is_as_found else 'CHANGED')
sys.exit(0 if is_as_found else 1)
END
timeout 60 venv/bin/python finding.py
