import type { LiveConnection } from '../live/index.js'

/** Sentences for viewers of a share link, by the reason for which the stream has ended or was refused. */
export const shareTexts = {
  incomplete: 'This link is not complete: open all of it.',
  kicked: 'The owner of this picture has ended the view.',
  authorizationExpired: 'This link has ended.',
  ERR_SESSION_POOL_FULL: 'This link has no room for another viewer at the moment.',
} as const

const secretPattern = /^#(share_[\w-]{43})$/

/**
 * Returns the parameters of the WebSocket for a share link. The secret of the link is in the fragment of the URL, which
 * browsers do not send. The WebSocket sends the secret as a subprotocol, which servers do not log.
 *
 * @param address - URL of the page.
 * @returns `undefined` for a URL without a complete secret.
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
