import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RtspServer, type TrackOutput, type TrackPosition } from 'rtspool'
import { parseReplayExtension, type ReplayExtension, timestampOf } from 'rtspool/rtp'
import { ManualClock } from 'rtspool/testing'
import { onTestFinished } from 'vitest'
import { normalManner } from '../../../../rtspool/src/media/media-source.js'
import { nextTurn } from '../../../../rtspool/test/support/until.js'
import { processUptime } from '../../../src/recording/machine-uptime.js'
import { type RecordingPlan, recordingDefaults } from '../../../src/recording/recording-plan.js'
import { RecordingFiles } from '../../../src/recording/stored/recording-files.js'
import type { ReplayedRecordings } from '../../../src/replay/replay-mount.js'
import type { ReplaySource } from '../../../src/replay/replay-source.js'

/** Time at which recordings of tests begin. */
export const noonMs = Date.UTC(2026, 10, 29, 12)

export { normalManner }

/** Creates a folder that is removed after the test. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'rtspool-replay-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export const planFor = (folder: string, more: Partial<RecordingPlan> = {}): RecordingPlan => ({
  ...{ ...recordingDefaults, name: 'all', path: '/*', folder },
  ...more,
})

/** Recordings on the disk, none of which runs, unless a test says so. */
export class StoredRecordings implements ReplayedRecordings {
  readonly plans: RecordingPlan[]
  readonly files: RecordingFiles
  /** Paths that are being recorded. */
  readonly running = new Set<string>()

  constructor(...plans: RecordingPlan[]) {
    this.plans = plans
    const clock = new ManualClock()
    this.files = new RecordingFiles({
      ...{ clock, uptime: processUptime(clock) },
      plans: () => plans,
      open: () => new Set(),
      onRemoved: () => {},
      onFailed: () => {},
    })
    onTestFinished(() => this.files.close())
  }

  /** Notes that files have changed, as a recorder does. */
  noteChange(): void {
    for (const plan of this.plans) this.files.noteChange(plan)
  }

  get recorders(): ReplayedRecordings['recorders'] {
    const states = this.plans.flatMap((plan) =>
      [...this.running].map((path) => ({ plan, path, state: 'recording' })),
    )
    return states as unknown as ReplayedRecordings['recorders']
  }
}

/** A packet that a source has sent. */
export interface SentPacket {
  readonly packet: Buffer
  readonly timestamp: number
  readonly atMs: number
  readonly extension: ReplayExtension | undefined
}

/** A track that keeps what it is sent. */
export class KeptTrack {
  readonly sent: SentPacket[] = []
  position: TrackPosition | undefined
  readonly #clock: ManualClock

  constructor(clock: ManualClock) {
    this.#clock = clock
  }

  startAt(position: TrackPosition): void {
    this.position = position
  }

  push(packet: Uint8Array): boolean {
    const bytes = Buffer.from(packet)
    const sequenceNumber = (bytes.readUInt16BE(2) + 1) % 65_536
    if (this.position) this.position = { ...this.position, sequenceNumber }
    const timestamp = timestampOf(bytes)
    const extension = parseReplayExtension(bytes)
    this.sent.push({ packet: bytes, timestamp, atMs: this.#clock.now(), extension })
    return true
  }

  mapTime(): void {}
}

/** A source with tracks that keep what it sends. */
export class Player {
  readonly clock: ManualClock
  readonly tracks: readonly KeptTrack[]
  readonly source: ReplaySource
  /** Announcements of the source, in order. */
  readonly announced: string[] = []
  /** Promise that a source without pace waits for. */
  gate: Promise<void> | undefined

  constructor(source: ReplaySource, clock = new ManualClock()) {
    this.clock = clock
    this.source = source
    this.tracks = source.description.media.map(() => new KeptTrack(clock))
    source.start({
      tracks: this.tracks as unknown as readonly TrackOutput[],
      clock,
      end: () => this.announced.push('end'),
      fail: () => this.announced.push('fail'),
      rangeEnded: () => this.announced.push('rangeEnded'),
      drained: async () => this.gate,
      sourceAway: () => {},
      sourceBack: () => true,
      descriptionChanged: () => {},
    })
    onTestFinished(() => source.close())
  }

  /** Plays until the source announces something, or for some seconds. */
  async run(seconds = 600): Promise<void> {
    const untilMs = this.clock.now() + seconds * 1000
    const before = this.announced.length
    while (this.clock.now() < untilMs && this.announced.length === before) {
      await filesRead()
      this.clock.advance(20)
    }
  }
}

/** Matches the names that Node gives operations on files, and the closing of one. */
const fileWork = /^(FSReq|CloseReq)/

/** Waits until nothing reads a file, so that the clock can go on. */
export async function filesRead(): Promise<void> {
  for (let quietTurns = 0; quietTurns < 6; quietTurns++) {
    await nextTurn()
    if (process.getActiveResourcesInfo().some((name) => fileWork.test(name))) quietTurns = 0
  }
}

/** A server with nothing but mounts; closed after the test. */
export function newServer(): RtspServer {
  const server = new RtspServer({ port: 0, host: '127.0.0.1', udpPorts: false })
  onTestFinished(() => server.close())
  return server
}
