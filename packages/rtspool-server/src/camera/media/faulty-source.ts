import type {
  MediaDescription,
  MediaOutput,
  MediaSource,
  SessionDescription,
  TrackOutput,
  TrackPosition,
} from 'rtspool'
import type { Faults } from '../faults.js'
import type { MediaQuirk } from './media-quirk.js'
import { TrackPipe } from './track-pipe.js'

/** A live source whose media have the faults and quirks of a virtual camera. */
export class FaultySource implements MediaSource {
  readonly description: SessionDescription
  readonly #source: MediaSource
  readonly #faults: Faults
  readonly #quirks: readonly MediaQuirk[]
  /** Index of the audio track that a second track repeats; -1 without a second one. */
  readonly #repeated: number
  #pipes: readonly TrackPipe[] = []

  constructor(source: MediaSource, faults: Faults, quirks: readonly MediaQuirk[]) {
    this.#source = source
    this.#faults = faults
    this.#quirks = quirks
    const { session, media } = source.description
    this.description = { session: session.clone(), media: media.map((each) => each.clone()) }
    const isSecondWanted = quirks.some((quirk) => quirk.hasSecondSound)
    this.#repeated = isSecondWanted ? media.findIndex((each) => each.kind === 'audio') : -1
    const sound = media[this.#repeated]
    if (sound) this.description.media.push(sound.clone())
    for (const quirk of quirks) quirk.describe?.(this.description)
  }

  start(output: MediaOutput): void | Promise<void> {
    const { clock } = output
    const pipes = output.tracks.map((track, index) => {
      const described = this.#describedBySource(index)
      const writer = this.#writerOf(encodingOf(described))
      return new TrackPipe({ track, described, clock, faults: this.#faults, writer })
    })
    this.#pipes = pipes
    const tracks = this.#source.description.media.map((_, index) => {
      const own = pipes[index]
      const second = index === this.#repeated ? pipes.at(-1) : undefined
      return new PipedTrack(
        output.tracks[index] as TrackOutput,
        [own, second].filter((pipe) => pipe !== undefined),
      )
    })
    for (const pipe of pipes) pipe.start()
    return this.#source.start({
      tracks,
      clock,
      end: () => output.end(),
      rangeEnded: () => output.rangeEnded(),
      fail: () => output.fail(),
      drained: () => output.drained(),
      sourceAway: () => output.sourceAway(),
      sourceBack: (description) => output.sourceBack(description),
      descriptionChanged: () => output.descriptionChanged(),
    })
  }

  async close(): Promise<void> {
    for (const pipe of this.#pipes) pipe.close()
    await this.#source.close()
  }

  /** Returns the description of a track before quirks have changed it. */
  #describedBySource(index: number): MediaDescription {
    const { media } = this.#source.description
    return (media[index] ?? media[this.#repeated]) as MediaDescription
  }

  #writerOf(encoding: string) {
    return this.#quirks.find((quirk) => quirk.units?.encoding === encoding)?.units
  }
}

/** Returns the encoding of a track in upper case; an empty text without one. */
export function encodingOf(media: MediaDescription | undefined): string {
  const [payloadType = -1] = media?.payloadTypes ?? []
  return media?.rtpmap(payloadType)?.encoding.toUpperCase() ?? ''
}

/** Track output for the source: sends each packet through the pipes with the faults, which lead to the real outputs. */
class PipedTrack implements TrackOutput {
  readonly #track: TrackOutput
  readonly #pipes: readonly TrackPipe[]

  constructor(track: TrackOutput, pipes: readonly TrackPipe[]) {
    this.#track = track
    this.#pipes = pipes
  }

  startAt(position: TrackPosition): void {
    for (const pipe of this.#pipes) pipe.startAt(position)
  }

  push(packet: Uint8Array): boolean {
    const [first, ...others] = this.#pipes
    for (const pipe of others) pipe.push(Buffer.from(packet))
    first?.push(Buffer.from(packet.buffer, packet.byteOffset, packet.byteLength))
    return true
  }

  mapTime(unixMs: number, rtpTime: number, clockMs?: number): void {
    for (const pipe of this.#pipes) pipe.mapTime(unixMs, rtpTime, clockMs)
  }

  mapReportedTime(unixMs: number, rtpTime: number, clockMs?: number): void {
    this.mapTime(unixMs, rtpTime, clockMs)
  }

  unixTimeMsAt(rtpTime?: number): number | undefined {
    return this.#track.unixTimeMsAt(rtpTime)
  }

  rtpTimeAt(unixMs: number): number | undefined {
    return this.#track.rtpTimeAt(unixMs)
  }

  expectNewSource(): void {
    this.#track.expectNewSource()
  }

  get index() {
    return this.#track.index
  }
  get description() {
    return this.#track.description
  }
  get clockRate() {
    return this.#track.clockRate
  }
  get ssrc() {
    return this.#track.ssrc
  }
  get packetCount() {
    return this.#track.packetCount
  }
  get octetCount() {
    return this.#track.octetCount
  }
  get invalidPackets() {
    return this.#track.invalidPackets
  }
  get unlistedPackets() {
    return this.#track.unlistedPackets
  }
  get hasKeyFrames() {
    return this.#track.hasKeyFrames
  }
  get keyFrameIntervalSeconds() {
    return this.#track.keyFrameIntervalSeconds
  }
  get readerCount() {
    return this.#track.readerCount
  }
  get position() {
    return this.#track.position
  }
}
