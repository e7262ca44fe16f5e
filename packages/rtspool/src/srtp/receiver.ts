import { rtpHeaderBytes, sequenceNumberOf, ssrcOf } from '../rtp/index.js'
import { createPacketCipher } from './create-cipher.js'
import type { PacketCipher } from './packet-cipher.js'
import { packetIndexNear, packetIndexOf } from './packet-index.js'
import { ReplayWindow } from './replay-window.js'
import { rtcpHeaderBytes, rtcpSsrcOf } from './srtcp-layout.js'
import type { MasterKey } from './suite.js'

/** Sources under one key: only authentic packets make one, and more than a few are an error of the sender. */
const maxSources = 64

/** Opens what one peer sends under one master key; each packet once. */
export class SrtpReceiver {
  readonly #cipher: PacketCipher
  readonly #rolloverCounters: ReadonlyMap<number, number>
  readonly #rtpWindows = new Map<number, ReplayWindow>()
  readonly #rtcpWindows = new Map<number, ReplayWindow>()
  /** Packets that were not authentic, repeated or too old. */
  rejectedPackets = 0

  /** @param rolloverCounters - By SSRC, where key management tells them; the others begin with 0. */
  constructor(master: MasterKey, rolloverCounters: ReadonlyMap<number, number> = new Map()) {
    this.#cipher = createPacketCipher(master)
    this.#rolloverCounters = rolloverCounters
  }

  /** @returns The RTP packet in a new buffer, or `undefined` when it must not be used. */
  open(packet: Buffer): Buffer | undefined {
    const opened = packet.length < rtpHeaderBytes ? undefined : this.#open(packet)
    if (!opened) this.rejectedPackets++
    return opened
  }

  /** @returns The compound RTCP packet in a new buffer, or `undefined` when it must not be used. */
  openRtcp(packet: Buffer): Buffer | undefined {
    const opened = packet.length < rtcpHeaderBytes ? undefined : this.#openRtcp(packet)
    if (!opened) this.rejectedPackets++
    return opened
  }

  #open(packet: Buffer): Buffer | undefined {
    const ssrc = ssrcOf(packet)
    const window = windowOf(this.#rtpWindows, ssrc)
    const index = this.#indexOf(packet, ssrc, window)
    if (!window || index === undefined || !window.isNew(index)) return undefined
    const opened = this.#cipher.openRtp(packet, index)
    // Only now: what is not authentic changes nothing (RFC 3711 section 3.3).
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

  #indexOf(packet: Buffer, ssrc: number, window: ReplayWindow | undefined): number | undefined {
    const sequenceNumber = sequenceNumberOf(packet)
    const highest = window?.highest ?? -1
    if (highest >= 0) return packetIndexNear(highest, sequenceNumber)
    return packetIndexOf(this.#rolloverCounters.get(ssrc) ?? 0, sequenceNumber)
  }
}

/** The window of a source, a new one for a new source; `undefined` when there are too many. */
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
