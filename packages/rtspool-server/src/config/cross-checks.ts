import { matchesPath } from '../recording/recording-plan.js'
import { testPath } from '../test-picture.js'
import { portsOf } from './key-meta.js'
import { nameOf } from './key-schema.js'
import type { ConfigProblem, KeySources } from './problems.js'
import type { Config } from './schema.js'

/**
 * Checks the merged configuration for keys whose values exclude each other, such as TLS without a certificate.
 *
 * @param sources - Gives the place of each key for the messages.
 * @returns One problem for each mistake; empty without mistakes.
 */
export function crossProblems(config: Config, sources: KeySources): ConfigProblem[] {
  return [
    ...tlsProblems(config, sources),
    ...authProblems(config, sources),
    ...pathProblems(config, sources),
    ...sourceProblems(config, sources),
    ...recordingProblems(config, sources),
    ...liveProblems(config, sources),
    ...overloadProblems(config, sources),
    ...apiProblems(config, sources),
    ...processProblems(config, sources),
    ...clusterProblems(config, sources),
    ...relayProblems(config, sources),
  ]
}

function problem({ sourceOf }: KeySources, path: readonly string[], says: string): ConfigProblem {
  const source = sourceOf(path)
  return { path, source, says, message: `${source} ${says}` }
}

function tlsProblems({ tls, rtsp }: Config, sources: KeySources): ConfigProblem[] {
  const { keyFile, certFile } = tls
  if (keyFile !== undefined && certFile === undefined) {
    return [problem(sources, ['tls', 'keyFile'], 'needs a certificate: --tls-cert or tls.certFile')]
  }
  if (keyFile === undefined && certFile !== undefined) {
    return [problem(sources, ['tls', 'certFile'], 'needs a key: --tls-key or tls.keyFile')]
  }
  const tlsPort = ['tls', 'port']
  if (keyFile === undefined && sources.sourceOf(tlsPort) !== nameOf(tlsPort)) {
    return [problem(sources, tlsPort, 'needs a key and a certificate: --tls-key and --tls-cert')]
  }
  if (rtsp.port === false && keyFile === undefined) {
    const says = 'can be false only with TLS: the server would not listen'
    return [problem(sources, ['rtsp', 'port'], says)]
  }
  return []
}

function authProblems({ auth }: Config, sources: KeySources): ConfigProblem[] {
  const { jwksUrl, keyFile } = auth.jwt
  const isTwice = jwksUrl !== undefined && keyFile !== undefined
  const digest = digestProblem(auth)
  return [
    ...(digest === undefined ? [] : [problem(sources, ['auth', 'hook', 'digest'], digest)]),
    ...(isTwice
      ? [problem(sources, ['auth', 'jwt', 'keyFile'], 'and auth.jwt.jwksUrl exclude each other')]
      : []),
    ...rulesProblems({ auth }, sources),
  ]
}

/** Returns the reason for which no client could log in by Digest with the hook; `undefined` if there is none. */
function digestProblem({ hook, algorithms }: Config['auth']): string | undefined {
  if (!hook.digest) return undefined
  if (hook.url === undefined) return 'needs a hook: --auth-hook or auth.hook.url'
  if (!hook.credentials.includes('user')) return 'needs user in auth.hook.credentials'
  return algorithms.length === 0 ? 'needs SHA-256 or MD5 in auth.algorithms' : undefined
}

function rulesProblems({ auth }: Pick<Config, 'auth'>, sources: KeySources): ConfigProblem[] {
  if (auth.rules === undefined) return []
  const says = 'and auth.rules exclude each other'
  const problems: ConfigProblem[] = []
  if (auth.publishers) problems.push(problem(sources, ['auth', 'publishers'], says))
  if (auth.publicRead) problems.push(problem(sources, ['auth', 'publicRead'], says))
  return problems
}

function apiProblems({ api, webhooks, tls }: Config, sources: KeySources): ConfigProblem[] {
  const problems: ConfigProblem[] = []
  if (api.tls && tls.keyFile === undefined) {
    const says = 'needs a key and a certificate: --tls-key and --tls-cert'
    problems.push(problem(sources, ['api', 'tls'], says))
  }
  if (webhooks.urls.length > 0 && api.port === undefined) {
    problems.push(problem(sources, ['webhooks', 'urls'], 'needs a port: --api-port or api.port'))
  }
  return problems
}

/** Finds secrets that are given twice. */
function clusterProblems({ cluster }: Config, sources: KeySources): ConfigProblem[] {
  const { url, urlFile, key, keyFile, idKeys, idKeysFile } = cluster
  const pairs = { url: [url, urlFile], key: [key, keyFile], idKeys: [idKeys[0], idKeysFile] }
  return Object.entries(pairs)
    .filter(([, values]) => !values.includes(undefined))
    .map(([name]) =>
      problem(sources, ['cluster', `${name}File`], `and cluster.${name} exclude each other`),
    )
}

/** Finds keys without which no request can be passed on to the server of its session. */
function relayProblems({ cluster }: Config, sources: KeySources): ConfigProblem[] {
  const { sessionsElsewhere, address, idKeys, urlFile, keyFile, idKeysFile } = cluster
  if (sessionsElsewhere === 'reject') return []
  const [url, key] = [cluster.url ?? urlFile, cluster.key ?? keyFile]
  const given = { url, key, address, idKeys: idKeys[0] ?? idKeysFile } as const
  const missing = Object.entries(given).filter(([, value]) => value === undefined)
  return missing.map(([name]) =>
    problem(sources, ['cluster', 'sessionsElsewhere'], `can be relay only with cluster.${name}`),
  )
}

/** Finds keys whose values need one process, while the configuration has several. */
function processProblems(config: Config, sources: KeySources): ConfigProblem[] {
  const { cluster, multicast, recordings, rtsp } = config
  const { processes } = cluster
  if (processes === 1) return []
  const problems: ConfigProblem[] = []
  const refuse = (path: readonly string[], says: string): void => {
    problems.push(problem(sources, path, says))
  }
  const own = ['cluster', 'processes']
  if (cluster.url !== undefined) refuse(own, 'and cluster.url exclude each other')
  if (cluster.urlFile !== undefined) refuse(own, 'and cluster.urlFile exclude each other')
  if (multicast.groups.length > 0) {
    refuse(own, 'and multicast.groups exclude each other: each process would send to the groups')
  }
  if (Object.keys(recordings).length > 0) {
    refuse(own, 'and recordings exclude each other: each process would write the same files')
  }
  const [first, last] = (rtsp.udpPorts !== false && portsOf(rtsp.udpPorts)) || [0, 0]
  const pairs = Math.floor((last + 1 - (first + (first % 2))) / 2)
  if (rtsp.udpPorts !== false && pairs < processes) {
    refuse(['rtsp', 'udpPorts'], `needs a pair of ports for each of ${processes} processes`)
  }
  return problems
}

function pathProblems({ paths, testPicture }: Config, sources: KeySources): ConfigProblem[] {
  const problems: ConfigProblem[] = []
  for (const [path, { file, timeline }] of Object.entries(paths)) {
    if (file === undefined) continue
    const place = ['paths', path, 'file']
    if (path.endsWith('/*')) {
      problems.push(problem(sources, place, 'needs a path of its own, without /*'))
    }
    if (timeline !== undefined) {
      problems.push(problem(sources, place, 'and timeline exclude each other'))
    }
    if (path === testPath && testPicture) {
      problems.push(problem(sources, place, 'and testPicture exclude each other'))
    }
  }
  return problems
}

function sourceProblems(config: Config, keys: KeySources): ConfigProblem[] {
  return Object.keys(config.sources).flatMap((path) => {
    const place = ['sources', path]
    const isFile = config.paths[path]?.file !== undefined
    if (isFile) return [problem(keys, place, `and paths.${path}.file exclude each other`)]
    const isTest = path === testPath && config.testPicture
    return isTest ? [problem(keys, place, 'and testPicture exclude each other')] : []
  })
}

function recordingProblems(config: Config, sources: KeySources): ConfigProblem[] {
  const { recordings, replay, paths, testPicture } = config
  const isTaken =
    replay.path !== false &&
    (paths[replay.path]?.file !== undefined || (testPicture && replay.path === testPath))
  return [
    ...Object.entries(recordings).flatMap(([name, { startSource, path }]) =>
      startSource && path.endsWith('/*')
        ? [problem(sources, ['recordings', name, 'startSource'], 'needs a path without /*')]
        : [],
    ),
    ...Object.entries(recordings).flatMap(([name, { when, whenPath }]) =>
      when === 'always' && whenPath !== undefined
        ? [
            problem(
              sources,
              ['recordings', name, 'whenPath'],
              'needs when: watched, published or motion',
            ),
          ]
        : [],
    ),
    ...motionProblems(config, sources),
    ...(isTaken
      ? [problem(sources, ['replay', 'path'], 'is the path of a file, too: choose another one')]
      : liveBelowReplay(config, sources)),
  ]
}

/** Finds recordings with `when: motion` whose path is that of no camera with ONVIF. */
function motionProblems({ recordings, sources }: Config, keys: KeySources): ConfigProblem[] {
  const cameras = Object.entries(sources).filter(([, { pull }]) => pull?.onvif !== undefined)
  return Object.entries(recordings).flatMap(([name, { when, whenPath, path }]) => {
    const hasCamera = cameras.some(([at]) => matchesPath(whenPath ?? path, at))
    if (when !== 'motion' || hasCamera) return []
    const says = `needs a source at ${whenPath ?? path} with pull.onvif, the URL of a camera`
    return [problem(keys, ['recordings', name, 'when'], says)]
  })
}

/**
 * Finds a path of live media below `replay.path`, at which recordings are played. The server would take requests for
 * such a path as requests for a recording.
 *
 * @returns One problem, or none.
 */
function liveBelowReplay(
  { recordings, replay, paths, sources, publish }: Config,
  keys: KeySources,
): ConfigProblem[] {
  const recorded = Object.values(recordings).map(({ path }) => path)
  if (replay.path === false || recorded.length === 0) return []
  const prefix = `${replay.path}/`
  const files = Object.entries(paths).filter(([, { file }]) => file !== undefined)
  const live = [
    ...recorded,
    ...Object.keys(sources),
    ...files.map(([path]) => path),
    ...publish.paths,
  ].find((path) => `${path}/`.startsWith(prefix))
  if (live === undefined) return []
  const says = `is above ${live}, which is live: choose another one`
  return [problem(keys, ['replay', 'path'], says)]
}

function liveProblems({ live, tls }: Config, sources: KeySources): ConfigProblem[] {
  if (live.port === false || !live.tls || tls.keyFile !== undefined) return []
  const says = 'needs a key and a certificate: --tls-key and --tls-cert'
  return [problem(sources, ['live', 'tls'], says)]
}

function overloadProblems({ overload }: Config, sources: KeySources): ConfigProblem[] {
  const { saveAbove, refuseAbove, shedAbove } = overload
  if (saveAbove === 1) {
    return [
      problem(sources, ['overload', 'saveAbove'], 'must be below 1; enabled: false turns it off'),
    ]
  }
  if (refuseAbove < saveAbove) {
    return [problem(sources, ['overload', 'refuseAbove'], 'must not be below saveAbove')]
  }
  if (shedAbove < refuseAbove) {
    return [problem(sources, ['overload', 'shedAbove'], 'must not be below refuseAbove')]
  }
  return []
}
