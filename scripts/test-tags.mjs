/** Tags of tests: one for each row of the checklist, each threat and each fault; vitest refuses every other tag. */
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

export const testTags = [...rows, ...sentences]
