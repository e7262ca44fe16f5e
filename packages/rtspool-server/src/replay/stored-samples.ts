import { eachBox, headerBytes, syncSample } from '../recording/stored/fragment-index.js'

/** One picture or frame of sound in a stored fragment. Times are in ticks of the track. */
export interface StoredSample {
  readonly trackId: number
  readonly decodeTime: number
  /** Time of presentation, in ticks of the track. */
  readonly time: number
  readonly duration: number
  readonly isSync: boolean
  /** Bytes of the picture or frame of sound: a view of the fragment's buffer. */
  readonly bytes: Buffer
}

/** Number of bytes of each sample's entry in the box `trun`: duration, size, flags and composition offset. */
const entryBytes = 16

/**
 * Returns the samples of a stored fragment, track by track in decoding order.
 *
 * @param fragment - Whole fragment, with its `prft` if it has one.
 */
export function samplesOf(fragment: Buffer): StoredSample[] {
  const samples: StoredSample[] = []
  eachBox(fragment, ['moof'], (moofFrom, moofTo) => {
    const moofAt = moofFrom - headerBytes
    eachBox(
      fragment,
      ['traf'],
      (from, to) => samples.push(...trackSamples(fragment, moofAt, from, to)),
      moofFrom,
      moofTo,
    )
  })
  return samples
}

function* trackSamples(
  fragment: Buffer,
  moofAt: number,
  from: number,
  to: number,
): Generator<StoredSample> {
  const [tfhd, tfdt, trun] = ['tfhd', 'tfdt', 'trun'].map((type) =>
    placeOf(fragment, type, from, to),
  )
  if (tfhd === undefined || tfdt === undefined || trun === undefined) return
  const trackId = fragment.readUInt32BE(tfhd + 4)
  const count = fragment.readUInt32BE(trun + 4)
  let decodeTime = Number(fragment.readBigUInt64BE(tfdt + 4))
  let dataAt = moofAt + fragment.readInt32BE(trun + 8)
  for (let index = 0; index < count; index++) {
    const at = trun + 12 + index * entryBytes
    const duration = fragment.readUInt32BE(at)
    const sizeBytes = fragment.readUInt32BE(at + 4)
    const isSync = fragment.readUInt32BE(at + 8) === syncSample
    const time = decodeTime + fragment.readInt32BE(at + 12)
    const bytes = fragment.subarray(dataAt, dataAt + sizeBytes)
    yield { trackId, decodeTime, time, duration, isSync, bytes }
    decodeTime += duration
    dataAt += sizeBytes
  }
}

/**
 * Returns the offset in bytes of the contents of a box of `type` between `from` and `to`; `undefined` without such a
 * box.
 */
function placeOf(bytes: Buffer, type: string, from: number, to: number): number | undefined {
  let place: number | undefined
  eachBox(
    bytes,
    [type],
    (at) => {
      place = at
    },
    from,
    to,
  )
  return place
}
