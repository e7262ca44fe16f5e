import { rtpHeaderBytes, sequenceNumberOf, ssrcOf } from '../rtp/index.js'
import { createPacketCipher } from './create-cipher.js'
import { removeMki } from './mki.js'
import type { PacketCipher } from './packet-cipher.js'
import { packetIndexNear, packetIndexOf } from './packet-index.js'
import { ReplayWindow } from './replay-window.js'
import { rtcpHeaderBytes, rtcpSsrcOf } from './srtcp-layout.js'
import type { MasterKey } from './suite.js'

/**
 * Maximum number of sources under one key. Only authentic packets create one, and more than a few
 * are an error of the sender.
 */
const maxSources = 64

/** Authenticates and decrypts the packets of one peer under one master key; each packet once. */
export class SrtpReceiver {
  readonly #master: MasterKey
  readonly #cipher: PacketCipher
  #mki: Buffer | undefined
  #rolloverCounters: ReadonlyMap<number, number>
  readonly #rtpWindows = new Map<number, ReplayWindow>()
  readonly #rtcpWindows = new Map<number, ReplayWindow>()

  /** @param rolloverCounters - Counters by SSRC from key management; other sources begin with 0. */
  constructor(master: MasterKey, rolloverCounters: ReadonlyMap<number, number> = new Map()) {
    this.#master = master
    this.#mki = master.mki
    this.#cipher = createPacketCipher(master)
    this.#rolloverCounters = rolloverCounters
  }

  /** Returns whether this receiver has the same key, whatever its index. */
  hasKey({ suite, key, salt }: MasterKey): boolean {
    const own = this.#master
    return own.suite === suite && own.key.equals(key) && own.salt.equals(salt)
  }

  /** Stores new rollover counters from key management. Known sources keep their position. */
  noteRolloverCounters(rolloverCounters: ReadonlyMap<number, number>): void {
    this.#rolloverCounters = rolloverCounters
  }

  /**
   * Stores the index of the key after key management has sent the key again; `undefined` for none.
   */
  noteMki(mki: Buffer | undefined): void {
    this.#mki = mki
  }

  /** @returns The RTP packet in a new buffer, or `undefined` if it must not be used. */
  open(packet: Buffer): Buffer | undefined {
    const bare = this.#mki ? removeMki(packet, this.#mki, this.#master.suite, 'rtp') : packet
    return bare && bare.length >= rtpHeaderBytes ? this.#open(bare) : undefined
  }

  /** @returns The compound RTCP packet in a new buffer, or `undefined` if it must not be used. */
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
 * Returns the window of a source, a new one for a new source; `undefined` if there are too many.
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
