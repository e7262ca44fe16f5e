import type * as Mediabunny from 'mediabunny'
import { beginOfAudio, beginOfVideo, type Origin } from '../beginnings.js'
import { checkTrackCount } from '../file-failure.js'
import { aacFileTrack } from './aac-file-track.js'
import {
  type CompressedCodec,
  compressedFileTrack,
  isCompressedCodec,
} from './compressed-file-track.js'
import type { FileTrack } from './file-track.js'
import { h264FileTrack, h265FileTrack } from './nal-file-track.js'
import { opusFileTrack } from './opus-file-track.js'
import type { SinkRenewal } from './read-packets.js'
import { readTrack } from './read-track.js'
import { g711FileTrack, isPcmCodec, type PcmCodec, pcmFileTrack } from './sample-file-track.js'

/** Tracks that {@link chooseTracks} has chosen from a file, and those that it refused. */
export interface ChosenTracks {
  /** The first video and the first sound that can be sent, in this order. */
  readonly tracks: readonly FileTrack[]
  /** Descriptions, for a log, of the examined tracks that cannot be sent. */
  readonly refused: readonly string[]
}

/** Facts about a file that apply to all of its tracks. */
export interface FileFacts {
  readonly origin: Origin
  /** True if the file ends before its container does. */
  readonly isCutOff: boolean
  /** Series of sinks by which the readers of a track read it; `undefined` if all share one sink. */
  readonly renewal?: SinkRenewal | undefined
}

type EncodedPacketSink = typeof Mediabunny.EncodedPacketSink

/** A track that is being examined for {@link chooseTracks}, with facts about its file. */
interface Candidate extends FileFacts {
  readonly sink: Mediabunny.EncodedPacketSink
  /** Presentation time of the file's first picture in seconds; `undefined` if there is no video. */
  readonly videoSeconds: number | undefined
}

/**
 * Chooses the first video and the first sound of a file that can be sent. A broken track counts as one that cannot be
 * sent.
 *
 * @throws {TooManyTracksError} The file has more tracks than the server examines.
 */
export async function chooseTracks(
  { EncodedPacketSink }: { readonly EncodedPacketSink: EncodedPacketSink },
  input: Mediabunny.Input,
  facts: FileFacts,
): Promise<ChosenTracks> {
  const refused: string[] = []
  let videoSeconds: number | undefined
  const firstOf = async (tracks: readonly Mediabunny.InputTrack[]) => {
    for (const track of tracks) {
      const candidate = { ...facts, sink: new EncodedPacketSink(track), videoSeconds }
      const chosen = await choose(track, candidate, refused)
      if (chosen) return chosen
    }
    return undefined
  }
  const all = await input.getTracks()
  checkTrackCount(all.length)
  const video = await firstOf(all.filter((track) => track.isVideoTrack()))
  videoSeconds = video && (await firstSecondsOf(video))
  const audio = await firstOf(all.filter((track) => !track.isVideoTrack()))
  return { tracks: [video, audio].filter((track) => track !== undefined), refused }
}

async function choose(
  track: Mediabunny.InputTrack,
  candidate: Candidate,
  refused: string[],
): Promise<FileTrack | undefined> {
  const codec = await track.getCodec()
  try {
    const chosen = await toFileTrack(track, candidate)
    if (!chosen) refused.push(`${track.type} ${codec ?? `of an unknown codec${idOf(track)}`}`)
    return chosen
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    refused.push(`${track.type} that cannot be read (${error.message})`)
    return undefined
  }
}

async function firstSecondsOf(track: FileTrack): Promise<number | undefined> {
  for await (const { seconds } of track.accessUnits()) return seconds
  return undefined
}

/**
 * Returns the name that the container uses for a track's codec, in parentheses, for a log; an empty string without one.
 */
function idOf({ internalCodecId }: Mediabunny.InputTrack): string {
  return typeof internalCodecId === 'string' ? ` (${internalCodecId})` : ''
}

/**
 * Converts a track of mediabunny.
 *
 * @returns `undefined` for an unsupported codec, and for a track without access units.
 */
async function toFileTrack(
  track: Mediabunny.InputTrack,
  candidate: Candidate,
): Promise<FileTrack | undefined> {
  if (track.isVideoTrack()) return videoTrack(track, candidate)
  return track.isAudioTrack() ? audioTrack(track, candidate) : undefined
}

async function videoTrack(
  track: Mediabunny.InputVideoTrack,
  { sink, origin, isCutOff, renewal }: Candidate,
): Promise<FileTrack | undefined> {
  const codec = await track.getCodec()
  if (codec !== 'avc' && codec !== 'hevc') return undefined
  const beginSeconds = await beginOfVideo(sink, origin)
  const units = await readTrack(track, sink, { beginSeconds, isCutOff, renewal })
  if (!units) return undefined
  const description = bytesOf((await track.getDecoderConfig())?.description)
  return codec === 'avc' ? h264FileTrack(units, description) : h265FileTrack(units, description)
}

async function audioTrack(
  track: Mediabunny.InputAudioTrack,
  { sink, origin, isCutOff, renewal, videoSeconds }: Candidate,
): Promise<FileTrack | undefined> {
  const codec = await track.getCodec()
  if (!codec || !isSendable(codec)) return undefined
  const beginSeconds = await beginOfAudio(sink, origin, videoSeconds)
  const units = await readTrack(track, sink, { beginSeconds, isCutOff, renewal })
  if (!units) return undefined
  const format = {
    sampleRate: await track.getSampleRate(),
    channels: await track.getNumberOfChannels(),
  }
  if (isPcmCodec(codec)) return pcmFileTrack(units, codec, format)
  if (isCompressedCodec(codec)) return compressedFileTrack(units, codec, format)
  if (codec === 'opus') return opusFileTrack(units, format)
  if (codec !== 'aac') return g711FileTrack(units, codec, format)
  return aacFileTrack(units, bytesOf((await track.getDecoderConfig())?.description), format)
}

const otherCodecs = ['opus', 'aac', 'ulaw', 'alaw'] as const

type SendableCodec = PcmCodec | CompressedCodec | (typeof otherCodecs)[number]

const isSendable = (codec: string): codec is SendableCodec =>
  isPcmCodec(codec) ||
  isCompressedCodec(codec) ||
  (otherCodecs as readonly string[]).includes(codec)

function bytesOf(source: ArrayBufferView | ArrayBufferLike | undefined): Uint8Array | undefined {
  if (source === undefined) return undefined
  return ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
    : new Uint8Array(source)
}
