import { maxMkiBytes } from '../srtp/index.js'
import { ByteReader, refuseMikey } from './byte-reader.js'
import {
  type CryptoSession,
  type KeyData,
  keyTypes,
  keyValidities,
  type MikeyMessage,
  mikeyDataTypes,
  mikeyVersion,
  nullAlgorithm,
  payloadTypes,
  type SecurityPolicy,
  srtpIdMap,
  srtpProtocol,
  timestampTypes,
} from './message.js'

/**
 * Maximum number of SRTP streams, and of policies, in a MIKEY message. A message with more is refused; GStreamer
 * sends two at most.
 */
const maxCryptoSessions = 32
const maxPayloads = 32
const maxKeys = 8
/** Maximum number of bytes after a MIKEY message that the parser ignores: Milestone XProtect appends one. */
const maxTrailingBytes = 1
const ntpTimeBytes = 8
const counterBytes = 4

/** Values of the payloads (parts) of a MIKEY message that have been parsed so far. */
interface Contents {
  ntpTime: bigint
  rand: Buffer
  readonly policies: SecurityPolicy[]
  readonly keys: KeyData[]
}

/**
 * Parses a MIKEY message with unencrypted keys: key encryption and MAC are NULL, which is allowed only inside TLS.
 *
 * @param bytes - Message; the keys are views of it.
 * @throws {RequestError} `ERR_KEY_MANAGEMENT` (463) for bytes that break the grammar, and for all other modes of
 *   MIKEY.
 * @see RFC 3830 section 6
 */
export function parseMikey(bytes: Buffer): MikeyMessage {
  const reader = new ByteReader(bytes)
  const header = parseHeader(reader)
  const contents: Contents = { ntpTime: 0n, rand: Buffer.alloc(0), policies: [], keys: [] }
  let next = header.nextPayload
  for (let count = 0; next !== payloadTypes.last; count++) {
    if (count === maxPayloads) refuseMikey(`expected at most ${maxPayloads} payloads`)
    next = parsePayload(next, reader, contents)
  }
  if (reader.remainingBytes > maxTrailingBytes) {
    refuseMikey(`expected the end of the message, got ${reader.remainingBytes} bytes`)
  }
  const { dataType, csbId, cryptoSessions } = header
  return { dataType, csbId, cryptoSessions, ...contents }
}

function parseHeader(reader: ByteReader) {
  const version = reader.uint8()
  if (version !== mikeyVersion) refuseMikey(`expected version ${mikeyVersion}, got ${version}`)
  const dataType = reader.uint8()
  if (dataType !== mikeyDataTypes.preSharedKey) {
    refuseMikey(`expected a message with a pre-shared key, got data type ${dataType}`)
  }
  const nextPayload = reader.uint8()
  const verification = reader.uint8() // flag for a response, and the pseudo-random function
  if ((verification & 0x7f) !== 0) refuseMikey('expected the pseudo-random function MIKEY-1')
  const csbId = reader.uint32()
  const count = reader.uint8()
  if (count > maxCryptoSessions)
    refuseMikey(`expected ${maxCryptoSessions} crypto sessions at most`)
  const mapType = reader.uint8()
  if (mapType !== srtpIdMap) refuseMikey(`expected a map of SRTP streams, got type ${mapType}`)
  const cryptoSessions = Array.from({ length: count }, () => parseCryptoSession(reader))
  return { dataType, nextPayload, csbId, cryptoSessions }
}

function parseCryptoSession(reader: ByteReader): CryptoSession {
  return { policy: reader.uint8(), ssrc: reader.uint32(), rolloverCounter: reader.uint32() }
}

/**
 * Parses one payload (part) of a MIKEY message and adds its values to `contents`. @returns The type of the next
 * payload.
 */
function parsePayload(type: number, reader: ByteReader, contents: Contents): number {
  const next = reader.uint8()
  switch (type) {
    case payloadTypes.timestamp:
      contents.ntpTime = parseTimestamp(reader)
      return next
    case payloadTypes.rand:
      contents.rand = reader.bytes(reader.uint8())
      return next
    case payloadTypes.securityPolicy:
      contents.policies.push(parseSecurityPolicy(reader))
      return next
    case payloadTypes.kemac:
      parseKemac(reader, contents.keys)
      return next
    case payloadTypes.id:
    case payloadTypes.generalExtension:
      // Payloads with identities and other data: type and length, with nothing that is needed here.
      reader.uint8()
      reader.bytes(reader.uint16())
      return next
    default:
      return refuseMikey(`payload type ${type} is not supported`)
  }
}

function parseTimestamp(reader: ByteReader): bigint {
  const type = reader.uint8()
  if (type === timestampTypes.counter) {
    reader.bytes(counterBytes)
    return 0n
  }
  if (type > timestampTypes.counter) refuseMikey(`type of time ${type} is not known`)
  return reader.bytes(ntpTimeBytes).readBigUInt64BE()
}

function parseSecurityPolicy(reader: ByteReader): SecurityPolicy {
  const policy = reader.uint8()
  const protocol = reader.uint8()
  if (protocol !== srtpProtocol) refuseMikey(`expected a policy of SRTP, got protocol ${protocol}`)
  const list = new ByteReader(reader.bytes(reader.uint16()))
  const parameters = new Map<number, Buffer>()
  while (list.remainingBytes > 0) {
    const type = list.uint8()
    parameters.set(type, list.bytes(list.uint8()))
  }
  return { policy, parameters }
}

function parseKemac(reader: ByteReader, keys: KeyData[]): void {
  const encryption = reader.uint8()
  if (encryption !== nullAlgorithm) {
    refuseMikey(`expected keys that are not encrypted, got algorithm ${encryption}`)
  }
  const list = new ByteReader(reader.bytes(reader.uint16()))
  const mac = reader.uint8()
  if (mac !== nullAlgorithm) refuseMikey(`expected no MAC, got algorithm ${mac}`)
  let next: number = list.remainingBytes > 0 ? payloadTypes.keyData : payloadTypes.last
  while (next !== payloadTypes.last) {
    if (next !== payloadTypes.keyData) refuseMikey(`expected a key, got payload type ${next}`)
    if (keys.length === maxKeys) refuseMikey(`expected at most ${maxKeys} keys`)
    next = list.uint8()
    keys.push(parseKeyData(list))
  }
  if (list.remainingBytes > 0) refuseMikey('expected the end of the keys')
}

function parseKeyData(reader: ByteReader): KeyData {
  const typeAndValidity = reader.uint8()
  const type = typeAndValidity >> 4
  const key = reader.bytes(reader.uint16())
  const salt = type === keyTypes.tekWithSalt ? reader.bytes(reader.uint16()) : undefined
  return { type, key, salt, ...parseValidity(typeAndValidity & 0x0f, reader) }
}

/**
 * Parses the validity of a key: its index, or an interval, which is ignored. Each key is used until
 * another replaces it (RFC 3830 section 6.14).
 */
function parseValidity(validity: number, reader: ByteReader): { readonly mki?: Buffer } {
  switch (validity) {
    case keyValidities.none:
      return {}
    case keyValidities.index: {
      const mki = reader.bytes(reader.uint8())
      if (mki.length > maxMkiBytes) {
        refuseMikey(`expected an index of a key (MKI) of 1 to 4 bytes, got ${mki.length}`)
      }
      return mki.length === 0 ? {} : { mki }
    }
    case keyValidities.interval:
      reader.bytes(reader.uint8())
      reader.bytes(reader.uint8())
      return {}
    default:
      return refuseMikey(`validity of keys ${validity} is not known`)
  }
}
