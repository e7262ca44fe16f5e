import * as mediabunny from 'mediabunny'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { AccessUnit } from '../../../../src/media/file/tracks/file-track.js'
import { collectGarbage } from '../../../support/collect-garbage.js'
import { clip, clipAs, MediaDirectory, unitsFrom } from '../containers.js'

let directory: MediaDirectory

beforeAll(async () => {
  directory = await MediaDirectory.create()
})
afterEach(() => directory.closeAll())
afterAll(() => directory.remove())

/** mediabunny with the number of inputs that are open, and of all that were opened. */
function countingInputs() {
  const counts = { open: 0, all: 0 }
  class CountedInput extends mediabunny.Input {
    #isOpen = true

    constructor(options: ConstructorParameters<typeof mediabunny.Input>[0]) {
      super(options)
      counts.open++
      counts.all++
    }

    override dispose(): void {
      if (this.#isOpen) counts.open--
      this.#isOpen = false
      super.dispose()
    }
  }
  const importMediabunny = async () => ({ ...mediabunny, Input: CountedInput })
  return { counts, importMediabunny: importMediabunny as () => Promise<typeof mediabunny> }
}

const factsOf = (units: readonly AccessUnit[]) =>
  units.map(({ bytes, isKey, seconds, durationSeconds }) => ({
    ...{ hex: Buffer.from(bytes).toString('hex'), isKey, seconds, durationSeconds },
  }))

/** Returns MPEG-TS of one picture that is repeated, with `fillerBytes` bytes that no decoder needs in each. */
async function largePictures(count: number, fillerBytes: number): Promise<Buffer> {
  const source = new mediabunny.FilePathSource(clip)
  const input = new mediabunny.Input({ source, formats: mediabunny.ALL_FORMATS })
  const track = await input.getPrimaryVideoTrack()
  const picture = track && (await new mediabunny.EncodedPacketSink(track).getFirstPacket())
  const decoderConfig = await track?.getDecoderConfig()
  if (!picture || !decoderConfig) throw new Error('expected a picture')
  const filler = Buffer.alloc(4 + fillerBytes, 0xff)
  filler.writeUInt32BE(fillerBytes)
  filler[4] = 12 // nal_unit_type: filler data
  const data = Buffer.concat([picture.data, filler])
  const format = new mediabunny.MpegTsOutputFormat()
  const output = new mediabunny.Output({ format, target: new mediabunny.BufferTarget() })
  const pictures = new mediabunny.EncodedVideoPacketSource('avc')
  output.addVideoTrack(pictures)
  await output.start()
  for (let index = 0; index < count; index++) {
    const packet = new mediabunny.EncodedPacket(data, 'key', index / 25, 1 / 25)
    await pictures.add(packet, { decoderConfig })
  }
  await output.finalize()
  input.dispose()
  return Buffer.from(output.target.buffer ?? new ArrayBuffer(0))
}

describe('an MPEG-TS file', () => {
  it('yields the same units when its input is renewed all the time', async () => {
    const bytes = await clipAs(new mediabunny.MpegTsOutputFormat(), 3)
    const { counts, importMediabunny } = countingInputs()
    const plain = await directory.open(bytes)
    const renewed = await directory.open(bytes, { renewalBytes: 4000, importMediabunny })
    for (const [index, track] of plain.tracks.entries()) {
      for (const from of [undefined, 1.5]) {
        const before = counts.all
        const units = await unitsFrom(renewed.tracks[index], from)
        expect(units.length).toBeGreaterThan(30)
        expect(factsOf(units)).toEqual(factsOf(await unitsFrom(track, from)))
        expect(counts.all - before).toBeGreaterThan(2)
        expect(counts.open).toBe(1)
      }
    }
    await renewed.close()
    expect(counts.open).toBe(0)
  })

  it('closes the inputs of readers that stop, or are cut off', async () => {
    const { counts, importMediabunny } = countingInputs()
    const bytes = await clipAs(new mediabunny.MpegTsOutputFormat(), 3)
    const file = await directory.open(bytes, { importMediabunny })
    const stopped = file.tracks[0]?.accessUnits()[Symbol.asyncIterator]()
    const cutOff = file.tracks[1]?.accessUnits()[Symbol.asyncIterator]()
    await stopped?.next()
    await cutOff?.next()
    expect(counts.open).toBe(3)
    await stopped?.return?.()
    expect(counts.open).toBe(2)
    await file.close()
    expect(counts.open).toBe(0)
    await cutOff?.return?.()
  })

  it('does not stay in memory while it is read', async () => {
    const file = await directory.open(await largePictures(160, 80_000), { renewalBytes: 10 ** 6 })
    const units = file.tracks[0]?.accessUnits()[Symbol.asyncIterator]()
    const readMany = async (): Promise<void> => {
      for (let index = 0; index < 60; index++) await units?.next()
    }
    await readMany()
    await collectGarbage()
    const { arrayBuffers } = process.memoryUsage()
    await readMany()
    await collectGarbage()
    expect(process.memoryUsage().arrayBuffers - arrayBuffers).toBeLessThan(2.4e6)
    await units?.return?.()
  })
})

describe('a file of another format', () => {
  it('has one input for all readers', async () => {
    const { counts, importMediabunny } = countingInputs()
    const bytes = await clipAs(new mediabunny.Mp4OutputFormat(), 3)
    const file = await directory.open(bytes, { renewalBytes: 1, importMediabunny })
    for (const track of file.tracks) await unitsFrom(track)
    expect(counts).toEqual({ open: 1, all: 1 })
  })
})
