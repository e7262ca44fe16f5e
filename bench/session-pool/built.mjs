// The build that is measured: RTSPOOL_DIST names another one, for example that of the commit before.
import { pathToFileURL } from 'node:url'

const built = process.env.RTSPOOL_DIST
  ? pathToFileURL(`${process.env.RTSPOOL_DIST}/session/index.js`).href
  : 'rtspool/session-pool'

export const { SessionPool, RandomIdCodec } = await import(built)
