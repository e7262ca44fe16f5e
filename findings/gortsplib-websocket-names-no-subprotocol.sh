#!/usr/bin/env bash
# Packages   github.com/bluenviron/gortsplib/v5 v5.2.0 and v5.6.5 (Go module), the library of MediaMTX; ws 8.23.0 (npm) beside it.
# Behaviour  A server of gortsplib accepts RTSP over WebSocket without naming the subprotocol that the client offered. It compares
#            two headers as whole texts: `Connection: keep-alive, Upgrade`, or a second subprotocol offered, is answered with 400.
# Expected   `Sec-WebSocket-Protocol: rtsp.onvif.org` in the response (ONVIF Streaming Specification, section 5.1.1.5). By RFC 6455
#            section 4.2.1, Connection is a list with "Upgrade" in any case, and the subprotocols are a list too.
# Seen       Connection "Upgrade": 101 without subprotocol; "upgrade" and "keep-alive, Upgrade": 400; two subprotocols: 400. ws gives
#            up: "Server sent no subprotocol". With the header put in on the way, ws gets 200 to OPTIONS. The client of gortsplib: 200.
# Matters    The WHATWG's rules for browsers end such a connection too, and Firefox sends "keep-alive, Upgrade": a page, for which
#            ONVIF has this transport, cannot use the server. A client for such servers must take the subprotocol as named.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export GOPATH="$folder/go" GOFLAGS=-modcacherw
npm install --silent --no-audit --no-fund --prefix . ws@8.23.0 >/dev/null

cat > main.go <<'END'
package main

import (
	"fmt"
	"net"
	"os"

	"github.com/bluenviron/gortsplib/v5"
	"github.com/bluenviron/gortsplib/v5/pkg/base"
)

func check(err error) {
	if err != nil {
		panic(err)
	}
}

// Serves and prints the address. With a URL as argument: sends OPTIONS through a WebSocket, and prints the status.
func main() {
	if len(os.Args) == 1 {
		server := gortsplib.Server{RTSPAddress: "127.0.0.1:0", Handler: struct{}{}}
		server.Listen = func(network, address string) (net.Listener, error) {
			listener, err := net.Listen(network, address)
			check(err)
			fmt.Println(listener.Addr())
			return listener, nil
		}
		check(server.StartAndWait())
	}
	u, err := base.ParseURL(os.Args[1])
	check(err)
	client := gortsplib.Client{Scheme: u.Scheme, Host: u.Host, Tunnel: gortsplib.TunnelWebSocket}
	check(client.Start())
	defer client.Close()
	response, err := client.Options(u)
	check(err)
	fmt.Println(response.StatusCode)
}
END
go mod init finding 2>/dev/null
for version in 5.2.0 5.6.5; do
  go get "github.com/bluenviron/gortsplib/v5@v$version" 2>/dev/null
  go build -o "program-$version" .
done

cat > finding.mjs <<'END'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { WebSocket } from 'ws'

const subprotocol = 'rtsp.onvif.org'

/** Sends a handshake, and returns the status of the response and its subprotocol. */
async function shake(port, connection, offered) {
  const socket = connect(port, '127.0.0.1').on('error', () => {})
  socket.write(`GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: ${connection}\r\nUpgrade: websocket\r\n` +
    `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: ${offered}\r\n\r\n`)
  let text = ''
  for await (const data of socket) if ((text += data.toString('latin1')).includes('\r\n\r\n')) break
  return `${/^HTTP\/1.1 (\d+)/.exec(text)?.[1]}, ${/^sec-websocket-protocol: *(.*)\r$/im.exec(text)?.[1] ?? 'no subprotocol'}`
}

/** Sends OPTIONS with ws, and returns the status or the error. */
const askWithWs = (port) => new Promise((resolve) => {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/`, subprotocol)
  socket.on('open', () => socket.send(Buffer.from(`OPTIONS rtsp://127.0.0.1:${port}/live RTSP/1.0\r\nCSeq: 1\r\n\r\n`)))
  socket.on('error', (error) => resolve(error.message))
  socket.on('message', (data) => {
    resolve(/^RTSP\/1.0 (\d+)/.exec(data)?.[1])
    socket.terminate()
  })
})

/** Sends OPTIONS with the client of gortsplib, and returns the status. */
async function askWithGortsplib(version, port) {
  const client = spawn(`./program-${version}`, [`rtsp://127.0.0.1:${port}/live`], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [[status]] = await Promise.all([once(client.stdout, 'data'), once(client, 'exit')])
  return String(status).trim()
}

/** Relays to the port given, puts the subprotocol into the first response, and returns the port to connect to. */
async function relay(port) {
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1')
    for (const socket of [near, far]) socket.on('error', () => {}).on('close', () => { near.destroy(); far.destroy() })
    near.pipe(far)
    far.once('data', (data) => {
      near.write(data.toString('latin1').replace('\r\n', `\r\nSec-WebSocket-Protocol: ${subprotocol}\r\n`), 'latin1')
      far.pipe(near)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server.address().port
}

const expected = {
  'Connection: Upgrade': '101, no subprotocol',
  'Connection: upgrade': '400, no subprotocol',
  'Connection: keep-alive, Upgrade': '400, no subprotocol',
  'two subprotocols': '400, no subprotocol',
  ws: 'Server sent no subprotocol',
  'ws, with the header put in': '200',
  'client of gortsplib': '200',
}
let isAsFound = true
for (const version of ['5.2.0', '5.6.5']) {
  const server = spawn(`./program-${version}`, { stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    const port = Number(/:(\d+)\n/.exec((await once(server.stdout, 'data'))[0])[1])
    const seen = {
      'Connection: Upgrade': await shake(port, 'Upgrade', subprotocol),
      'Connection: upgrade': await shake(port, 'upgrade', subprotocol),
      'Connection: keep-alive, Upgrade': await shake(port, 'keep-alive, Upgrade', subprotocol),
      'two subprotocols': await shake(port, 'Upgrade', `${subprotocol}, example.org`),
      ws: await askWithWs(port),
      'ws, with the header put in': await askWithWs(await relay(port)),
      'client of gortsplib': await askWithGortsplib(version, port),
    }
    console.log(`gortsplib ${version}`, seen)
    isAsFound &&= Object.keys(expected).every((name) => seen[name] === expected[name])
  } finally {
    const ended = server.exitCode ?? once(server, 'exit')
    server.kill()
    await ended
  }
}
console.log(isAsFound ? 'as found' : 'CHANGED')
process.exit(isAsFound ? 0 : 1)
END
timeout 20 node finding.mjs
