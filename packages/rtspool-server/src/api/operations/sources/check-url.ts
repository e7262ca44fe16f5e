import type { AddressInfo } from 'node:net'
import { networkInterfaces } from 'node:os'
import { Networks } from '../../../access/networks.js'
import { addressIn } from '../../../config/sections/sources/pull.js'
import type { ControlledServer } from '../../controlled-server.js'
import { Problem } from '../../problem.js'
import type { PullChanges } from './save-source.js'

/**
 * Checks the URL of a caller: it may name cameras of the networks that the configuration allows, and not this server.
 *
 * @throws {Problem} `invalid-request`
 */
export function checkUrl({ configuration, rtsp }: ControlledServer, url: string): void {
  const refuse = (expected: string): never => {
    const wrong = [{ where: 'body.url', expected, got: 'another URL, which is not shown' }]
    throw new Problem('invalid-request', `body.url: expected ${expected}`, { wrong })
  }
  const { username, password, port, protocol } = new URL(url)
  if (username !== '' || password !== '') refuse('a URL without user and password, which are apart')
  const address = addressIn(url)
  if (address === undefined) {
    refuse('a numeric address; the file may have names')
    return
  }
  const { sourceNetworks } = configuration.reloader.current.config.api
  if (!new Networks(sourceNetworks).has(address)) {
    refuse(`an address in api.sourceNetworks: ${sourceNetworks.join(', ') || 'none'}`)
  }
  const isPlain = protocol === 'rtsp:' || protocol === 'ws:'
  const ownPort = portOf(() => (isPlain ? rtsp.address() : rtsp.tlsAddress()))
  const defaultPorts: Readonly<Record<string, string>> = { 'rtsp:': '554', 'rtsps:': '322' }
  const isOwn = (port || defaultPorts[protocol]) === ownPort && isOwnAddress(address)
  if (isOwn) refuse('another server than this one')
}

/** Returns whether an address belongs to this machine. */
const isOwnAddress = (address: string): boolean =>
  /^(127\.|::1$|0\.0\.0\.0$|::$)/.test(address) ||
  Object.values(networkInterfaces()).some((all) => all?.some((each) => each.address === address))

/** Returns a port of this server; `undefined` if it does not listen there. */
function portOf(address: () => AddressInfo): string | undefined {
  try {
    return String(address().port)
  } catch {
    return undefined
  }
}

/**
 * Requires the password for another URL: whoever may change URLs must not get a kept password sent to a host of choice.
 *
 * @throws {Problem} `invalid-request`
 */
export function requirePassword(
  { sources }: ControlledServer,
  path: string,
  next: PullChanges,
): void {
  const plan = sources.plans.find((each) => each.path === path)
  if (plan?.kind !== 'pull' || next.url === undefined || next.password !== undefined) return
  if (plan.password === undefined || new URL(plan.url).host === new URL(next.url).host) return
  const expected = 'the password, because the URL has another host'
  const wrong = [{ where: 'body.password', expected, got: 'nothing' }]
  throw new Problem('invalid-request', `body.password: expected ${expected}`, { wrong })
}
