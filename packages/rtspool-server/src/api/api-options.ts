import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Environment } from '../config/environment.js'
import type { LoadedConfig } from '../config/load-config.js'
import { plainHost } from '../config/server-options.js'
import type { EventType } from '../events/event-types.js'

/** Name of the environment variable with the key that signs webhooks (events sent to other servers). */
const webhookSecretVariable = 'RTSPOOL_WEBHOOK_SECRET'

/** Name of the file with API tokens, in the folder for the state of the service. */
const tokensFileName = 'rtspool-tokens.json'

/** Port, files, lists of hosts and webhooks of the control API. */
export interface ApiOptions {
  /** TCP port of the API; 0 lets the system choose one. */
  readonly port: number
  /** Address or host name on which the API listens. */
  readonly host: string
  /** Path of the file with the hashes of the API's tokens. */
  readonly tokensFile: string
  /** Host names by which clients may call the API, besides `localhost`, `host` and IP addresses. */
  readonly allowedHosts: readonly string[]
  /**
   * Addresses and networks of HTTP proxies. The API reads the client's address from their `X-Forwarded-For` or
   * `Forwarded`.
   */
  readonly trustedProxies: readonly string[]
  /** Seconds for which a login by password is valid. */
  readonly loginLifetimeSeconds: number
  readonly mediaDownAfterSeconds: number
  /** Number of events in memory, from which a client that connects again gets the events that it has missed. */
  readonly keptEvents: number
  readonly webhooks: {
    readonly urls: readonly string[]
    /** Types of events that are sent to the webhooks; `undefined` = all. */
    readonly types: ReadonlySet<EventType> | undefined
    readonly secret: string | undefined
  }
}

/**
 * Builds the settings of the API.
 *
 * @returns `undefined` without a port.
 * @throws {Error} The file with the key of webhooks cannot be read.
 */
export function apiOptionsOf(
  loaded: Pick<LoadedConfig, 'config' | 'sourceOf'>,
  environment: Environment,
): ApiOptions | undefined {
  const { api, webhooks } = loaded.config
  if (api.port === undefined) return undefined
  // systemd names here the folder for the state of a service; `StateDirectory=` in the unit asks
  // for it.
  const folder = environment.STATE_DIRECTORY?.split(':')[0] ?? ''
  return Object.freeze({
    port: api.port,
    host: plainHost(api.host) ?? api.host,
    tokensFile: api.tokensFile ?? join(folder, tokensFileName),
    allowedHosts: api.allowedHosts,
    trustedProxies: api.trustedProxies,
    loginLifetimeSeconds: api.loginLifetime,
    mediaDownAfterSeconds: api.mediaDownAfter,
    keptEvents: api.keptEvents,
    webhooks: {
      urls: webhooks.urls,
      types: webhooks.types && new Set(webhooks.types),
      secret: secretOf(loaded) ?? environment[webhookSecretVariable],
    },
  })
}

function secretOf({
  config,
  sourceOf,
}: Pick<LoadedConfig, 'config' | 'sourceOf'>): string | undefined {
  const { secretFile } = config.webhooks
  if (secretFile === undefined) return undefined
  const source = sourceOf(['webhooks', 'secretFile'])
  try {
    const secret = readFileSync(secretFile, 'utf8').trim()
    if (secret !== '') return secret
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new Error(`${source} ${secretFile} cannot be read: ${reason}`, { cause })
  }
  throw new Error(`${source} ${secretFile} must have a key, got an empty file`)
}
