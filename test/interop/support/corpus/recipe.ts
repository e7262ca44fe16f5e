/** How a file of the corpus is made: programs, one after another, and what is done to bytes. */
export interface Recipe {
  /** Name of the file; the ending says which container. */
  readonly name: string
  /** Whether the short form of the test has it. */
  readonly isShort?: boolean
  /** Makes the file, by its path, out of the sources. */
  readonly make: (maker: CorpusMaker, path: string) => Promise<void>
  /** A newer ffmpeg is needed; without one the file is left out. */
  readonly needsNewFfmpeg?: boolean
  /** Streams that cannot be sent, and are not. @default none */
  readonly without?: readonly ('video' | 'audio')[]
}

/** What recipes make files with. */
export interface CorpusMaker {
  /** Path of a source, made once: see `sources.ts`. */
  source(name: string): Promise<string>
  /** A path for something between source and file. */
  scratch(name: string): string
  ffmpeg(...args: readonly string[]): Promise<void>
  /** ffmpeg 7 or later, ended without mercy after some seconds where `killAfterMs` says so. */
  newFfmpeg(killAfterMs: number | undefined, ...args: readonly string[]): Promise<void>
  read(path: string): Promise<Buffer>
  write(path: string, bytes: Uint8Array): Promise<void>
}

type Args = (maker: CorpusMaker) => Promise<readonly string[]>

/** A file that one call of ffmpeg makes of a source. */
export const remuxed = (
  name: string,
  source: string,
  args: string,
  options: Partial<Recipe> & { readonly input?: string } = {},
): Recipe => {
  const { input = '', ...rest } = options
  const make: Args = async (maker) => [
    ...words(input),
    '-i',
    await maker.source(source),
    ...words(args),
  ]
  return { name, make: async (maker, path) => maker.ffmpeg(...(await make(maker)), path), ...rest }
}

/** A file whose bytes are those of sources, changed. */
export const patched = (
  name: string,
  sources: readonly string[],
  patch: (...bytes: Buffer[]) => Buffer,
  options: Partial<Recipe> = {},
): Recipe => ({
  name,
  make: async (maker, path) => {
    const bytes = await Promise.all(sources.map(async (it) => maker.read(await maker.source(it))))
    await maker.write(path, patch(...bytes))
  },
  ...options,
})

export const words = (text: string): string[] => text.split(' ').filter((word) => word !== '')
