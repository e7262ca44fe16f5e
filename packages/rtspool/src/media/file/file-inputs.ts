import type * as Mediabunny from 'mediabunny'
import type { FileView } from './file-view.js'
import type { OpenedSink, SinkRenewal } from './tracks/read-packets.js'

export type MediabunnyModule = typeof Mediabunny

/**
 * Maximum bytes of the file that mediabunny keeps in memory for each input, besides pictures and sound frames that have
 * been read and not yet sent.
 */
const cacheBytes = 1024 * 1024
/**
 * Minimum bytes of a track that are read before its input is renewed. mediabunny 1.61 keeps in each input of an MPEG-TS
 * file one PES packet for every 48 kB that were read: with large pictures nearly the whole file.
 */
const minRenewalBytes = 32 * 1024 * 1024
/** Bytes of a track that are read, for each byte that the opening of an input has to read, before it is renewed. */
const readForOpened = 4

/** Inputs of mediabunny for one open file: one for its tracks, and for MPEG-TS others that are renewed now and then. */
export class FileInputs {
  readonly #mediabunny: MediabunnyModule
  readonly #view: FileView
  readonly #renewalBytes: number | undefined
  readonly #inputs = new Set<Mediabunny.Input>()
  #readBytes = 0

  /** @param renewalBytes - Bytes of a track after which its input is renewed. @default 32 MiB or more */
  constructor(mediabunny: MediabunnyModule, view: FileView, renewalBytes: number | undefined) {
    this.#mediabunny = mediabunny
    this.#view = view
    this.#renewalBytes = renewalBytes
  }

  /** Opens another input, which {@link close} closes at the latest. */
  open(): Mediabunny.Input {
    const source = new this.#mediabunny.CustomSource({
      getSize: () => this.#view.sizeBytes,
      read: (start, end) => {
        this.#readBytes += end - start
        return this.#view.read(start, end)
      },
      maxCacheSize: cacheBytes,
      prefetchProfile: 'fileSystem',
    })
    const input = new this.#mediabunny.Input({ source, formats: formatsOf(this.#mediabunny) })
    this.#inputs.add(input)
    return input
  }

  /**
   * Returns how inputs of the file are renewed, once the first one has read the tracks; `undefined` for a format whose
   * inputs stay small.
   */
  renewalFor(format: Mediabunny.InputFormat): SinkRenewal | undefined {
    if (!(format instanceof this.#mediabunny.MpegTsInputFormat)) return undefined
    // An announced stream without packets lets mediabunny read the whole file.
    const fewestBytes = Math.max(minRenewalBytes, readForOpened * this.#readBytes)
    const afterBytes = this.#renewalBytes ?? fewestBytes
    return { afterBytes, open: (trackId) => this.#openSink(trackId) }
  }

  /** Closes all inputs: pending reads reject. Idempotent. */
  close(): void {
    for (const input of this.#inputs) input.dispose()
    this.#inputs.clear()
  }

  async #openSink(trackId: number): Promise<OpenedSink> {
    const input = this.open()
    const close = (): void => {
      this.#inputs.delete(input)
      input.dispose()
    }
    try {
      const track = (await input.getTracks()).find(({ id }) => id === trackId)
      if (!track) throw new RangeError(`expected track ${trackId} as before, got none`)
      return { sink: new this.#mediabunny.EncodedPacketSink(track), close }
    } catch (error) {
      close()
      throw error
    }
  }
}

const formatsOf = ({
  MP4,
  QTFF,
  MATROSKA,
  WEBM,
  MPEG_TS,
  OGG,
  WAVE,
  MP3,
  ADTS,
}: MediabunnyModule) => [MP4, QTFF, MATROSKA, WEBM, MPEG_TS, OGG, WAVE, MP3, ADTS]
