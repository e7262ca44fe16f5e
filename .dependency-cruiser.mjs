/**
 * Folders are layers, and imports point down only. `scripts/check-imports.mjs` runs these rules, after it has
 * shown for each of them that it catches what it forbids.
 */

const src = '^packages/rtspool/src'
const command = '^packages/rtspool-server/src'
const conform = '^packages/rtspool-conform/src'

/** What users import or run. */
const entries = [
  `${src}/(index|session-pool/index|testing/index|media/(file|push)/index|public/rts?p|(client|relay|cluster)/index)\\.ts$`,
  // A worker runs it.
  `${src}/transport/worker/send-worker\\.ts$`,
  `${command}/(main|live/index)\\.ts$`,
  `${conform}/(index|command-line/index)\\.ts$`,
].join('|')

/** The layers over bytes and values: pure, and apart from one another but for what is built upon another. */
const formats = ['rtsp', 'sdp', 'rtp', 'rtcp', 'srtp', 'mikey', 'http', 'auth']

/** Leaves: they may be imported from everywhere, and import nothing but leaves in front of them in this list. */
const leaves = [
  'bytes',
  'errors',
  'backoff',
  'clock',
  'listeners',
  'option-checks',
  'host-of',
  'address-prefix',
  'inspection',
  'public-id',
  'session-data',
]

/** What each layer may import apart from itself: folders, and leaves by name. */
const layers = {
  rtsp: { folders: [], leaves: ['errors'] },
  sdp: { folders: [], leaves: ['bytes', 'errors', 'option-checks'] },
  rtp: { folders: [], leaves: ['errors'] },
  rtcp: { folders: [], leaves: ['errors'] },
  srtp: { folders: ['rtp'], leaves: ['errors'] },
  mikey: { folders: ['srtp'], leaves: ['errors'] },
  http: { folders: [], leaves: ['errors'] },
  auth: { folders: [], leaves: [] },
  'session-pool': { folders: [], leaves },
  public: { folders: ['rtp', 'rtsp', 'sdp', 'session-pool'], leaves },
  transport: { folders: formats, leaves },
  media: { folders: [...formats, 'public', 'transport'], leaves },
  server: { folders: [...formats, 'public', 'transport', 'media', 'session-pool'], leaves },
  client: { folders: [...formats, 'public', 'transport'], leaves },
  relay: { folders: [...formats, 'public', 'transport', 'media', 'client'], leaves },
  cluster: { folders: ['session-pool'], leaves },
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

/**
 * The rooms of each folder, from the top floor to the ground; the empty name is the folder itself. A room imports from floors
 * below its own, and those files of the folder itself that `files` names.
 */
const houses = [
  {
    folder: `${src}/server`,
    floors: [
      [''],
      ['door'],
      ['connection'],
      ['handlers'],
      ['setup'],
      ['auth', 'key-mgmt', 'sources'],
      ['request'],
      ['liveness', 'overload'],
    ],
    files: ['admit-hook', 'server-options', 'stream-stats', 'path-hooks', 'unknown-session-hook'],
  },
  {
    folder: `${src}/media`,
    floors: [
      ['file', 'push', 'streams'],
      [''],
      ['gap'],
      ['track'],
      ['coded', 'fan-out', 'timeline'],
    ],
    files: [],
  },
  {
    folder: `${src}/media/file`,
    floors: [[''], ['iso', 'matroska', 'tracks', 'ts']],
    files: ['beginnings', 'file-failure', 'file-view'],
  },
  { folder: `${src}/media/push`, floors: [[''], ['formats']], files: [] },
  {
    folder: `${src}/transport`,
    floors: [['multicast', 'tunnel', 'worker'], ['tcp', 'udp'], ['threads'], ['system']],
    files: [],
  },
  {
    folder: `${src}/rtp`,
    floors: [[''], ['payloader'], ['codec']],
    files: ['packet', 'payload-kinds', 'sequence'],
  },
  {
    folder: `${src}/session-pool`,
    floors: [[''], ['admission'], ['bans', 'listing'], ['structures']],
    files: [
      ...[
        'session',
        'session-data',
        'session-groups',
        'session-init',
        'session-media',
        'session-owner',
        'session-state',
      ],
      ...['session-pool-stats', 'session-registry'],
    ],
  },
  {
    folder: `${src}/cluster`,
    floors: [[''], ['memory', 'node', 'redis']],
    files: ['cluster-store', 'peer-tokens', 'relayed-requests', 'store-options'],
  },
  { folder: `${src}/testing`, floors: [[''], ['pool-suite']], files: ['manual-clock'] },
  {
    folder: `${src}/client`,
    floors: [[''], ['publish'], ['streams'], ['connection', 'description']],
    files: ['client-error', 'client-options', 'client-url', 'rtsp-client'],
  },
  {
    folder: command,
    floors: [
      [''],
      ['api'],
      ['metrics'],
      ['control', 'options', 'health', 'users'],
      ['config'],
      ['events'],
      ['snapshots'],
      ['dashboard', 'live', 'log'],
      ['replay'],
      ['motion'],
      ['recording', 'sources'],
      ['codec'],
      ['access', 'cluster', 'fmp4', 'xml'],
    ],
    files: ['test-picture'],
  },
  {
    folder: `${command}/camera`,
    floors: [[''], ['quirks'], ['media', 'onvif', 'wire']],
    files: ['faults', 'random'],
  },
  {
    folder: conform,
    floors: [[''], ['rows'], ['carriers'], ['command-line']],
    files: [
      ...['answer', 'credentials', 'mismatch', 'npt', 'peer', 'row', 'rtp', 'sdp'],
      ...['rtp-info', 'trial'],
    ],
  },
]

const pathOfRoom = (folder, room) => (room === '' ? `${folder}/[^/]+\\.ts$` : `${folder}/${room}/`)

/** As in `server/door` or `conform/rows`. */
const nameOfRoom = (folder, room) =>
  `${folder.replace(/^\^packages\/(rtspool\/src\/|rtspool-)|\/src(?=\/|$)/g, '')}/${room}`.replace(
    /\/$/,
    '',
  )

const roomRules = houses.flatMap(({ folder, floors, files }) =>
  floors.flatMap((rooms, floor) => {
    // Nothing is above the folder itself where it has the top floor.
    if (floor === 0 && rooms[0] === '') return []
    return rooms.map((room) => {
      const below = floors.slice(floor + 1).flat()
      const allowed = [room, ...below].map((name) => pathOfRoom(folder, name))
      for (const file of files) allowed.push(`${folder}/${file}\\.ts$`)
      return {
        name: `room-${nameOfRoom(folder, room).replaceAll('/', '-')}`,
        comment: `${nameOfRoom(folder, room)} imports ${[...below, ...files].join(', ') || 'no room'} and nothing above.`,
        severity: 'error',
        from: { path: pathOfRoom(folder, room) },
        to: { path: `${folder}/`, pathNot: allowed },
      }
    })
  }),
)

/** Declarations only: what the entries refer to for whoever compiles with them. */
const nodeTypes = 'node_modules/@types/node/'

const builtin = (...names) => `^(node:)?(${names.join('|')})$`

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...layerRules,
    ...roomRules,
    ...leaves.map((leaf, index) => ({
      name: 'leaf',
      comment: 'A leaf imports nothing of the project but leaves in front of it.',
      severity: 'error',
      from: { path: `${src}/${leaf}\\.ts$` },
      to: { path: '^packages/', pathNot: `${src}/(${leaves.slice(0, index).join('|')})\\.ts$` },
    })),
    {
      name: 'file-entry',
      comment: 'media/file is an entry of its own: whoever does not ask for it does not load it.',
      severity: 'error',
      from: { path: `${src}/`, pathNot: `${src}/media/file/` },
      to: { path: `${src}/media/file/` },
    },
    {
      name: 'push-entry',
      comment: 'media/push is an entry of its own: whoever does not ask for it does not load it.',
      severity: 'error',
      from: { path: `${src}/`, pathNot: `${src}/media/push/` },
      to: { path: `${src}/media/push/` },
    },
    {
      name: 'cluster-entry',
      comment: 'cluster is an entry of its own: whoever does not ask for it does not load it.',
      severity: 'error',
      from: { path: `${src}/`, pathNot: `${src}/cluster/` },
      to: { path: `${src}/cluster/` },
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
      from: { path: `${src}/(${formats.join('|')})/`, pathNot: `${src}/(srtp|auth)/` },
      to: { dependencyTypes: ['core'], pathNot: builtin('buffer', 'util') },
    },
    {
      name: 'pure-formats-srtp',
      comment: 'SRTP and Digest are as pure; their ciphers and hashes are those of node:crypto.',
      severity: 'error',
      from: { path: `${src}/(srtp|auth)/` },
      to: { dependencyTypes: ['core'], pathNot: builtin('buffer', 'util', 'crypto') },
    },
    {
      name: 'no-runtime-dependency',
      comment: 'The library needs no package; optional ones have one place each.',
      severity: 'error',
      from: {
        path: `${src}/`,
        pathNot: `${src}/(media/file/|transport/|cluster/redis-client\\.ts$)`,
      },
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
      name: 'no-runtime-dependency-cluster',
      comment: 'rtspool/cluster connects to Redis with the optional peer @redis/client.',
      severity: 'error',
      from: { path: `${src}/cluster/redis-client\\.ts$` },
      to: { path: 'node_modules/', pathNot: `node_modules/@redis/client/|${nodeTypes}` },
    },
    {
      name: 'public-exports',
      comment: 'The command uses the other packages by name, through their public exports.',
      severity: 'error',
      from: { path: command },
      to: {
        path: '^packages/(rtspool|rtspool-conform)/|^(\\.\\./)+(rtspool|rtspool-conform)/',
        pathNot: [
          '^packages/rtspool/lib/(index|session-pool/index|media/(file|push)/index|public/rts?p|(client|relay|cluster)/index)\\.(d\\.ts|js)$',
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
    doNotFollow: { path: 'node_modules|/dist/|^packages/rtspool/lib/' },
    exclude: { path: '/test/' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['types', 'import', 'node', 'default'],
      extensions: ['.ts', '.js', '.mjs', '.d.ts'],
    },
  },
}
