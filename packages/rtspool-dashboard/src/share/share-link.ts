import type { LiveConnection } from '../live/index.js'

/** Sentences for viewers of a link, by the reason for an end. */
export const shareTexts = {
  incomplete: 'This link is not complete: open all of it.',
  kicked: 'The owner of this picture has ended the view.',
  authorizationExpired: 'This link has ended.',
  ERR_SESSION_POOL_FULL: 'This link has no room for another viewer at the moment.',
} as const

const secretPattern = /^#(share_[\w-]{43})$/

/**
 * Returns the WebSocket of a share link. The secret is in the fragment, which browsers send to no server, and goes into a
 * subprotocol, which no server writes to its log.
 *
 * @param address - Address of the page.
 * @returns `undefined` for an address without a whole secret.
 */
export function shareConnection({
  protocol,
  host,
  hash,
}: Pick<Location, 'protocol' | 'host' | 'hash'>): LiveConnection | undefined {
  const secret = secretPattern.exec(hash)?.[1]
  if (secret === undefined) return undefined
  const url = `${protocol === 'https:' ? 'wss' : 'ws'}://${host}/`
  return { url, protocols: ['rtspool.live', `share.${secret}`] }
}
