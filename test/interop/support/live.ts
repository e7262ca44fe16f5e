import { execFile } from 'node:child_process'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import type { RtspServer } from 'rtspool'
import { WebSocket } from 'ws'
import { LiveEndpoint } from '../../../packages/rtspool-server/src/live/index.js'

const run = promisify(execFile)

/** The live picture of a server, on an HTTP server of its own. */
export class LiveHost {
  readonly live: LiveEndpoint
  readonly #http

  static async start(server: RtspServer, onRequest: RequestListener = () => {}): Promise<LiveHost> {
    const host = new LiveHost(server, onRequest)
    await new Promise<void>((resolve) => {
      host.#http.listen(0, '127.0.0.1', resolve)
    })
    return host
  }

  private constructor(server: RtspServer, onRequest: RequestListener) {
    this.live = new LiveEndpoint(server)
    this.#http = createServer(onRequest)
    this.#http.on('upgrade', (request, socket, head) => {
      this.live.handleUpgrade(request, socket, head)
    })
  }

  get authority(): string {
    return `127.0.0.1:${(this.#http.address() as AddressInfo).port}`
  }

  /** Watches a path to its end. */
  async record(path: string): Promise<LiveRecording> {
    const ticket = this.live.tickets.issue({ path })
    const protocols = ['rtspool.live', `ticket.${ticket}`]
    const socket = new WebSocket(`ws://${this.authority}/`, protocols)
    const recording: LiveRecording = { tracks: [], end: '' }
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      if (isBinary) recording.tracks[data[0] ?? 0]?.pieces.push(data.subarray(1))
      else
        for (const track of JSON.parse(data.toString()).tracks) {
          recording.tracks[track.id] ??= { ...track, pieces: [] }
        }
    })
    await new Promise((resolve) => {
      socket.on('error', () => {})
      socket.on('close', (code, reason) => {
        recording.end = `${code} ${reason}`
        resolve(undefined)
      })
    })
    return recording
  }

  async close(): Promise<void> {
    this.live.close()
    this.#http.closeAllConnections()
    await new Promise((resolve) => this.#http.close(resolve))
  }
}

/** All that a browser was sent of a path. */
export interface LiveRecording {
  readonly tracks: {
    readonly kind: string
    readonly mime: string
    /** Init segments and fragments, in order. */
    readonly pieces: Buffer[]
  }[]
  /** Code and reason of the end. */
  end: string
}

/** One track of a file as ffmpeg sees it. */
export interface ProbedTrack {
  readonly codec: string
  readonly width: number | undefined
  readonly height: number | undefined
  /** Frames that ffmpeg decodes. */
  readonly frames: number
  /** Times of presentation and of decoding in seconds, in the order of the file. */
  readonly times: readonly (readonly [pts: number, dts: number])[]
}

/** @param selector - `v` or `a`. */
export async function probe(file: string, selector: string): Promise<ProbedTrack> {
  const { stdout, stderr } = await run(
    'ffprobe',
    [
      ...['-hide_banner', '-loglevel', 'warning', '-select_streams', selector, '-count_frames'],
      ...[
        '-show_entries',
        'stream=codec_name,width,height,nb_read_frames:packet=pts_time,dts_time',
      ],
      ...['-of', 'json', file],
    ],
    { maxBuffer: 64 * 1024 * 1024 },
  )
  if (stderr !== '') throw new Error(stderr)
  const { packets, streams } = JSON.parse(stdout)
  const [stream] = streams
  return {
    ...{ codec: stream.codec_name, width: stream.width, height: stream.height },
    frames: Number(stream.nb_read_frames),
    times: packets.map((packet: { pts_time: string; dts_time: string }) => [
      Number(packet.pts_time),
      Number(packet.dts_time),
    ]),
  }
}
