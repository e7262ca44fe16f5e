/**
 * Folders are layers, and imports point down only. `scripts/check-imports.mjs` runs these rules, after it has
 * shown for each of them that it catches what it forbids.
 */

const src = '^packages/rtspool/src'
const command = '^packages/rtspool-server/src'
const conform = '^packages/rtspool-conform/src'

/** What users import or run. */
const entries = [
  `${src}/(index|session-pool/index|testing/index|media/file/index)\\.ts$`,
  `${command}/main\\.ts$`,
  `${conform}/(index|command-line/index)\\.ts$`,
].join('|')

/** The layers over bytes and values: pure, and apart from one another but for what is built upon another. */
const formats = ['rtsp', 'sdp', 'rtp', 'rtcp', 'srtp', 'mikey', 'http']

/** Leaves: they may be imported from everywhere, and import nothing. */
const leaves = ['bytes', 'errors', 'clock', 'listeners', 'option-checks', 'host-of', 'session-data']

/** What each layer may import apart from itself: folders, and leaves by name. */
const layers = {
  rtsp: { folders: [], leaves: ['errors'] },
  sdp: { folders: [], leaves: ['bytes', 'errors', 'option-checks'] },
  rtp: { folders: [], leaves: ['errors'] },
  rtcp: { folders: [], leaves: ['errors'] },
  srtp: { folders: ['rtp'], leaves: ['errors'] },
  mikey: { folders: ['srtp'], leaves: ['errors'] },
  http: { folders: [], leaves: ['errors'] },
  'session-pool': { folders: [], leaves },
  transport: { folders: formats, leaves },
  media: { folders: [...formats, 'transport'], leaves },
  server: { folders: [...formats, 'transport', 'media', 'session-pool'], leaves },
  testing: { folders: ['session-pool'], leaves },
}

const layerRules = Object.entries(layers).map(([layer, allowed]) => ({
  name: `layer-${layer}`,
  comment: `${layer}/ imports ${[...allowed.leaves, ...allowed.folders].join(', ')} and nothing else.`,
  severity: 'error',
  from: { path: `${src}/${layer}/` },
  to: {
    path: `${src}/`,
    pathNot: `${src}/(${[layer, ...allowed.folders].join('|')})/|${src}/(${allowed.leaves.join('|')})\\.ts$`,
  },
}))

/** Declarations only: what the entries refer to for whoever compiles with them. */
const nodeTypes = 'node_modules/@types/node/'

const builtin = (...names) => `^(node:)?(${names.join('|')})$`

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...layerRules,
    {
      name: 'leaf',
      comment: 'A leaf imports nothing of the project.',
      severity: 'error',
      from: { path: `${src}/(${leaves.join('|')})\\.ts$` },
      to: { path: '^packages/' },
    },
    {
      name: 'file-entry',
      comment: 'media/file is an entry of its own: whoever does not ask for it does not load it.',
      severity: 'error',
      from: { path: `${src}/`, pathNot: `${src}/media/file/` },
      to: { path: `${src}/media/file/` },
    },
    {
      name: 'session-pool-entry',
      comment:
        'The pool is used through its entry, as users do; its parts are its own, but for the hold of an open connection.',
      severity: 'error',
      from: { path: `${src}/`, pathNot: `${src}/(session-pool|testing)/` },
      to: {
        path: `${src}/session-pool/`,
        pathNot: `${src}/session-pool/(index|session-hold)\\.ts$`,
      },
    },
    {
      name: 'not-to-index',
      comment:
        'The list of public names is for users; inside, a module is imported from where it is.',
      severity: 'error',
      from: { path: `${src}/` },
      to: { path: `${src}/index\\.ts$` },
    },
    {
      name: 'sockets',
      comment: 'Sockets live in transport/ and server/.',
      severity: 'error',
      from: { path: `${src}/`, pathNot: `${src}/(transport|server)/` },
      to: { path: builtin('net', 'dgram', 'tls', 'http', 'https', 'http2') },
    },
    {
      name: 'pure-formats',
      comment: 'Bytes to values and back: no I/O, no timer, no clock, no random.',
      severity: 'error',
      from: { path: `${src}/(${formats.join('|')})/`, pathNot: `${src}/srtp/` },
      to: { dependencyTypes: ['core'], pathNot: builtin('buffer', 'util') },
    },
    {
      name: 'pure-formats-srtp',
      comment: 'SRTP is as pure; its ciphers are those of node:crypto.',
      severity: 'error',
      from: { path: `${src}/srtp/` },
      to: { dependencyTypes: ['core'], pathNot: builtin('buffer', 'util', 'crypto') },
    },
    {
      name: 'no-runtime-dependency',
      comment: 'The library needs no package; optional ones have one place each.',
      severity: 'error',
      from: { path: `${src}/`, pathNot: `${src}/(media/file|transport)/` },
      to: { path: 'node_modules/', pathNot: nodeTypes, dependencyTypesNot: ['local'] },
    },
    {
      name: 'no-runtime-dependency-file',
      comment: 'rtspool/file reads its files with the optional peer mediabunny.',
      severity: 'error',
      from: { path: `${src}/media/file/` },
      to: { path: 'node_modules/', pathNot: `node_modules/mediabunny/|${nodeTypes}` },
    },
    {
      name: 'no-runtime-dependency-transport',
      comment: 'transport/ may load the optional koffi and ws.',
      severity: 'error',
      from: { path: `${src}/transport/` },
      to: { path: 'node_modules/', pathNot: 'node_modules/(koffi|ws|@types/ws)/' },
    },
    {
      name: 'public-exports',
      comment: 'The command uses the other packages by name, through their public exports.',
      severity: 'error',
      from: { path: command },
      to: {
        path: '^packages/(rtspool|rtspool-conform)/|^(\\.\\./)+(rtspool|rtspool-conform)/',
        pathNot: [
          '^packages/rtspool/dist/(index|session-pool/index|media/file/index)\\.(d\\.ts|js)$',
          '^packages/rtspool-conform/dist/(index|command-line/index)\\.(d\\.ts|js)$',
        ],
      },
    },
    {
      name: 'conform-alone',
      comment:
        'rtspool-conform shares nothing with the library: no mistake of the one hides in the other.',
      severity: 'error',
      from: { path: conform },
      to: { path: '^packages/rtspool(-server)?/|^(\\.\\./)+rtspool(-server)?/' },
    },
    {
      name: 'no-cycle',
      comment: 'No module needs itself, types included.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-orphan',
      comment: 'Every module can be reached from an entry.',
      severity: 'error',
      from: { path: entries },
      to: { path: `${src}/|${command}/|${conform}/`, pathNot: entries, reachable: false },
    },
    {
      name: 'resolvable',
      comment: 'What is imported exists.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules|/dist/' },
    exclude: { path: '/test/' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['types', 'import', 'node', 'default'],
      extensions: ['.ts', '.js', '.mjs', '.d.ts'],
    },
  },
}
