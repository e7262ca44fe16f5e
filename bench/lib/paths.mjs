import { fileURLToPath } from 'node:url'

export const benchDirectory = fileURLToPath(new URL('..', import.meta.url))
/** Compiled programs, the test clip and JSON results; not under version control. */
export const resultsDirectory = fileURLToPath(new URL('../results', import.meta.url))
