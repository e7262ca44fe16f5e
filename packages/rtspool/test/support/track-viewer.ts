import type { InterleavedReader } from '../../src/media/fan-out/reader.js'
import { SentReports } from '../../src/media/fan-out/sent-reports.js'
import { Track } from '../../src/media/track/track.js'
import { sequenceNumberOf } from '../../src/rtp/index.js'
import { createMediaDescription } from '../../src/sdp/index.js'
import { srtpSuites } from '../../src/srtp/index.js'
import { ManualClock } from '../../src/testing/manual-clock.js'
import { ChannelTable } from '../../src/transport/tcp/channel-table.js'
import { closeAfterTest } from './open-things.js'

/** Creates a video track that keeps key frames; closed after the test. */
export function videoTrack(encoding: string, clock = new ManualClock()): Track {
  const kind = encoding === 'opus' ? 'audio' : 'video'
  const clockRate = encoding === 'opus' ? 48_000 : 90_000
  const description = createMediaDescription({ kind, payloadType: 96, encoding, clockRate })
  const gopCache = { maxBytes: 1_000_000, maxSeconds: 10 }
  const track = new Track({ index: 0, description, clock, cname: 'test', gopCache })
  closeAfterTest({ close: async () => track.close() })
  return track
}

/** A viewer over TCP that a test can congest; it records the received sequence numbers. */
export class TrackViewer {
  isCongested = false
  readonly received: number[] = []
  readonly reader: InterleavedReader

  constructor(track: Track, isSecure: boolean, maxEntryWaitMs?: number) {
    const srtp = isSecure && track.srtp(srtpSuites.AES_CM_128_HMAC_SHA1_80)
    const viewer = this
    this.reader = {
      kind: 'interleaved',
      channels: [0, 1],
      counters: { packetsOut: 0, bytesOut: 0, packetsDropped: 0 },
      sentReports: new SentReports(),
      ...(srtp ? { srtp: { sender: srtp, position: srtp.toldPosition } } : {}),
      carrier: {
        channels: new ChannelTable(),
        get isCongested() {
          return viewer.isCongested
        },
        maxEntryWaitMs,
        grant: () => {},
        writeFrames: (frames) => this.#read(frames),
      },
    }
  }

  #read(frames: Buffer): void {
    for (let offset = 0; offset < frames.length; ) {
      const end = offset + 4 + frames.readUInt16BE(offset + 2)
      if (frames[offset + 1] === 0) {
        this.received.push(sequenceNumberOf(frames.subarray(offset + 4, end)))
      }
      offset = end
    }
  }
}
