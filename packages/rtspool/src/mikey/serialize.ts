import {
  type CryptoSession,
  cryptoSessionBytes,
  headerBytes,
  type KeyData,
  keyTypes,
  keyValidities,
  type MikeyMessage,
  mikeyVersion,
  nullAlgorithm,
  payloadTypes,
  type SecurityPolicy,
  srtpIdMap,
  srtpProtocol,
  timestampTypes,
} from './message.js'

/** A payload without its first byte, which is the type of the one after it. */
interface Payload {
  readonly type: number
  readonly body: Buffer
}

/** Writes a message with its keys not encrypted: only for what nobody else can read. */
export function serializeMikey(message: MikeyMessage): Buffer {
  const payloads: Payload[] = [
    { type: payloadTypes.timestamp, body: timestamp(message.ntpTime) },
    { type: payloadTypes.rand, body: Buffer.concat([uint8(message.rand.length), message.rand]) },
    ...message.policies.map((policy) => ({
      type: payloadTypes.securityPolicy,
      body: securityPolicy(policy),
    })),
    { type: payloadTypes.kemac, body: kemac(message.keys) },
  ]
  return Buffer.concat([
    header(message, payloads[0]?.type ?? payloadTypes.last),
    ...chain(payloads),
  ])
}

/** Each payload with the type of the next one in front of it. */
function chain(payloads: readonly Payload[]): Buffer[] {
  return payloads.flatMap(({ body }, index) => [
    uint8(payloads[index + 1]?.type ?? payloadTypes.last),
    body,
  ])
}

function header({ dataType, csbId, cryptoSessions }: MikeyMessage, nextPayload: number): Buffer {
  const bytes = Buffer.alloc(headerBytes)
  bytes[0] = mikeyVersion
  bytes[1] = dataType
  bytes[2] = nextPayload
  // 3: no answer wanted, pseudo-random function MIKEY-1
  bytes.writeUInt32BE(csbId, 4)
  bytes[8] = cryptoSessions.length
  bytes[9] = srtpIdMap
  return Buffer.concat([bytes, ...cryptoSessions.map(cryptoSession)])
}

function cryptoSession({ policy, ssrc, rolloverCounter }: CryptoSession): Buffer {
  const bytes = Buffer.alloc(cryptoSessionBytes)
  bytes[0] = policy
  bytes.writeUInt32BE(ssrc, 1)
  bytes.writeUInt32BE(rolloverCounter, 5)
  return bytes
}

function timestamp(ntpTime: bigint): Buffer {
  const bytes = Buffer.alloc(9)
  bytes[0] = timestampTypes.ntpUtc
  bytes.writeBigUInt64BE(ntpTime, 1)
  return bytes
}

function securityPolicy({ policy, parameters }: SecurityPolicy): Buffer {
  const list = [...parameters].map(([type, value]) =>
    Buffer.concat([uint8(type), uint8(value.length), value]),
  )
  return Buffer.concat([uint8(policy), uint8(srtpProtocol), sized(Buffer.concat(list))])
}

function kemac(keys: readonly KeyData[]): Buffer {
  const payloads = keys.map((key) => ({ type: payloadTypes.keyData, body: keyData(key) }))
  const list = Buffer.concat(chain(payloads))
  return Buffer.concat([uint8(nullAlgorithm), sized(list), uint8(nullAlgorithm)])
}

function keyData({ type, key, salt, mki }: KeyData): Buffer {
  const hasSalt = type === keyTypes.tekWithSalt
  return Buffer.concat([
    uint8((type << 4) | (mki ? keyValidities.index : keyValidities.none)),
    sized(key),
    ...(hasSalt ? [sized(salt ?? Buffer.alloc(0))] : []),
    ...(mki ? [uint8(mki.length), mki] : []),
  ])
}

const uint8 = (value: number): Buffer => Buffer.from([value])

/** Bytes with their length of 16 bits in front. */
function sized(bytes: Buffer): Buffer {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(bytes.length)
  return Buffer.concat([length, bytes])
}
