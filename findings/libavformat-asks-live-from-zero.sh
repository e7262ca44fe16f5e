#!/usr/bin/env bash
# Package    PyAV 18.1.0 (PyPI), which brings libavformat 62.12 of FFmpeg 8.1.
# Behaviour  The RTSP client of libavformat begins each stream with `Range: npt=0.000-`, also one whose description says
#            `a=range:npt=now-`, as live media does.
# Expected   No Range, or `npt=now-`: RFC 2326 section 3.6 has `now` for live media, which no longer have their beginning.
# Seen       PLAY with "Range: npt=0.000-" for a=range:npt=now-, for a=range:npt=0-5, and for a description without range.
# Matters    A server that takes the range at its word responds with 457 (Invalid Range) to every viewer of this kind. It has to
#            read a range from 0 on as "from now" where nothing is stored.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip -q install av==18.1.0

cat > finding.py <<'END'
import os, re, socket, sys

def asked_range(attribute):
    """The Range of the PLAY request, for a description with that line."""
    sdp = (f'v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n{attribute}'
           'm=audio 0 RTP/AVP 0\r\na=control:t\r\n')
    headers = {
        'DESCRIBE': f'Content-Type: application/sdp\r\nContent-Length: {len(sdp)}\r\n\r\n{sdp}',
        'SETUP': 'Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\nSession: 1\r\n\r\n',
    }
    listener = socket.create_server(('127.0.0.1', 0))
    client = os.fork()
    if client == 0:
        import av
        try:
            av.open(f'rtsp://127.0.0.1:{listener.getsockname()[1]}/live', options={'rtsp_transport': 'tcp'})
        finally:
            os._exit(0)
    connection, data = listener.accept()[0], b''
    connection.settimeout(10)
    while received := connection.recv(65536):
        data += received
        while b'\r\n\r\n' in data:
            head, _, data = data.partition(b'\r\n\r\n')
            text = head.decode()
            number = re.search(r'(?i)cseq: *(\d+)', text)[1]
            method = text.split()[0]
            connection.sendall(f'RTSP/1.0 200 OK\r\nCSeq: {number}\r\n{headers.get(method, chr(13) + chr(10))}'.encode())
            if method == 'PLAY':
                connection.close()
                os.waitpid(client, 0)
                found = re.search(r'(?i)range: *(\S+)', text)
                return found and found[1]
    return None

found = {}
for attribute in ('', 'a=range:npt=0-5\r\n', 'a=range:npt=now-\r\n'):
    found[attribute] = asked_range(attribute)
    print(f'{attribute.strip() or "no range":18} PLAY asks for Range: {found[attribute]}', flush=True)
is_as_found = set(found.values()) == {'npt=0.000-'}
print('as found' if is_as_found else 'CHANGED')
sys.exit(0 if is_as_found else 1)
END
timeout 60 venv/bin/python finding.py 2>/dev/null
