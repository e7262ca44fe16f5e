/** Tags of tests: one for each row of the checklist, each threat and each fault, and one for generators; vitest refuses every other tag. */
import { chapters, idsOf } from './checklist.mjs'
import { faults } from './faults.mjs'
import { threats } from './threats.mjs'

const rows = chapters.flatMap((chapter) =>
  idsOf(chapter).map((name) => ({ name, description: chapter.title })),
)

const sentences = [threats, faults]
  .flatMap((page) => Object.values(page))
  .flatMap((chapter) => Object.entries(chapter))
  .map(([name, description]) => ({ name, description }))

/** Tag of a test that makes its inputs by a rule or at random, beside the id of what they are inputs of. */
export const generatorTag = 'generator'

export const testTags = [
  ...rows,
  ...sentences,
  { name: generatorTag, description: 'makes its inputs by a rule or at random' },
]
