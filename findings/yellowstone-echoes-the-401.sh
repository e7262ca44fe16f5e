#!/usr/bin/env bash
# Package    yellowstone 2.1.0 (npm), an RTSP client for Node.js.
# Behaviour  After a 401 the client repeats its request with the headers of the response in it: the old CSeq beside the new one,
#            Date and WWW-Authenticate of the server, and a header with an empty name. Realm and nonce are "undefined".
# Expected   The same request with a new CSeq, and an Authorization header that names realm and nonce of the challenge.
# Seen       CSeq: 2 and CSeq: 1 in one DESCRIBE, and Digest username="user",realm="undefined",nonce="undefined".
# Matters    A response can name one CSeq only. A server that refuses the request by the grammar (400) is right, and looks
#            from outside as if it did not know the password.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --prefix . yellowstone@2.1.0 >/dev/null

cat > finding.mjs <<'END'
import { createServer } from 'node:net'
import yellowstone from 'yellowstone'

const requests = []
const server = createServer((connection) => {
  connection.on('error', () => {})
  connection.on('data', (bytes) => {
    const head = bytes.toString().split('\r\n')
    requests.push(head)
    const number = /[0-9]+/.exec(head.find((line) => line.startsWith('CSeq')))[0]
    if (head[0].startsWith('OPTIONS')) {
      connection.write(`RTSP/1.0 200 OK\r\nCSeq: ${number}\r\nPublic: OPTIONS, DESCRIBE\r\n\r\n`)
    } else {
      connection.write(`RTSP/1.0 401 Unauthorized\r\nCSeq: ${number}\r\nDate: Sat, 28 Nov 2026 10:00:00 GMT\r\n` +
        'WWW-Authenticate: Digest realm="cameras", nonce="0123456789abcdef"\r\n\r\n')
    }
    if (requests.filter(([line]) => line.startsWith('DESCRIBE')).length === 2) judge()
  })
})

function judge() {
  const second = requests.at(-1).filter((line) => line !== '')
  console.log(second.slice(1).join('\n').replaceAll(/response="[0-9a-f]*"/g, 'response="…"'))
  const isAsFound = second.filter((line) => /^cseq:/i.test(line)).length === 2 &&
    second.some((line) => line.startsWith('WWW-Authenticate:')) &&
    second.some((line) => line.startsWith('Authorization:') && line.includes('realm="undefined"'))
  console.log(isAsFound ? 'as found' : 'CHANGED')
  process.exit(isAsFound ? 0 : 1)
}

server.listen(0, '127.0.0.1', () => {
  const client = new yellowstone.RtspClient('user', 'secret')
  client.on('error', () => {})
  client.connect(`rtsp://127.0.0.1:${server.address().port}/live`).catch(() => {})
})
END
timeout 20 node finding.mjs
