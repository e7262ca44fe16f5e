#!/usr/bin/env bash
# Package    PyAV 18.1.0 (PyPI), which brings libavformat 62.12 of FFmpeg 8.1.
# Behaviour  When no datagram comes, the RTSP client of libavformat changes to TCP. It sends PAUSE in the first session and then,
#            on the same connection, SETUP without a Session header. It never sends TEARDOWN for the first session.
# Expected   TEARDOWN of the session that the client gives up, or SETUP within that session, which RFC 2326 section 10.4 allows.
# Seen       SETUP (udp), PLAY s1, PAUSE s1, SETUP (tcp) without Session, PLAY s2, TEARDOWN s2.
# Matters    One viewer behind a firewall holds two sessions, two places of a limit and a pair of UDP ports until the first
#            session times out, by default after 60 s. The server has to see by itself that the second replaces the first.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip -q install av==18.1.0

cat > finding.py <<'END'
import os, re, socket, sys, time

SDP = 'v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\nm=audio 0 RTP/AVP 0\r\na=control:t\r\n'
listener = socket.create_server(('127.0.0.1', 0))
datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)  # nothing is ever sent here
datagrams.bind(('127.0.0.1', 0))
client = os.fork()
if client == 0:
    import av
    url = f'rtsp://127.0.0.1:{listener.getsockname()[1]}/live'
    container = av.open(url, options={'timeout': '2000000'})
    for number, _ in enumerate(container.demux()):
        if number == 20: break
    container.close()
    os._exit(0)

connection = listener.accept()[0]
connection.settimeout(0.02)
data, sequence, sessions, is_over_tcp, seen = b'', 0, 0, False, []

def answer(head):
    global sessions, is_over_tcp
    method = head.split()[0]
    session = re.search(r'(?i)\r\nsession: *(\w+)', head)
    ports = re.search(r'client_port=([\d-]+)', head)
    if method == 'OPTIONS':
        return 'Public: OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, GET_PARAMETER, TEARDOWN\r\n\r\n'
    if method == 'DESCRIBE':
        return f'Content-Type: application/sdp\r\nContent-Length: {len(SDP)}\r\n\r\n{SDP}'
    seen.append((method, session[1] if session else None))
    detail = f'({"udp" if ports else "tcp"})' if method == 'SETUP' else ''
    print(method, detail, 'Session:', session[1] if session else 'none', flush=True)
    if method != 'SETUP':
        return f'Session: s{sessions}\r\n\r\n'
    sessions += 1
    transport = 'RTP/AVP/TCP;unicast;interleaved=0-1'
    if ports:
        port = datagrams.getsockname()[1]
        transport = f'RTP/AVP;unicast;client_port={ports[1]};server_port={port}-{port + 1};source=127.0.0.1'
    return f'Transport: {transport}\r\nSession: s{sessions};timeout=60\r\n\r\n'

ends = time.monotonic() + 30
while time.monotonic() < ends:
    try:
        received = connection.recv(65536)
        if not received: break
        data += received
    except TimeoutError:
        pass
    except ConnectionResetError:  # packets of media were on their way when the client ended
        break
    while data:
        if data[0] == 0x24:  # a receiver report
            end = 4 + int.from_bytes(data[2:4], 'big')
            if len(data) < max(4, end): break
            data = data[end:]
            continue
        head, found, rest = data.partition(b'\r\n\r\n')
        if not found: break
        data, text = rest, head.decode()
        number = re.search(r'(?i)cseq: *(\d+)', text)[1]
        connection.sendall(f'RTSP/1.0 200 OK\r\nCSeq: {number}\r\n{answer(text)}'.encode())
        is_over_tcp = text.startswith('PLAY') and sessions == 2 or is_over_tcp and not text.startswith('TEARDOWN')
    if is_over_tcp:
        packet = bytes([0x80, 0]) + sequence.to_bytes(2, 'big') + (sequence * 160).to_bytes(4, 'big') + b'SSRC' + b'\xff' * 160
        connection.sendall(b'\x24\0' + len(packet).to_bytes(2, 'big') + packet)
        sequence += 1
connection.close()
os.waitpid(client, 0)

is_as_found = seen == [('SETUP', None), ('PLAY', 's1'), ('PAUSE', 's1'), ('SETUP', None), ('PLAY', 's2'), ('TEARDOWN', 's2')]
print('as found: s1 was never torn down' if is_as_found else 'CHANGED')
sys.exit(0 if is_as_found else 1)
END
timeout 60 venv/bin/python finding.py
