import { ByteWriter } from './byte-writer.js'
import {
  type CryptoSession,
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

/** Payload (part) of a MIKEY message: its type, and a function that writes its content. */
interface Payload {
  readonly type: number
  readonly write: (writer: ByteWriter) => void
}

/** Writes a MIKEY message with unencrypted keys: only for a channel that nobody else can read. */
export function serializeMikey(message: MikeyMessage): Buffer {
  const payloads: Payload[] = [
    { type: payloadTypes.timestamp, write: (writer) => writeTimestamp(writer, message.ntpTime) },
    {
      type: payloadTypes.rand,
      write: (writer) => writer.uint8(message.rand.length).bytes(message.rand),
    },
    ...message.policies.map((policy) => ({
      type: payloadTypes.securityPolicy,
      write: (writer: ByteWriter) => writeSecurityPolicy(writer, policy),
    })),
    { type: payloadTypes.kemac, write: (writer) => writeKemac(writer, message.keys) },
  ]
  const writer = new ByteWriter()
  writeHeader(writer, message, payloads[0]?.type ?? payloadTypes.last)
  writeChain(writer, payloads)
  return writer.toBuffer()
}

/** Writes the payloads (parts) of a MIKEY message as a chain. Each begins with the type of the payload after it. */
function writeChain(writer: ByteWriter, payloads: readonly Payload[]): void {
  payloads.forEach(({ write }, index) => {
    writer.uint8(payloads[index + 1]?.type ?? payloadTypes.last)
    write(writer)
  })
}

function writeHeader(
  writer: ByteWriter,
  { dataType, csbId, cryptoSessions }: MikeyMessage,
  nextPayload: number,
): void {
  writer.uint8(mikeyVersion).uint8(dataType).uint8(nextPayload)
  // No response requested, pseudo-random function MIKEY-1.
  writer.uint8(0).uint32(csbId).uint8(cryptoSessions.length).uint8(srtpIdMap)
  for (const session of cryptoSessions) writeCryptoSession(writer, session)
}

function writeCryptoSession(
  writer: ByteWriter,
  { policy, ssrc, rolloverCounter }: CryptoSession,
): void {
  writer.uint8(policy).uint32(ssrc).uint32(rolloverCounter)
}

function writeTimestamp(writer: ByteWriter, ntpTime: bigint): void {
  writer.uint8(timestampTypes.ntpUtc)
  writer.uint32(Number(ntpTime >> 32n)).uint32(Number(ntpTime & 0xffff_ffffn))
}

function writeSecurityPolicy(writer: ByteWriter, { policy, parameters }: SecurityPolicy): void {
  writer.uint8(policy).uint8(srtpProtocol)
  writer.sized(() => {
    for (const [type, value] of parameters) writer.uint8(type).uint8(value.length).bytes(value)
  })
}

function writeKemac(writer: ByteWriter, keys: readonly KeyData[]): void {
  const payloads = keys.map((key) => ({
    type: payloadTypes.keyData,
    write: () => writeKeyData(writer, key),
  }))
  writer.uint8(nullAlgorithm)
  writer.sized(() => writeChain(writer, payloads))
  writer.uint8(nullAlgorithm)
}

function writeKeyData(writer: ByteWriter, { type, key, salt, mki }: KeyData): void {
  writer.uint8((type << 4) | (mki ? keyValidities.index : keyValidities.none))
  writer.sized(() => writer.bytes(key))
  if (type === keyTypes.tekWithSalt) writer.sized(() => salt && writer.bytes(salt))
  if (mki) writer.uint8(mki.length).bytes(mki)
}
