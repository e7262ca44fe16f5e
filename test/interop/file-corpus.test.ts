import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { fileMedia } from 'rtspool/file'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { reasonToSkip } from '../../scripts/programs.mjs'
import { type Comparison, comparePlayed } from './support/corpus/compare.js'
import { Corpus } from './support/corpus/maker.js'
import type { Recipe } from './support/corpus/recipe.js'
import { fragmentRecipes, mp4Recipes } from './support/corpus/recipes-mp4.js'
import { otherRecipes } from './support/corpus/recipes-other.js'
import { transportStreamRecipes } from './support/corpus/recipes-ts.js'
import { endPrograms } from './support/process.js'
import { requirePrograms } from './support/programs.js'
import { type RunningLibrary, startServer } from './support/server.js'

/** `npm run corpus` plays all files in both ways; the test of every day plays some, on demand. */
const isWhole = process.env.RTSPOOL_CORPUS === 'all'
const only = process.env.RTSPOOL_CORPUS_ONLY
const all: readonly Recipe[] = [
  ...mp4Recipes,
  ...fragmentRecipes,
  ...transportStreamRecipes,
  ...otherRecipes,
]
/** An ffmpeg of version 7 or later among the newer players, for files that older ones do not write. */
function newFfmpeg(): string | undefined {
  const cache = fileURLToPath(new URL('../../node_modules/.cache/rtspool', import.meta.url))
  try {
    const found = readdirSync(cache).find((entry) => entry.startsWith('players-'))
    return found && `${cache}/${found}/bin/ffmpeg`
  } catch {
    return undefined
  }
}

/** An older ffmpeg cannot write some files: `npm run test:players` has a newer one, and plays them. */
const canMake = ({ needsNewFfmpeg }: Recipe): boolean =>
  !needsNewFfmpeg || newFfmpeg() !== undefined
const recipes = all.filter(
  (recipe) =>
    canMake(recipe) && (only ? new RegExp(only).test(recipe.name) : isWhole || recipe.isShort),
)
const ways = isWhole ? ['d', 's'] : ['d']
/** Sound that a decoder may keep for itself at the beginning or the end. */
const tolerableSeconds = 0.15
const atATime = 6

const tags = ['M-A', 'M-G', 'M-K', 'M-L', 'M-M', 'M-N', 'M-O']

describe('the corpus of files', { tags }, () => {
  let server: RunningLibrary
  let corpus: Corpus
  const comparisons: Comparison[] = []
  const failures: string[] = []
  beforeAll(async () => {
    server = await startServer()
    corpus = await Corpus.create(newFfmpeg())
    if (reasonToSkip('ffmpeg', 'ffprobe')) return
    const left = [...recipes]
    await Promise.all(Array.from({ length: atATime }, () => playAll(left)))
  }, 1_800_000)
  afterAll(async () => {
    await server.close()
    await endPrograms()
    await corpus.remove()
    if (isWhole || only) console.table(comparisons)
  })

  async function playAll(left: Recipe[]): Promise<void> {
    for (let recipe = left.shift(); recipe; recipe = left.shift()) {
      const path = await corpus.make(recipe).catch((error: unknown) => failures.push(String(error)))
      if (typeof path !== 'string') continue
      for (const way of ways) {
        const mount = `/${way}/${recipe.name}`
        server.server.mounts.add(mount, fileMedia(path, { shared: way === 's' }))
        await comparePlayed(recipe, path, `${server.url}${mount}`).then(
          (comparison) => comparisons.push(comparison),
          (error: unknown) => failures.push(String(error)),
        )
      }
    }
  }

  test.for(recipes.map(({ name }) => name))(
    '%s arrives as ffmpeg shows the file',
    (name, context) => {
      requirePrograms(context, 'ffmpeg', 'ffprobe')
      const found = comparisons.filter((comparison) => comparison.name.endsWith(`/${name}`))
      const faults = failures.filter((failure) => failure.includes(`/${name}`))
      expect(faults).toEqual([])
      expect(found).toHaveLength(ways.length)
      for (const { missing, wrong, missingSoundSeconds, received, soundSeconds } of found) {
        expect({ missing, wrong }).toEqual({ missing: 0, wrong: 0 })
        expect(missingSoundSeconds).toBeLessThanOrEqual(tolerableSeconds)
        expect(received + soundSeconds).toBeGreaterThan(0)
      }
    },
  )
})
