#!/usr/bin/env bash
# Package    GStreamer 1.22.0 (Debian 12) and 1.28.8 (Debian testing): rtspsrc of gst-plugins-good.
# Behaviour  rtspsrc resolves a relative control by RFC 3986. The control replaces the last segment of the path and the query. So
#            the first SETUP asks for a resource beside the presentation, without a token in the query. After 404 or 400 it asks
#            again, with the control appended to the URL as text. After 401, 403, 454 or 500 it gives up.
# Expected   RFC 2326 section C.1.1 asks for this resolution, so it is right. Other players append the control as text at once.
# Seen       DESCRIBE /test?token=abc, SETUP /trackID=0, PLAY /test?token=abc. With 404: SETUP /trackID=0, then
#            SETUP /test?token=abc/trackID=0.
# Matters    A server must answer an unknown track with 404 (or 400), even if the token is missing: 401 ends the client. A
#            Content-Base with a slash at the end of its path keeps the path; nothing keeps the query.
set -euo pipefail
command -v gst-launch-1.0 > /dev/null || { echo 'needs gstreamer1.0-tools and gstreamer1.0-plugins-good'; exit 2; }
gst-launch-1.0 --version | sed -n 2p
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat > finding.py <<'END'
import re, socket, subprocess, sys

SDP = 'v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\nm=audio 0 RTP/AVP 0\r\na=control:trackID=0\r\n'
PLAYER = ['gst-launch-1.0', '-q', 'rtspsrc', 'protocols=tcp']

def answer(method, text, origin, base, refusal):
    """Status, headers and body of a response."""
    if method == 'DESCRIBE':
        place = f'Content-Base: {origin}{base}\r\n' if base else ''
        return '200 OK', f'Content-Type: application/sdp\r\n{place}Content-Length: {len(SDP)}\r\n', SDP
    if method != 'SETUP': return '200 OK', 'Public: DESCRIBE, SETUP, PLAY, TEARDOWN\r\n', ''
    if refusal: return refusal, '', ''
    transport = re.search(r'(?i)\ntransport: *([^,\r]*)', text)[1]
    return '200 OK', f'Transport: {transport}\r\nSession: 1\r\n', ''

def asked(path, base=None, refusal=None):
    """Targets of SETUP when rtspsrc plays a URL."""
    listener = socket.create_server(('127.0.0.1', 0))
    origin = f'rtsp://127.0.0.1:{listener.getsockname()[1]}'
    player = subprocess.Popen([*PLAYER, f'location={origin}{path}', '!', 'fakesink'],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    listener.settimeout(10)
    connection, data, targets = listener.accept()[0], b'', []
    connection.settimeout(5)
    try:
        while received := connection.recv(65536):
            data += received
            while b'\r\n\r\n' in data:
                head, data = data.split(b'\r\n\r\n', 1)
                text = head.decode('latin1')
                method, target = text.split()[:2]
                if method == 'SETUP': targets.append(target.removeprefix(origin))
                if method in ('PLAY', 'TEARDOWN'): return targets
                number = re.search(r'(?i)cseq: *(\d+)', text)[1]
                status, headers, body = answer(method, text, origin, base, refusal)
                connection.sendall(f'RTSP/1.0 {status}\r\nCSeq: {number}\r\n{headers}\r\n{body}'.encode())
        return targets
    except (TimeoutError, ConnectionError): return targets
    finally:
        player.kill()
        player.wait()
        connection.close()

URL, APPENDED = '/test?token=abc', '/test?token=abc/trackID=0'
cases = [
    (('/test',), ['/trackID=0']),
    ((URL,), ['/trackID=0']),
    ((URL, URL + '/'), ['/trackID=0']),
    ((URL, '/test/?token=abc'), ['/test/trackID=0']),
    ((URL, None, '404 Not Found'), ['/trackID=0', APPENDED]),
    ((URL, None, '400 Bad Request'), ['/trackID=0', APPENDED]),
    ((URL, None, '401 Unauthorized'), ['/trackID=0']),
    ((URL, None, '454 Session Not Found'), ['/trackID=0']),
]
is_as_found = True
for (path, base, refusal), expected in (((*given, None, None)[:3], expected) for given, expected in cases):
    targets = asked(path, base, refusal)
    is_as_found &= targets == expected
    print(f'{path}, Content-Base {base}, SETUP gets {refusal or "200 OK"}: SETUP {", then ".join(targets)}')
print('as found' if is_as_found else 'CHANGED')
sys.exit(0 if is_as_found else 1)
END
timeout 120 python3 finding.py
