import { bufferOf } from '../../bytes.js'
import { Diagnostic, TellOnce, tellFailure } from '../../listeners.js'
import { kindOf, shown } from '../../option-checks.js'

/** Message on the diagnostics channel `rtspool:refused-packet`: a packet of a source was not sent to viewers. */
export interface RefusedPacket {
  /** Path of the presentation. */
  readonly path: string
  /** Index of the track, from 0. */
  readonly track: number
  /** Expected value, and the value that was pushed instead. */
  readonly problem: string
}

const refusedPacket = new Diagnostic<RefusedPacket>(
  'rtspool:refused-packet',
  'RTSPOOL_REFUSED_PACKET',
  ({ path, track, problem }) => `${path}: the source pushed to track ${track} ${problem}`,
)

/**
 * Maximum size of an RTP packet in bytes: the length of an interleaved frame has 16 bits (RFC 2326 section 10.12).
 * Larger packets are dropped.
 */
export const maxPacketBytes = 0xffff
const firstRtcpType = 200
const lastRtcpType = 207

/**
 * Publishes mistakes of one track's source, the first of each kind only: a packet on the channel
 * `rtspool:refused-packet`, times on `rtspool:callback-failed`. The track counts all such packets.
 */
export class RefusedPackets {
  readonly #path: string
  readonly #track: number
  readonly #once = new TellOnce()

  constructor(path: string, track: number) {
    this.#path = path
    this.#track = track
  }

  tell(pushed: unknown): void {
    if (!this.#once.isFirst('packet')) return
    const problem = `what is no RTP packet: expected a Uint8Array with one, got ${described(pushed)}`
    refusedPacket.publish({ path: this.#path, track: this.#track, problem })
  }

  /** Publishes on `rtspool:callback-failed` that the arguments of `mapTime` are not times. */
  tellTimes(times: readonly unknown[]): void {
    if (!this.#once.isFirst('times')) return
    const expected =
      'mapTime needs milliseconds since 1970, an RTP time and milliseconds of the clock'
    const error = new RangeError(`${expected}, got ${times.map(shown).join(', ')}`)
    tellFailure(`mapTime of track ${this.#track} of ${this.#path}`, error)
  }
}

/** Describes a value that is no RTP packet, for a message. Names those that sources most often push by mistake. */
function described(pushed: unknown): string {
  const bytes = bufferOf(pushed)
  if (bytes === undefined) return kindOf(pushed)
  if (bytes.length > maxPacketBytes) return `${bytes.length} bytes, more than ${maxPacketBytes}`
  if (startsWithStartCode(bytes)) return 'Annex B (NAL units behind start codes)'
  const second = bytes[1] ?? 0
  const isVersion2 = (bytes[0] ?? 0) >> 6 === 2
  if (isVersion2 && second >= firstRtcpType && second <= lastRtcpType) return 'RTCP'
  return `${bytes.length} bytes without a valid header`
}

function startsWithStartCode(bytes: Buffer): boolean {
  if (bytes[0] !== 0 || bytes[1] !== 0) return false
  return bytes[2] === 1 || (bytes[2] === 0 && bytes[3] === 1)
}
