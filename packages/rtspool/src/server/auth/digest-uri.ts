import { RtspError } from '../../errors.js'
import type { RequestTarget } from '../request/target.js'
import { parseTarget } from '../request/target.js'

/**
 * Returns whether the `uri` of a Digest names the resource of the request. The host may differ,
 * because addresses are translated on the way. Clients write the same resource in several ways:
 *
 * - the base URL with or without a trailing slash, also on a SETUP of a track (VLC 3.0);
 * - the path alone, with or without a leading slash (HappyTime, Bosch BVMS);
 * - the control URI alone, as it stands in the description.
 *
 * @param requestUri - Request URI as received.
 * @param target - Request URI, parsed; `undefined` for `*`.
 */
export function isSameUri(
  digestUri: string,
  requestUri: string,
  target: RequestTarget | undefined,
): boolean {
  if (digestUri === requestUri) return true
  if (!target || digestUri === '') return false
  return candidatesOf(digestUri, target).some((candidate) => isSameResource(candidate, target))
}

function candidatesOf(digestUri: string, target: RequestTarget): string[] {
  if (digestUri.startsWith('/') || digestUri.includes('://')) return [digestUri]
  const base = target.presentation.endsWith('/') ? target.presentation : `${target.presentation}/`
  return [`/${digestUri}`, `${base}${digestUri}`]
}

function isSameResource(uri: string, target: RequestTarget): boolean {
  const named = parseLeniently(uri)
  return named?.path === target.path && named.query === target.query
}

function parseLeniently(uri: string): RequestTarget | undefined {
  try {
    return parseTarget(uri)
  } catch (error) {
    if (error instanceof RtspError) return undefined
    throw error
  }
}
