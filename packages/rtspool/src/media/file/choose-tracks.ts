import type * as Mediabunny from 'mediabunny'
import { aacFileTrack } from './aac-file-track.js'
import type { AccessUnit, FileTrack, ReadTrack } from './file-track.js'
import { g711FileTrack } from './g711-file-track.js'
import { h264FileTrack } from './h264-file-track.js'
import { h265FileTrack } from './h265-file-track.js'
import { opusFileTrack } from './opus-file-track.js'

/** What was found in a file. */
export interface ChosenTracks {
  /** The first video and the first sound that can be sent, in this order. */
  readonly tracks: readonly FileTrack[]
  /** The others, in words. */
  readonly refused: readonly string[]
}

type EncodedPacketSink = typeof Mediabunny.EncodedPacketSink

/** Looks at all tracks of a file; one that is broken is as one that cannot be sent. */
export async function chooseTracks(
  { EncodedPacketSink }: { readonly EncodedPacketSink: EncodedPacketSink },
  input: Mediabunny.Input,
): Promise<ChosenTracks> {
  let video: FileTrack | undefined
  let audio: FileTrack | undefined
  const refused: string[] = []
  for (const track of await input.getTracks()) {
    if (track.isVideoTrack() ? video : audio) continue
    const codec = await track.getCodec()
    try {
      const chosen = await toFileTrack(track, new EncodedPacketSink(track))
      if (!chosen) refused.push(`${track.type} ${codec ?? `of an unknown codec${idOf(track)}`}`)
      else if (track.isVideoTrack()) video = chosen
      else audio = chosen
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      refused.push(`${track.type} that cannot be read (${error.message})`)
    }
  }
  return { tracks: [video, audio].filter((track) => track !== undefined), refused }
}

/** What the file itself calls the codec. */
function idOf({ internalCodecId }: Mediabunny.InputTrack): string {
  return typeof internalCodecId === 'string' ? ` (${internalCodecId})` : ''
}

/** @returns `undefined` for a codec that cannot be sent, and for a track without access units. */
async function toFileTrack(
  track: Mediabunny.InputTrack,
  sink: Mediabunny.EncodedPacketSink,
): Promise<FileTrack | undefined> {
  if (track.isVideoTrack()) return videoTrack(track, sink)
  return track.isAudioTrack() ? audioTrack(track, sink) : undefined
}

async function videoTrack(
  track: Mediabunny.InputVideoTrack,
  sink: Mediabunny.EncodedPacketSink,
): Promise<FileTrack | undefined> {
  const codec = await track.getCodec()
  if (codec !== 'avc' && codec !== 'hevc') return undefined
  const units = await readTrack(track, sink)
  if (!units) return undefined
  const description = bytesOf((await track.getDecoderConfig())?.description)
  return codec === 'avc' ? h264FileTrack(units, description) : h265FileTrack(units, description)
}

async function audioTrack(
  track: Mediabunny.InputAudioTrack,
  sink: Mediabunny.EncodedPacketSink,
): Promise<FileTrack | undefined> {
  const codec = await track.getCodec()
  if (codec !== 'aac' && codec !== 'opus' && codec !== 'ulaw' && codec !== 'alaw') return undefined
  const units = await readTrack(track, sink)
  if (!units) return undefined
  const format = {
    sampleRate: await track.getSampleRate(),
    channels: await track.getNumberOfChannels(),
  }
  if (codec === 'opus') return opusFileTrack(units, format)
  if (codec !== 'aac') return g711FileTrack(units, codec, format)
  return aacFileTrack(units, bytesOf((await track.getDecoderConfig())?.description), format)
}

async function readTrack(
  track: Mediabunny.InputTrack,
  sink: Mediabunny.EncodedPacketSink,
): Promise<ReadTrack | undefined> {
  const firstKeyFrame = (await sink.getFirstKeyPacket())?.data
  if (!firstKeyFrame) return undefined
  async function* accessUnits(fromSeconds?: number): AsyncGenerator<AccessUnit> {
    const sought = fromSeconds === undefined ? null : await sink.getKeyPacket(fromSeconds)
    let packet = sought ?? (await sink.getFirstPacket())
    for (; packet !== null; packet = await sink.getNextPacket(packet)) {
      const { data: bytes, timestamp: seconds, duration: durationSeconds } = packet
      yield { bytes, isKey: packet.type === 'key', seconds, durationSeconds }
    }
  }
  return { endSeconds: await track.computeDuration(), firstKeyFrame, accessUnits }
}

function bytesOf(source: ArrayBufferView | ArrayBufferLike | undefined): Uint8Array | undefined {
  if (source === undefined) return undefined
  return ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
    : new Uint8Array(source)
}
