import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Program } from '../process.js'
import type { CorpusMaker, Recipe } from './recipe.js'
import { sourceArguments } from './sources.js'

const run = promisify(execFile)
const quiet = ['-hide_banner', '-nostdin', '-loglevel', 'error', '-y']
const longestMakingMs = 30_000

/** A directory of files that ffmpeg makes, removed at the end. */
export class Corpus implements CorpusMaker {
  readonly #directory: string
  readonly #newFfmpeg: string | undefined
  readonly #sources = new Map<string, Promise<string>>()

  private constructor(directory: string, newFfmpeg: string | undefined) {
    this.#directory = directory
    this.#newFfmpeg = newFfmpeg
  }

  /** @param newFfmpeg - Path of an ffmpeg of version 7 or later, where there is one. */
  static async create(newFfmpeg: string | undefined): Promise<Corpus> {
    return new Corpus(await mkdtemp(join(tmpdir(), 'rtspool-corpus-')), newFfmpeg)
  }

  /** @returns Path of the new file; `undefined` when it needs a program that is not here. */
  async make(recipe: Recipe): Promise<string | undefined> {
    if (recipe.needsNewFfmpeg && this.#newFfmpeg === undefined) return undefined
    const path = join(this.#directory, recipe.name)
    await recipe.make(this, path)
    return path
  }

  source(name: string): Promise<string> {
    let making = this.#sources.get(name)
    if (!making) {
      const path = this.scratch(name)
      making = this.ffmpeg(...sourceArguments(name), path).then(() => path)
      this.#sources.set(name, making)
    }
    return making
  }

  scratch(name: string): string {
    return join(this.#directory, `source-${name}`)
  }

  async ffmpeg(...args: readonly string[]): Promise<void> {
    // One thread: what is encoded does not depend on the machine.
    await run('ffmpeg', [...quiet, ...args.slice(0, -1), '-threads', '1', ...args.slice(-1)])
  }

  async newFfmpeg(killAfterMs: number | undefined, ...args: readonly string[]): Promise<void> {
    const program = new Program(this.#newFfmpeg ?? 'ffmpeg', [...quiet, ...args])
    await program.ended(killAfterMs ?? longestMakingMs)
  }

  read(path: string): Promise<Buffer> {
    return readFile(path)
  }

  write(path: string, bytes: Uint8Array): Promise<void> {
    return writeFile(path, bytes)
  }

  async remove(): Promise<void> {
    await rm(this.#directory, { recursive: true })
  }
}
