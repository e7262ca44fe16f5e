import { rtpHeaderBytes, sequenceNumberOf, ssrcOf } from '../rtp/index.js'
import { createPacketCipher } from './create-cipher.js'
import { removeMki } from './mki.js'
import type { PacketCipher } from './packet-cipher.js'
import { packetIndexNear, packetIndexOf } from './packet-index.js'
import { ReplayWindow } from './replay-window.js'
import { rtcpHeaderBytes, rtcpSsrcOf } from './srtcp-layout.js'
import type { MasterKey } from './suite.js'

/**
 * Maximum number of SSRCs under one key; packets with further SSRCs are dropped. Only an authentic
 * packet adds an SSRC, and more than a few are an error of the sender.
 */
const maxSources = 64

/**
 * Authenticates and decrypts the packets of one peer under one master key, and rejects repeated
 * packets.
 */
export class SrtpReceiver {
  readonly #master: MasterKey
  readonly #cipher: PacketCipher
  #mki: Buffer | undefined
  #rolloverCounters: ReadonlyMap<number, number>
  readonly #rtpWindows = new Map<number, ReplayWindow>()
  readonly #rtcpWindows = new Map<number, ReplayWindow>()

  /**
   * Creates the receiver for one master key.
   *
   * @param rolloverCounters - Initial rollover counters by SSRC, from key management; 0 for other
   * SSRCs.
   */
  constructor(master: MasterKey, rolloverCounters: ReadonlyMap<number, number> = new Map()) {
    this.#master = master
    this.#mki = master.mki
    this.#cipher = createPacketCipher(master)
    this.#rolloverCounters = rolloverCounters
  }

  /** Returns whether this receiver has the same suite, key and salt. The index (MKI) may differ. */
  hasKey({ suite, key, salt }: MasterKey): boolean {
    const own = this.#master
    return own.suite === suite && own.key.equals(key) && own.salt.equals(salt)
  }

  /**
   * Replaces the rollover counters after key management has sent new ones. A counter lower than
   * that of received packets has no effect.
   */
  noteRolloverCounters(rolloverCounters: ReadonlyMap<number, number>): void {
    this.#rolloverCounters = rolloverCounters
  }

  /**
   * Replaces the index (MKI) that packets must contain, after key management has sent the same key
   * again; `undefined` = none.
   */
  noteMki(mki: Buffer | undefined): void {
    this.#mki = mki
  }

  /**
   * Authenticates and decrypts an RTP packet.
   *
   * @returns A new buffer; `undefined` if the packet is not authentic, repeated, or too old.
   */
  open(packet: Buffer): Buffer | undefined {
    const bare = this.#mki ? removeMki(packet, this.#mki, this.#master.suite, 'rtp') : packet
    return bare && bare.length >= rtpHeaderBytes ? this.#open(bare) : undefined
  }

  /**
   * Authenticates and decrypts a compound RTCP packet.
   *
   * @returns A new buffer; `undefined` if the packet is not authentic, repeated, or too old.
   */
  openRtcp(packet: Buffer): Buffer | undefined {
    const bare = this.#mki ? removeMki(packet, this.#mki, this.#master.suite, 'rtcp') : packet
    return bare && bare.length >= rtcpHeaderBytes ? this.#openRtcp(bare) : undefined
  }

  #open(packet: Buffer): Buffer | undefined {
    const ssrc = ssrcOf(packet)
    const window = windowOf(this.#rtpWindows, ssrc)
    const index = window && this.#indexOf(packet, ssrc, window)
    if (index === undefined || !window?.isNew(index)) return undefined
    const opened = this.#cipher.openRtp(packet, index)
    // Only after authentication: a forged packet must change nothing (RFC 3711 section 3.3).
    if (opened) note(this.#rtpWindows, ssrc, window, index)
    return opened
  }

  #openRtcp(packet: Buffer): Buffer | undefined {
    const ssrc = rtcpSsrcOf(packet)
    const window = windowOf(this.#rtcpWindows, ssrc)
    const opened = window && this.#cipher.openRtcp(packet)
    if (!opened || !window.isNew(opened.index)) return undefined
    note(this.#rtcpWindows, ssrc, window, opened.index)
    return opened.compound
  }

  #indexOf(packet: Buffer, ssrc: number, { highest }: ReplayWindow): number | undefined {
    const sequenceNumber = sequenceNumberOf(packet)
    const told = this.#rolloverCounters.get(ssrc) ?? 0
    // No packet yet with the announced rollover counter: start with that.
    if (highest < packetIndexOf(told, 0)) return packetIndexOf(told, sequenceNumber)
    return packetIndexNear(highest, sequenceNumber)
  }
}

/**
 * Returns the replay window of an SSRC, or a new one, which is not stored yet.
 *
 * @returns `undefined` if there are too many SSRCs.
 */
function windowOf(windows: Map<number, ReplayWindow>, ssrc: number): ReplayWindow | undefined {
  const window = windows.get(ssrc)
  if (window || windows.size >= maxSources) return window
  return new ReplayWindow()
}

function note(
  windows: Map<number, ReplayWindow>,
  ssrc: number,
  window: ReplayWindow,
  index: number,
): void {
  window.add(index)
  windows.set(ssrc, window)
}
