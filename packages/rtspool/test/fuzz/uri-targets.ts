import { parseRtspUri } from '../../src/rtsp/uri.js'
import { isSameUri } from '../../src/server/auth/digest-uri.js'
import { parseTarget } from '../../src/server/request/target.js'
import { refusedUris, uriCases } from '../rtsp/header-cases.js'
import { type FuzzTarget, textTarget } from './target.js'

/** Checks a path that may be appended to any root. */
function checkPath(path: string): void {
  const segments = path.split('/')
  const isSafe = path.startsWith('/') && !segments.includes('..') && !segments.includes('.')
  if (!isSafe || /[\0\\]/.test(path)) throw new Error(`not a safe path: ${JSON.stringify(path)}`)
}

/** Parsers of the names of resources. */
export const uriTargets: readonly FuzzTarget[] = [
  textTarget({
    name: 'uri',
    tags: ['B-LOOP', 'B-PATH'],
    seeds: [...uriCases, ...refusedUris],
    read: (text) => {
      const { scheme, host, port, path, query } = parseRtspUri(text)
      checkPath(path)
      return { scheme, host, port, path, query }
    },
  }),
  textTarget({
    name: 'request-target',
    tags: ['B-LOOP', 'B-PATH'],
    read: (text) => {
      const { path, query, presentation, full, trackIndex } = parseTarget(text) ?? {}
      if (path !== undefined) checkPath(path)
      return { path, query, presentation, full, trackIndex }
    },
  }),
  textTarget({
    name: 'digest-uri',
    tags: 'B-AUTH0',
    read: (text) => {
      const [digestUri = '', uri = ''] = text.split(' ')
      const target = parseTarget(uri)
      const isSame = isSameUri(digestUri, uri, target)
      if (!isSame && digestUri === uri) throw new Error('a URI is not the same as itself')
      return isSame
    },
  }),
]
