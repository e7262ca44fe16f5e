/** Host and port of a server. */
export interface ServerAddress {
  readonly host: string
  readonly port: number
}

/** User and password for a server; a member is missing if the server needs none. */
export interface ServerLogin {
  readonly username?: string
  readonly password?: string
}

/** Servers that know which server has the keys: sentinels, or members of a Redis Cluster. */
export interface ServerGroup {
  readonly kind: 'sentinel' | 'cluster'
  readonly servers: readonly ServerAddress[]
  /** Name of the master that the sentinels watch; empty for a Redis Cluster. */
  readonly master: string
  /** True if all connections use TLS. */
  readonly isSecure: boolean
  /** Login at the servers of Redis. */
  readonly login: ServerLogin
  /** Login at the sentinels. */
  readonly sentinelLogin: ServerLogin
}

/** Place of Redis: the URL of one server, the path of a socket of this machine, or a group of servers. */
export type RedisAddress = { readonly url: string } | { readonly path: string } | ServerGroup

const groupPattern =
  /^(rediss?)\+(sentinel|cluster):\/\/(?:([^/?#@]*)@)?([^/?#@]+)(?:\/([^/?#]*))?(?:\?([^#]*))?$/
const serverPattern = /^(?:\[([\da-f:.]+)\]|([^\s:[\]]+))(?::(\d+))?$/i
const defaultPorts = { sentinel: 26_379, cluster: 6379 } as const
const maxPort = 65_535
const several = 'redis+sentinel://HOST:PORT,HOST:PORT/MASTER or redis+cluster://HOST:PORT,HOST:PORT'
const expected = `redis://127.0.0.1:6379, unix:///run/redis.sock, ${several}`

/**
 * Reads the address of Redis.
 *
 * @param name - Name of the option.
 * @throws {TypeError} never shows the address, which may contain a password.
 */
export function readRedisAddress(name: string, url: unknown): RedisAddress {
  const text = typeof url === 'string' ? url : ''
  try {
    const address = readGroup(text) ?? readServer(text)
    if (address !== undefined) return address
  } catch {
    // A percent sign without its two digits.
  }
  throw new TypeError(`${name} must be an address such as ${expected}`)
}

function readServer(text: string): RedisAddress | undefined {
  if (!URL.canParse(text) || !/^(rediss?:\/\/.|unix:\/\/\/.)/.test(text)) return undefined
  if (text.startsWith('unix:')) return { path: decodeURIComponent(new URL(text).pathname) }
  return { url: text }
}

function readGroup(text: string): ServerGroup | undefined {
  const [, scheme, word, userInfo, hosts = '', path, query] = groupPattern.exec(text) ?? []
  if (scheme === undefined) return undefined
  const kind = word as ServerGroup['kind']
  const master = decodeURIComponent(path ?? '')
  // Sentinels watch masters by their names; a Redis Cluster has none.
  if ((master === '') === (kind === 'sentinel')) return undefined
  // A plus sign is one, as in the login of Redis, and no space.
  const {
    sentinel_username: user,
    sentinel_password: password,
    ...others
  } = Object.fromEntries(new URLSearchParams(query?.replaceAll('+', '%2B')))
  if (Object.keys(others).length > 0) return undefined
  const servers = hosts.split(',').flatMap((host) => serverOf(host, defaultPorts[kind]) ?? [])
  if (servers.length < hosts.split(',').length) return undefined
  const [name = '', ...rest] = (userInfo ?? '').split(':')
  return {
    ...{ kind, servers, master, isSecure: scheme === 'rediss' },
    login: loginOf(decodeURIComponent(name), decodeURIComponent(rest.join(':'))),
    sentinelLogin: loginOf(user, password),
  }
}

function serverOf(text: string, defaultPort: number): ServerAddress | undefined {
  const [, ip6, host = ip6, port = defaultPort] = serverPattern.exec(text) ?? []
  if (host === undefined || Number(port) > maxPort) return undefined
  return { host, port: Number(port) }
}

const loginOf = (username = '', password = ''): ServerLogin => ({
  ...(username !== '' && { username }),
  ...(password !== '' && { password }),
})
