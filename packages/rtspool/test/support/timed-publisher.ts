import { RecordStream } from '../../src/media/streams/record-stream.js'
import { CommonJump } from '../../src/media/timeline/common-jump.js'
import { SourceClock } from '../../src/media/timeline/source-clock.js'
import { Track, type TrackInit } from '../../src/media/track/track.js'
import {
  type NtpTimestamp,
  ntpFromUnixMs,
  parseCompound,
  serializeCompound,
  unixMsFromNtp,
} from '../../src/rtcp/index.js'
import { frameHeaderBytes } from '../../src/rtsp/index.js'
import { createMediaDescription } from '../../src/sdp/index.js'
import { ManualClock } from '../../src/testing/manual-clock.js'
import { ChannelTable } from '../../src/transport/tcp/channel-table.js'
import { recordLink } from './record-link.js'
import { rtpPacket } from './test-server.js'

/** Sender report as received by a viewer. */
export interface HeardReport {
  /** Monotonic time of arrival. */
  readonly at: number
  readonly unixMs: number
  readonly rtpTime: number
  readonly ssrc: number
}

/** One track of a publisher, and a viewer that receives its reports. */
export class TimedTrack {
  readonly track: Track
  readonly stream: RecordStream
  readonly reports: HeardReport[] = []
  readonly packets: Buffer[] = []
  /** RTCP sent to the publisher. */
  readonly sentBack: Buffer[] = []
  readonly #clock: ManualClock
  #sequenceNumber = 0

  constructor(clock: ManualClock, init: Partial<TrackInit> & { clockRate?: number } = {}) {
    this.#clock = clock
    const { clockRate = 90_000, ...rest } = init
    const description = createMediaDescription({
      kind: clockRate === 90_000 ? 'video' : 'audio',
      payloadType: 96,
      encoding: 'X-foo',
      clockRate,
    })
    this.track = new Track({ index: 0, description, clock, cname: 'test', ...rest })
    this.stream = new RecordStream({
      clock,
      counters: { packetsIn: 0, bytesIn: 0, packetsLost: 0 },
      link: recordLink({ sendRtcp: (compound) => void this.sentBack.push(compound) }),
      onPacket: () => {},
      onMediaEnded: () => {},
      onClosed: () => {},
    })
    this.stream.record(this.track)
    this.track.addReader({
      kind: 'interleaved',
      carrier: {
        channels: new ChannelTable(),
        isCongested: false,
        grant: () => {},
        writeFrames: (frames) => this.#take(frames),
      },
      channels: [0, 1],
      counters: { packetsOut: 0, bytesOut: 0, packetsDropped: 0 },
    })
  }

  send(timestamp: number, packet: Partial<Parameters<typeof rtpPacket>[0]> = {}): void {
    const sequenceNumber = packet.sequenceNumber ?? this.#sequenceNumber
    this.#sequenceNumber = (sequenceNumber + 1) & 0xffff
    const wrapped = Math.round(timestamp) >>> 0
    this.stream.receiveRtp(
      rtpPacket({ ssrc: 7, marker: true, ...packet, sequenceNumber, timestamp: wrapped }),
    )
  }

  /** Delivers a sender report of the publisher. */
  tell(ntp: NtpTimestamp | number, timestamp: number, ssrc = 7): void {
    this.stream.receiveRtcp(
      serializeCompound([
        {
          type: 'senderReport',
          ssrc,
          ntpTime: typeof ntp === 'number' ? ntpFromUnixMs(ntp) : ntp,
          rtpTime: Math.round(timestamp) >>> 0,
          packetCount: 0,
          octetCount: 0,
          reports: [],
        },
      ]),
    )
  }

  /** Returns the report that a viewer would receive now. */
  report(): HeardReport {
    const before = this.reports.length
    this.track.sendSenderReport()
    const report = this.reports.at(-1)
    if (!report || this.reports.length === before) throw new Error('no report was sent')
    return report
  }

  /** Splits one write into its frames. */
  #take(frames: Buffer): void {
    for (let offset = 0; offset < frames.length; ) {
      const end = offset + frameHeaderBytes + frames.readUInt16BE(offset + 2)
      const payload = frames.subarray(offset + frameHeaderBytes, end)
      if (frames[offset + 1] === 0) this.packets.push(payload)
      else this.#hear(payload)
      offset = end
    }
  }

  #hear(compound: Buffer): void {
    const [report] = parseCompound(compound)
    if (report?.type !== 'senderReport') return
    const { ntpTime, rtpTime, ssrc } = report
    this.reports.push({ at: this.#clock.now(), unixMs: unixMsFromNtp(ntpTime), rtpTime, ssrc })
  }
}

/** Creates a publisher with sound and pictures. */
export function timedPublisher(init: Partial<TrackInit> = {}) {
  const clock = new ManualClock()
  const shared = {
    awaitsReport: true,
    ...init,
    sourceClock: new SourceClock(),
    jump: new CommonJump(),
  }
  return {
    clock,
    video: new TimedTrack(clock, shared),
    audio: new TimedTrack(clock, { ...shared, index: 1, clockRate: 8_000 }),
  }
}
