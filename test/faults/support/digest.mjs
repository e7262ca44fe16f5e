/** Digest as old clients do it, without qop (RFC 2069). */
import { createHash } from 'node:crypto'

const md5 = (text) => createHash('md5').update(text).digest('hex')

/** An Authorization header for the MD5 challenge in the head of a 401. */
export function digestOf(head, method, uri, { user, password }) {
  const challenge = /^www-authenticate: *digest .*$/gim
  const line = [...head.matchAll(challenge)]
    .map(([text]) => text)
    .find((text) => !/sha/i.test(text))
  const parameter = (name) => new RegExp(`\\b${name}="([^"]*)"`, 'i').exec(line ?? '')?.[1] ?? ''
  const [realm, nonce] = [parameter('realm'), parameter('nonce')]
  const response = md5(`${md5(`${user}:${realm}:${password}`)}:${nonce}:${md5(`${method}:${uri}`)}`)
  return `Digest username="${user}", realm="${realm}", nonce="${nonce}", uri="${uri}", response="${response}"`
}
