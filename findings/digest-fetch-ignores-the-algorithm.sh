#!/usr/bin/env bash
# Package    digest-fetch 3.1.1 (npm), fetch with a Digest login, as programs for HTTP interfaces of cameras use it.
# Behaviour  The client hashes by the `algorithm` of its own options, MD5 by default, whatever the challenge of the server names.
# Expected   The algorithm of the challenge: RFC 7616 section 3.4 has the client repeat it.
# Seen       Challenge SHA-256: answered by MD5, refused. Challenge MD5 with the option SHA-256: answered by SHA-256, refused. Option
#            and challenge alike: accepted.
# Matters    A camera that offers SHA-256 alone refuses the right password. A client for cameras of both kinds must know the kind of
#            each before its first request.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --prefix . digest-fetch@3.1.1 >/dev/null

cat > finding.mjs <<'END'
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import DigestClient from 'digest-fetch'

const [username, password, realm, nonce] = ['user', 'secret', 'camera', 'abc']
const hashNames = { MD5: 'md5', 'SHA-256': 'sha256' }

/** Whether the response of an Authorization header is right by RFC 7616 with the algorithm. */
function isRight(algorithm, { method, url, headers: { authorization = '' } }) {
  const valueOf = (name) => new RegExp(`\\b${name}="?([^",]*)`).exec(authorization)?.[1]
  const hash = (text) => createHash(hashNames[algorithm]).update(text).digest('hex')
  const middle = [nonce, valueOf('nc'), valueOf('cnonce'), valueOf('qop')]
  return valueOf('response') === hash([hash(`${username}:${realm}:${password}`), ...middle, hash(`${method}:${url}`)].join(':'))
}

/** Status of the last response of a server with one algorithm, and the algorithm that the client has named. */
async function ask(algorithm, options) {
  let named
  const server = createServer((request, response) => {
    named = /algorithm=([\w-]+)/.exec(request.headers.authorization)?.[1]
    const challenge = `Digest realm="${realm}", nonce="${nonce}", qop="auth", algorithm=${algorithm}`
    if (isRight(algorithm, request)) response.end('a picture')
    else response.writeHead(401, { 'WWW-Authenticate': challenge }).end()
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const client = new DigestClient(username, password, options)
  const { status } = await client.fetch(`http://127.0.0.1:${server.address().port}/snapshot`)
  server.closeAllConnections()
  server.close()
  console.log(`challenge ${algorithm}, option ${options?.algorithm ?? 'none'}: answered by ${named}, ${status}`)
  return `${named} ${status}`
}

const seen = [
  await ask('SHA-256'),
  await ask('MD5', { algorithm: 'SHA-256' }),
  await ask('SHA-256', { algorithm: 'SHA-256' }),
  await ask('MD5'),
]
const isAsFound = seen.join(', ') === 'MD5 401, SHA-256 401, SHA-256 200, MD5 200'
console.log(isAsFound ? 'as found' : 'CHANGED')
process.exit(isAsFound ? 0 : 1)
END
timeout 20 node finding.mjs
