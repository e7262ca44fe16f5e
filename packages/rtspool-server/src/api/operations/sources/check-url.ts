import type { AddressInfo } from 'node:net'
import { networkInterfaces } from 'node:os'
import { parseClientUrl } from 'rtspool/client'
import { Networks } from '../../../access/networks.js'
import { addressIn, isPullUrl, pullUrlText } from '../../../config/sections/sources/pull.js'
import { loginOf } from '../../../sources/pull/pull-plan.js'
import type { ControlledServer } from '../../controlled-server.js'
import { Problem } from '../../problem.js'
import type { PullChanges } from './save-source.js'

/**
 * Checks the URLs in a change of a source: the main URL, and the failover URLs that replace it while it has no stream.
 *
 * @throws {Problem} `invalid-request`
 */
export function checkUrls(server: ControlledServer, { url, failover = [] }: PullChanges): void {
  if (url !== undefined) checkUrl(server, url, 'body.url')
  for (const [index, each] of failover.entries()) checkUrl(server, each, `body.failover.${index}`)
}

/**
 * Checks the URL of a stream that a caller of the control API wants the server to pull. The URL needs a numeric address
 * in `api.sourceNetworks`, no user or password, and must not lead to this server.
 *
 * @throws {Problem} `invalid-request`
 */
function checkUrl({ configuration, rtsp }: ControlledServer, url: string, where: string): void {
  const refuse = (expected: string): never => {
    const wrong = [{ where, expected, got: 'another URL, which is not shown' }]
    throw new Problem('invalid-request', `${where}: expected ${expected}`, { wrong })
  }
  const place = isPullUrl(url) ? parseClientUrl(url) : undefined
  if (!place) {
    refuse(pullUrlText)
    return
  }
  if (place.credentials) refuse('a URL without user and password, which are apart')
  const address = addressIn(url)
  if (address === undefined) {
    refuse('a numeric address; the file may have names')
    return
  }
  const { sourceNetworks } = configuration.reloader.current.config.api
  if (!new Networks(sourceNetworks).has(address)) {
    refuse(`an address in api.sourceNetworks: ${sourceNetworks.join(', ') || 'none'}`)
  }
  const ownPort = portOf(() => (place.isSecure ? rtsp.tlsAddress() : rtsp.address()))
  if (place.port === ownPort && isOwnAddress(address)) refuse('another server than this one')
}

/** Returns whether an address, in any notation, belongs to this machine. */
function isOwnAddress(address: string): boolean {
  const own = Object.values(networkInterfaces()).flatMap((all) => all ?? [])
  const always = ['127.0.0.0/8', '::1', '0.0.0.0', '::']
  return new Networks([...always, ...own.map((each) => each.address)]).has(address)
}

/**
 * Returns the number of one port of this server; `undefined` if the server has no such port.
 *
 * @param address - Function of the library that throws if the port is not open.
 */
function portOf(address: () => AddressInfo): number | undefined {
  try {
    return address().port
  } catch {
    return undefined
  }
}

/**
 * Refuses a change of a source's URLs to another host without a password. Otherwise the saved password would be sent to
 * a host of the caller's choice.
 *
 * @throws {Problem} `invalid-request`
 */
export function requirePassword(
  { sources }: ControlledServer,
  path: string,
  next: PullChanges,
): void {
  const plan = sources.plans.find((each) => each.path === path)
  if (plan?.kind !== 'pull' || next.password !== undefined) return
  // A new URL has no login, and the login in the old URL is dropped.
  const saved = next.url === undefined ? loginOf(plan).password : plan.password
  if (saved === undefined) return
  // A spare URL with a login of its own has never been sent the saved password.
  const spares = plan.failover.filter((each) => parseClientUrl(each)?.credentials === undefined)
  const known = [plan.url, ...spares]
  const wanted = [next.url ?? plan.url, ...(next.failover ?? [])]
  if (wanted.every((url) => known.some((each) => isSamePlace(each, url)))) return
  const expected = 'the password, because a URL has another host'
  const wrong = [{ where: 'body.password', expected, got: 'nothing' }]
  throw new Problem('invalid-request', `body.password: expected ${expected}`, { wrong })
}

/** Returns whether two URLs of streams lead to the same host and port. */
function isSamePlace(one: string, other: string): boolean {
  const [left, right] = [parseClientUrl(one), parseClientUrl(other)]
  return left !== undefined && left.host === right?.host && left.port === right.port
}
