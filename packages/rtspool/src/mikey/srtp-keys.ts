import { type MasterKey, masterKeyFrom, type SrtpSuite, srtpSuites } from '../srtp/index.js'
import { refuseMikey } from './byte-reader.js'
import {
  authenticationAlgorithms,
  type CryptoSession,
  encryptionAlgorithms,
  keyTypes,
  type MikeyMessage,
  mikeyDataTypes,
  type SecurityPolicy,
  srtpParameters,
} from './message.js'
import { parseMikey } from './parse.js'
import { serializeMikey } from './serialize.js'

/** Master key and rollover counters of the packets that one side sends. */
export interface SrtpOffer {
  readonly master: MasterKey
  /** Rollover counters by SSRC, for those SSRCs that the sender knows already. */
  readonly rolloverCounters: ReadonlyMap<number, number>
}

/** Fields that identify a MIKEY message with SRTP keys: number, time and random bytes. */
export interface SrtpOfferTime {
  readonly csbId: number
  readonly ntpTime: bigint
  /** Random bytes of the message's RAND payload: 16 or more. */
  readonly rand: Buffer
}

const sha1KeyBytes = 20

/**
 * Reads a MIKEY message: the key, suite and rollover counters with which a peer sends.
 *
 * @throws {RequestError} `ERR_KEY_MANAGEMENT` (463) for a message that is broken, unsupported, or
 * weaker than allowed.
 */
export function parseSrtpOffer(bytes: Buffer): SrtpOffer {
  const { cryptoSessions, policies, keys } = parseMikey(bytes)
  const number = cryptoSessions[0]?.policy ?? 0
  // Without a policy, the defaults of RFC 3830 section 6.10.1 apply.
  const policy = policies.find((candidate) => candidate.policy === number) ?? policies[0]
  const suite = policy ? suiteOf(policy) : srtpSuites.AES_CM_128_HMAC_SHA1_80
  const master = keys.map((key) => masterKeyOf(key, suite)).find((key) => key !== undefined)
  if (!master) {
    refuseMikey(
      `expected a TEK of ${suite.keyBytes} bytes and a salt of ${suite.saltBytes} for ${suite.name}`,
    )
  }
  return { master, rolloverCounters: rolloverCountersOf(cryptoSessions) }
}

/**
 * Writes the SRTP key of one side as a MIKEY message that {@link parseSrtpOffer} can read. Without a key index (MKI),
 * the message has the form of GStreamer: key and salt in one TEK. With an MKI, the message has the form of live555,
 * with all lengths as in the RFC.
 */
export function serializeSrtpOffer(
  { master, rolloverCounters }: SrtpOffer,
  { csbId, ntpTime, rand }: SrtpOfferTime,
): Buffer {
  const streams = rolloverCounters.size > 0 ? [...rolloverCounters] : ([[0, 0]] as const)
  return serializeMikey({
    dataType: mikeyDataTypes.preSharedKey,
    csbId,
    cryptoSessions: streams.map(([ssrc, rolloverCounter]) => ({
      policy: 0,
      ssrc,
      rolloverCounter,
    })),
    ntpTime,
    rand,
    policies: [policyOf(master.suite, master.mki ? sha1KeyBytes : master.suite.rtpTagBytes)],
    keys: [
      {
        type: keyTypes.tek,
        key: Buffer.concat([master.key, master.salt]),
        salt: undefined,
        mki: master.mki,
      },
    ],
  })
}

function rolloverCountersOf(sessions: readonly CryptoSession[]): Map<number, number> {
  return new Map(sessions.map(({ ssrc, rolloverCounter }) => [ssrc, rolloverCounter]))
}

function masterKeyOf(
  { type, key, salt, mki }: MikeyMessage['keys'][number],
  suite: SrtpSuite,
): MasterKey | undefined {
  if (type !== keyTypes.tek && type !== keyTypes.tekWithSalt) return undefined
  const bytes = salt ? Buffer.concat([key, salt]) : key
  if (bytes.length !== suite.keyBytes + suite.saltBytes) return undefined
  return { ...masterKeyFrom(suite, bytes), ...(mki && { mki }) }
}

function suiteOf({ parameters }: SecurityPolicy): SrtpSuite {
  const value = (type: number, otherwise: number): number => {
    const bytes = parameters.get(type)
    if (!bytes) return otherwise
    if (bytes.length === 0 || bytes.length > 4) refuseMikey(`parameter ${type} has no number`)
    return bytes.readUIntBE(0, bytes.length)
  }
  refuseWeak(value)
  const algorithm = value(srtpParameters.encryptionAlgorithm, encryptionAlgorithms.aesCm)
  const keyBytes = value(srtpParameters.encryptionKeyBytes, 16)
  if (algorithm === encryptionAlgorithms.aesGcm) {
    if (value(srtpParameters.aeadTagBytes, 16) !== 16)
      refuseMikey('expected an AEAD tag of 16 bytes')
    if (keyBytes === 16) return srtpSuites.AEAD_AES_128_GCM
    if (keyBytes === 32) return srtpSuites.AEAD_AES_256_GCM
  }
  if (algorithm === encryptionAlgorithms.aesCm && keyBytes === 16) return counterModeSuite(value)
  return refuseMikey(`encryption algorithm ${algorithm} with ${keyBytes} bytes is not supported`)
}

type Value = (type: number, otherwise: number) => number

function counterModeSuite(value: Value): SrtpSuite {
  const algorithm = value(srtpParameters.authenticationAlgorithm, authenticationAlgorithms.hmacSha1)
  if (algorithm !== authenticationAlgorithms.hmacSha1) {
    refuseMikey(`authentication algorithm ${algorithm} is not supported`)
  }
  // GStreamer writes the length of the tag into the field for that of the key.
  const length = value(srtpParameters.authenticationKeyBytes, sha1KeyBytes)
  const tagBytes = value(
    srtpParameters.authenticationTagBytes,
    length === sha1KeyBytes ? 10 : length,
  )
  if (tagBytes === 10) return srtpSuites.AES_CM_128_HMAC_SHA1_80
  if (tagBytes === 4) return srtpSuites.AES_CM_128_HMAC_SHA1_32
  return refuseMikey(`an authentication tag of ${tagBytes} bytes is not supported`)
}

function refuseWeak(value: Value): void {
  if (
    value(srtpParameters.isRtpEncrypted, 1) === 0 ||
    value(srtpParameters.isRtcpEncrypted, 1) === 0
  )
    refuseMikey('packets that are not encrypted are refused')
  if (value(srtpParameters.isRtpAuthenticated, 1) === 0)
    refuseMikey('packets that are not authenticated are refused')
  if (value(srtpParameters.pseudoRandomFunction, 0) !== 0)
    refuseMikey('expected the pseudo-random function AES-CM')
  if (value(srtpParameters.keyDerivationRate, 0) !== 0)
    refuseMikey('expected a key derivation rate of 0')
  if (value(srtpParameters.prefixBytes, 0) !== 0) refuseMikey('expected no prefix')
}

/**
 * Creates the MIKEY security policy of an SRTP suite. Two fields contain the length of the authentication tag: the
 * one that GStreamer reads, and that of the RFC.
 *
 * @param authenticationKeyBytes - Value of the field that GStreamer reads: the length of the tag, or 20 as in the
 *   RFC.
 */
function policyOf(suite: SrtpSuite, authenticationKeyBytes: number): SecurityPolicy {
  const isGcm = suite.cipher === 'AES-GCM'
  const values: [type: number, value: number][] = [
    [
      srtpParameters.encryptionAlgorithm,
      isGcm ? encryptionAlgorithms.aesGcm : encryptionAlgorithms.aesCm,
    ],
    [srtpParameters.encryptionKeyBytes, suite.keyBytes],
    [
      srtpParameters.authenticationAlgorithm,
      isGcm ? authenticationAlgorithms.none : authenticationAlgorithms.hmacSha1,
    ],
    ...(isGcm
      ? []
      : [[srtpParameters.authenticationKeyBytes, authenticationKeyBytes] as [number, number]]),
    [srtpParameters.saltBytes, suite.saltBytes],
    [srtpParameters.isRtpEncrypted, 1],
    [srtpParameters.isRtcpEncrypted, 1],
    [srtpParameters.isRtpAuthenticated, 1],
    [
      isGcm ? srtpParameters.aeadTagBytes : srtpParameters.authenticationTagBytes,
      suite.rtpTagBytes,
    ],
  ]
  return {
    policy: 0,
    parameters: new Map(values.map(([type, value]) => [type, Buffer.from([value])])),
  }
}
