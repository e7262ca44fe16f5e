// A talking mirror: whoever speaks to /echo over the ONVIF back channel is heard there by all who listen, and this
// process says how loud it was. A camera would play it on its loudspeaker.
//
//   ffplay rtsp://127.0.0.1:8554/echo
//   any ONVIF client with two-way audio: rtsp://127.0.0.1:8554/echo
import {
  type BackChannelReceiver,
  createMediaDescription,
  createSessionDescription,
  MediaFactory,
  type MediaOutput,
  type MediaSource,
  RtspServer,
} from 'rtspool'

const pcmu = { kind: 'audio', payloadType: 0, encoding: 'PCMU', clockRate: 8000 } as const
const headerBytes = 12

/** The linear value of one sample of G.711 mu-law. */
function linear(muLaw: number): number {
  const bits = ~muLaw & 0xff
  const magnitude = (((bits & 0x0f) << 3) + 132) << ((bits & 0x70) >> 4)
  return bits & 0x80 ? 132 - magnitude : magnitude - 132
}

class Mirror implements MediaSource {
  readonly description = {
    ...createSessionDescription({ originId: 1, address: '0.0.0.0', name: 'echo' }),
    media: [createMediaDescription(pcmu)],
  }
  #output: MediaOutput | undefined

  start(output: MediaOutput): void {
    this.#output = output
  }

  close(): void {
    this.#output = undefined
  }

  /** Passes on what one client says, until it goes. */
  listenTo(address: string): BackChannelReceiver {
    let loudest = 0
    return {
      packet: (rtp) => {
        for (const sample of rtp.subarray(headerBytes)) {
          loudest = Math.max(loudest, Math.abs(linear(sample)))
        }
        this.#output?.tracks[0]?.push(rtp)
      },
      close: () => console.log(`${address} has spoken, at most ${loudest} loud`),
    }
  }
}

const port = Number(process.env.PORT ?? 8554)
const server = new RtspServer({ port })
const mirror = new Mirror()
server.mounts.add(
  '/echo',
  new MediaFactory(() => mirror, {
    backChannel: {
      description: createMediaDescription(pcmu),
      open: ({ address }) => mirror.listenTo(address),
    },
  }),
)
await server.listen()
console.log(`rtsp://127.0.0.1:${port}/echo`)

process.once('SIGINT', () => server.close())
const seconds = Number(process.env.RTSPOOL_EXAMPLE_SECONDS)
if (seconds) setTimeout(() => server.close(), seconds * 1000)
