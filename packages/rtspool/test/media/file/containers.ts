import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  ALL_FORMATS,
  BufferTarget,
  EncodedAudioPacketSource,
  type EncodedPacket,
  EncodedPacketSink,
  EncodedVideoPacketSource,
  FilePathSource,
  Input,
  Output,
  type OutputFormat,
} from 'mediabunny'
import {
  type MediaFile,
  type OpenMediaFileOptions,
  openMediaFile,
} from '../../../src/media/file/media-file.js'
import type { AccessUnit, FileTrack } from '../../../src/media/file/tracks/file-track.js'

/** Test file with one key frame and 25 pictures a second, 10.24 s long. */
export const clip = fileURLToPath(
  new URL('../../../../rtspool-server/assets/test.mp4', import.meta.url),
)

/** Converts the clip to another container: packets from 0 up to `seconds`. */
export async function clipAs(format: OutputFormat, seconds = 20): Promise<Buffer> {
  const input = new Input({ source: new FilePathSource(clip), formats: ALL_FORMATS })
  const output = new Output({ format, target: new BufferTarget() })
  const [video, audio] = [await input.getPrimaryVideoTrack(), await input.getPrimaryAudioTrack()]
  if (!video || !audio) throw new Error('expected two tracks')
  const videoSource = new EncodedVideoPacketSource('avc')
  const audioSource = new EncodedAudioPacketSource('aac')
  output.addVideoTrack(videoSource)
  output.addAudioTrack(audioSource)
  await output.start()
  const videoConfig = await video.getDecoderConfig()
  const audioConfig = await audio.getDecoderConfig()
  const upTo = async function* (packets: AsyncIterable<EncodedPacket>) {
    for await (const packet of packets) {
      if (packet.timestamp >= seconds) return
      yield packet
    }
  }
  const copyVideo = async () => {
    const meta = videoConfig ? { decoderConfig: videoConfig } : {}
    for await (const packet of upTo(new EncodedPacketSink(video).packets())) {
      await videoSource.add(packet, meta)
    }
    videoSource.close()
  }
  const copyAudio = async () => {
    const meta = audioConfig ? { decoderConfig: audioConfig } : {}
    for await (const packet of upTo(new EncodedPacketSink(audio).packets())) {
      await audioSource.add(packet, meta)
    }
    audioSource.close()
  }
  await Promise.all([copyVideo(), copyAudio()])
  await output.finalize()
  input.dispose()
  return Buffer.from(output.target.buffer ?? new ArrayBuffer(0))
}

/** A temporary directory of files, which it opens and closes. */
export class MediaDirectory {
  readonly #path: string
  readonly #opened: MediaFile[] = []
  #count = 0

  private constructor(path: string) {
    this.#path = path
  }

  static async create(): Promise<MediaDirectory> {
    return new MediaDirectory(await mkdtemp(join(tmpdir(), 'rtspool-file-')))
  }

  async open(bytes: Uint8Array, options?: OpenMediaFileOptions): Promise<MediaFile> {
    const path = join(this.#path, `${this.#count++}`)
    await writeFile(path, bytes)
    const file = await openMediaFile(path, options)
    this.#opened.push(file)
    return file
  }

  async closeAll(): Promise<void> {
    await Promise.all(this.#opened.splice(0).map((file) => file.close()))
  }

  async remove(): Promise<void> {
    await this.closeAll()
    await rm(this.#path, { recursive: true })
  }
}

export async function unitsFrom(
  track: FileTrack | undefined,
  from?: number,
): Promise<AccessUnit[]> {
  if (!track) throw new Error('expected a track')
  const units: AccessUnit[] = []
  for await (const unit of track.accessUnits(from)) units.push(unit)
  return units
}

/** Returns whether two lists contain the same bytes, unit for unit. */
export const sameBytes = (a: readonly AccessUnit[], b: readonly AccessUnit[]): boolean =>
  a.length === b.length &&
  a.every(({ bytes }, index) => Buffer.compare(bytes, b[index]?.bytes ?? new Uint8Array()) === 0)
