import { fileURLToPath, pathToFileURL } from 'node:url'

const built = fileURLToPath(new URL('../../packages/rtspool/dist/', import.meta.url))

/** Loads an entry of the library: of this build, or of that in `RTSPOOL_DIST`. */
export const library = (entry) =>
  import(pathToFileURL(`${process.env.RTSPOOL_DIST ?? built}/${entry}`).href)
