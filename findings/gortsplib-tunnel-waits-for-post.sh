#!/usr/bin/env bash
# Packages   github.com/bluenviron/gortsplib/v5 v5.2.0 (Go module), and PyAV 18.1.0 (PyPI, libavformat 62.12) beside it.
# Behaviour  Opening a tunnel through HTTP, gortsplib sends the head of its POST and then nothing until a response has come.
# Expected   Requests right behind the head of the POST: they are its body, which lasts as long as the session does. HTTP has the
#            response behind the body, so in this tunnel none is due. libavformat sends OPTIONS at once.
# Seen       gortsplib: nothing for 3 s, then OPTIONS within 0.1 s of "200 OK". libavformat: OPTIONS without a response.
# Matters    A server that does not respond to the POST never hears a request of gortsplib: both wait. One that responds to
#            every POST surprises other clients. The server has to respond where a POST stays silent, and only there.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export GOPATH="$folder/go" GOFLAGS=-modcacherw
go mod init finding 2>/dev/null
go get github.com/bluenviron/gortsplib/v5@v5.2.0 2>/dev/null
cat > main.go <<'END'
package main

import (
	"os"

	"github.com/bluenviron/gortsplib/v5"
	"github.com/bluenviron/gortsplib/v5/pkg/base"
)

func main() {
	u, _ := base.ParseURL(os.Args[1])
	client := gortsplib.Client{Scheme: u.Scheme, Host: u.Host, Tunnel: gortsplib.TunnelHTTP}
	if err := client.Start(); err == nil {
		client.Options(u)
	}
}
END
go build -o client .
python3 -m venv venv
venv/bin/pip -q install av==18.1.0

cat > finding.py <<'END'
import base64, os, socket, subprocess, sys, time

def head_of(connection):
    data = b''
    while b'\r\n\r\n' not in data:
        data += connection.recv(65536)
    head, _, rest = data.partition(b'\r\n\r\n')
    return head.split()[0].decode(), rest

def received_within(seconds, connection):
    connection.settimeout(seconds)
    try:
        return connection.recv(65536)
    except TimeoutError:
        return b''

def tunnel(*command):
    """Requests that came before a response to the POST, and those after it."""
    listener = socket.create_server(('127.0.0.1', 0))
    listener.settimeout(10)
    client = subprocess.Popen([*command, f'rtsp://127.0.0.1:{listener.getsockname()[1]}/live'], stderr=subprocess.DEVNULL)
    try:
        get = listener.accept()[0]
        print(head_of(get)[0], end=' ')
        get.sendall(b'HTTP/1.0 200 OK\r\nContent-Type: application/x-rtsp-tunnelled\r\n\r\n')
        post = listener.accept()[0]
        method, before = head_of(post)
        print(method, end=' ')
        before = before or received_within(3, post)
        started, after = time.monotonic(), b''
        if not before:
            post.sendall(b'HTTP/1.0 200 OK\r\nContent-Type: application/x-rtsp-tunnelled\r\nContent-Length: 0\r\n\r\n')
            after = received_within(3, post)
        first = [base64.b64decode(text).decode().split('\r\n')[0].split(' ')[0] for text in (before, after)]
        print(f'before a response: {first[0] or "nothing in 3 s"}; {time.monotonic() - started:.1f} s after it: {first[1] or "-"}', flush=True)
        return first
    finally:
        client.kill()
        client.wait()

print('gortsplib', end=': ')
gortsplib = tunnel('./client')
print('libavformat', end=': ')
libavformat = tunnel('venv/bin/python', '-c', 'import av, sys; av.open(sys.argv[1], options={"rtsp_transport": "http"})')
is_as_found = gortsplib == ['', 'OPTIONS'] and libavformat == ['OPTIONS', '']
print('as found' if is_as_found else 'CHANGED')
sys.exit(0 if is_as_found else 1)
END
timeout 60 venv/bin/python finding.py
