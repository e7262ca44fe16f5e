import { maxMkiBytes } from './mki.js'
import { type MasterKey, masterKeyFrom, type SrtpSuiteName, srtpSuites } from './suite.js'

/**
 * Reads the value of an `a=crypto` line of a session description: suite, master key and salt, and the index of the key
 * (MKI).
 *
 * ```text
 * 1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^20|1:4
 * tag suite                        key and salt                             |life|MKI:length
 * ```
 *
 * @returns `undefined` for a line that is broken, unsupported, or weaker than its suite: without encryption or
 *   authentication, or with several keys.
 * @see RFC 4568 sections 6 and 9, RFC 7714 section 14.2
 */
export function parseCryptoAttribute(value: string): MasterKey | undefined {
  const [, name = '', text = '', parameters = ''] = line.exec(value.trim()) ?? []
  if (!Object.hasOwn(srtpSuites, name) || !isHarmless(parameters)) return undefined
  const suite = srtpSuites[name as SrtpSuiteName]
  const [, base64 = '', rest = ''] = keyInfo.exec(text) ?? []
  const bytes = Buffer.from(base64, 'base64')
  if (bytes.length !== suite.keyBytes + suite.saltBytes) return undefined
  const index = mkiIn(rest)
  return index === null
    ? undefined
    : { ...masterKeyFrom(suite, bytes), ...(index && { mki: index }) }
}

const line = /^\d{1,9}[ \t]+([A-Z0-9_]+)[ \t]+inline:([^ \t;]+)((?:[ \t]+[^ \t]+)*)$/
const keyInfo = /^([A-Za-z0-9+/]+={0,2})((?:\|[^|]*){0,2})$/
const indexPattern = /^(\d{1,10}):(\d{1,3})$/
const lifetimePattern = /^(?:2\^\d{1,2}|\d{1,15})$/

/** Matches a session parameter that changes nothing about the packets (RFC 4568 section 6.3). */
const harmless = /^(?:WSH=\d{1,9}|-.+)$/

const isHarmless = (parameters: string): boolean =>
  parameters
    .split(/[ \t]+/)
    .filter((parameter) => parameter !== '')
    .every((parameter) => harmless.test(parameter))

/**
 * Reads the key index (MKI) in the text after the key of an `a=crypto` line, such as `|2^20|1:4`.
 *
 * @returns `undefined` without an MKI; `null` if the text is broken.
 */
function mkiIn(rest: string): Buffer | undefined | null {
  let mki: Buffer | undefined
  for (const part of rest.split('|').slice(1)) {
    const [, number, length] = indexPattern.exec(part) ?? []
    if (number === undefined) {
      if (lifetimePattern.test(part)) continue
      return null
    }
    const size = Number(length)
    if (mki || size < 1 || size > maxMkiBytes || Number(number) >= 2 ** (8 * size)) return null
    mki = Buffer.alloc(size)
    mki.writeUIntBE(Number(number), 0, size)
  }
  return mki
}
