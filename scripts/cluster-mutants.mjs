/**
 * `npm run test:mutants` breaks the ledger and the node of `rtspool/cluster` on purpose, one rule at a time, and ends with 1 when
 * the model test of the cluster does not notice one of these mutants. The check of recorded histories, and the models of
 * mailboxes and streams, have mutants of their own. With words behind it: only mutants whose name has one.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import ts from 'typescript'
import { root, say } from './workspace.mjs'

const library = join(root, 'packages/rtspool')
const ledger = 'src/cluster/memory/ledger.ts'
const time = 'src/cluster/memory/ledger-time.ts'
const creditLedger = 'src/cluster/memory/credit-ledger.ts'
const directory = 'src/cluster/memory/session-directory.ts'
const banLedger = 'src/cluster/memory/ban-ledger.ts'
const member = 'src/cluster/node/cluster-member.ts'
const credits = 'src/cluster/node/leased-credits.ts'
const journal = 'src/cluster/node/directory-journal.ts'
const mailLedger = 'src/cluster/memory/mail-ledger.ts'
const mailRoom = 'src/cluster/node/mail-room.ts'
const deadNodes = 'src/cluster/memory/dead-nodes.ts'
const streamDirectory = 'src/cluster/memory/stream-directory.ts'
const streams = 'src/cluster/node/cluster-streams.ts'

/** File, text, and the text that takes its place. Each text is found exactly once. */
const mutants = {
  'a beat that was overtaken is carried out': [
    ledger,
    "if (seq <= member.seq) return { status: 'stale' }",
    '',
  ],
  'a node gives credits back after it has told': [
    credits,
    'holding.credits = Math.min(holding.credits, target)\n',
    '',
  ],
  'a node keeps credits for ever for sessions that it has refused': [
    credits,
    'isStarving || now >= holding.keptUntil',
    'false',
  ],
  'an outage lets leases expire': [time, 'step > 0 && step <= this.#maxStepMs', 'step > 0'],
  'a removal of an absent session leaves a record': [
    directory,
    'if (!entries?.delete(removal.publicId)) return',
    'entries?.delete(removal.publicId)',
    ['if (entries.size === 0)', 'if (entries?.size === 0)'],
  ],
  'a dead node keeps its credits': [ledger, 'this.credits.takePool(tag)', ''],
  'a claim is granted beyond the limit': [
    creditLedger,
    'Math.min(target - held, free)',
    '(target - held + Math.min(0, free))',
  ],
  'a dead node may write': [
    ledger,
    "if (typeof member === 'string') return { status: member }\n    // Only requests that renew a lease",
    "if (typeof member === 'string') { for (const entry of puts) this.directory.put(tag, entry); return { status: 'ok', totals: [] } }\n    // Only requests that renew a lease",
  ],
  'a clock that steps back takes time back': [time, 'step > 0 &&', 'true &&'],
  'a node under starvation asks for nothing': [
    credits,
    'live + Math.max(wanted, holding.kept)',
    'live + Math.max(isStarving ? 0 : wanted, holding.kept)',
  ],
  'a node that ends its sessions forgets their removal': [
    journal,
    'const isAnnounced = this.#sent.delete(publicId)',
    "const isAnnounced = this.#sent.delete(publicId)\n    if (reason === 'fenced') return",
  ],
  'a batch that was overtaken is carried out': [ledger, 'if (seq > member.flushSeq) {', '{'],
  'a batch is carried out again after a lost reply': [
    ledger,
    'seq > member.flushSeq',
    'seq >= member.flushSeq',
  ],
  'credits under other limits are lost with a dead node': [
    ledger,
    'this.credits.take(dead, reapBatch) && ',
    '',
  ],
  'a ledger without data grants new credits at once': [
    ledger,
    'const isWarm = now >= this.#warmEndsAt',
    'const isWarm = true',
  ],
  'a removal without its session is sent': [
    journal,
    'if (waiting === this.#unannounced) puts.push({ publicId, value })',
    '',
  ],
  'removals on their way are forgotten when the node starts afresh': [
    journal,
    '...(this.#inFlight?.removals ?? []),',
    '',
  ],
  'a join that is repeated is refused': [
    ledger,
    'member.nonce !== nonce || this.#epoch === undefined',
    'true || this.#epoch === undefined',
  ],
  'a tag is used again when nothing is left of its node': [
    deadNodes,
    'this.#dead.has(tag) || this.#gone.has(tag)',
    'this.#dead.has(tag)',
  ],
  'a ledger with older data keeps its epoch': [
    ledger,
    'answeredSeq > member.seq || answeredFlushSeq > member.flushSeq',
    'false',
  ],
  'a ledger with older data sees beats only': [
    ledger,
    ' || answeredFlushSeq > member.flushSeq',
    '',
  ],
  'a ledger with older data fences a node that joined later': [
    ledger,
    'this.#startAfresh(tag, unixTimeMs)\n    return',
    'return',
  ],
  'a ledger takes itself for one with older data': [
    ledger,
    'answeredFlushSeq > member.flushSeq',
    'answeredFlushSeq >= member.flushSeq',
  ],
  'credits that go back are not counted': [
    creditLedger,
    'if (target <= held) return this.#set(tag, key, target)',
    'if (target <= held) return held',
  ],
  'a late reply to an old beat counts': [member, 'request.seq !== this.#seq || ', ''],
  'an expired lease is not noticed under strict': [
    member,
    'if (now >= this.#safeUntil) this.#end()',
    '',
  ],
  'a removed ban leaves no trace for the nodes': [
    banLedger,
    'this.#bans.set(publicId, { version: ++this.#version, record: undefined, endsAt: 0 })',
    '',
  ],
  'events on their way are counted again when the node starts afresh': [
    journal,
    'this.#inFlight = undefined\n    this.#answeredSeq = 0',
    'for (const event of this.#inFlight?.events ?? []) this.#events.set(event.key, { ...event, endsAt: Infinity })\n    this.#inFlight = undefined\n    this.#answeredSeq = 0',
  ],
  'a node that starts afresh announces only new sessions': [
    journal,
    'for (const publicId of this.#live.keys()) this.#unsent.add(publicId)',
    '',
  ],
  'a dead node is forgotten while sessions of it are left': [
    ledger,
    'if (isDone) {',
    'if (isDone || true) {',
  ],
  'the remains of a dead node are not removed': [
    ledger,
    'reap: this.#dead.reserve(now),',
    'reap: undefined,',
  ],
  'bans are lost with the data of the ledger': [
    member,
    'this.#unknownBans = this.bans.list(now)',
    '',
  ],
  'a fenced node goes on in the bans of a ledger that has lost its data': [
    member,
    'this.bans.restart()',
    '',
  ],
  'changes of bans beyond a page are lost': [
    banLedger,
    'page.at(-1)?.[1].version ?? seen',
    'this.#version',
  ],
  'a node that has missed forgotten removals of bans keeps them': [
    banLedger,
    'const hasMissed = Number(seenText)',
    'const hasMissed = false && Number(seenText)',
  ],
  'bans are lifted until a new list has come': [
    'src/cluster/node/ban-view.ts',
    'this.#isComplete ? [',
    'reply.isBanReset ? [',
  ],
  'a node exceeds the limit of the pool while the ledger is away': [
    credits,
    'key === poolKey ? 0 : ',
    '',
  ],
  'a node exceeds limits under strict': [member, 'this.#isAway && !this.isStrict', 'this.#isAway'],
  'a node exceeds limits as long as it lives': [
    member,
    'this.#isAway = false\n    if (request.seq',
    'if (request.seq',
  ],
  'a node exceeds limits without end while the ledger is away': [
    credits,
    'Math.min(overdraft, max - credits)',
    'max - credits',
  ],
  'sessions without credits are never counted': [
    credits,
    'if (holding.live > holding.credits) this.#changed.add(demand.key)\n',
    '',
  ],
  'a node alone has more sessions than the limit': [
    credits,
    'Math.min(overdraft, max - credits)',
    'overdraft',
  ],
  'a node goes on under a tag that is taken': [
    member,
    "if (reply.status === 'taken') {\n      this.#renew()",
    "if (reply.status === 'taken') {",
  ],
}

/** Mutants that grant, use or end credits by wrong rules. An order of the ledger's steps must not explain their histories. */
const creditMutants = {
  'a beat that was overtaken is carried out': mutants['a beat that was overtaken is carried out'],
  'a node gives credits back after it has told':
    mutants['a node gives credits back after it has told'],
  'a dead node keeps its credits': mutants['a dead node keeps its credits'],
  'a claim is granted beyond the limit': mutants['a claim is granted beyond the limit'],
  'credits under other limits are lost with a dead node':
    mutants['credits under other limits are lost with a dead node'],
  'a ledger without data grants new credits at once':
    mutants['a ledger without data grants new credits at once'],
  'a join that is repeated is refused': mutants['a join that is repeated is refused'],
  'credits that go back are not counted': mutants['credits that go back are not counted'],
  'a node dies at the end of its lease': [
    ledger,
    'member.leaseEndsAt < now - this.#options.graceMs',
    'member.leaseEndsAt < now',
  ],
  'a lease is half as long as nodes believe': [
    ledger,
    'member.live = live\n    member.leaseEndsAt = now + this.#options.leaseMs',
    'member.live = live\n    member.leaseEndsAt = now + this.#options.leaseMs / 2 - this.#options.graceMs',
  ],
  'a dead node may claim credits': [
    ledger,
    "if (typeof member === 'string') return { status: member }\n    if (answeredSeq",
    "if (typeof member === 'string') return { ...{ status: 'ok', credits: claims.map(({ target }) => target), isStarving: false, version: 0, reap: undefined, bans: [] }, banCursor, isBanReset: false, hasMoreBans: false }\n    if (answeredSeq",
  ],
  'a claim is granted once more when a node joins again': [
    creditLedger,
    'if (target <= held) return',
    'if (target < held) return',
    ['Math.min(target - held, free)', 'Math.min(Math.max(1, target - held), free)'],
  ],
  'a limit has room for one more': [creditLedger, 'Math.max(0, max -', 'Math.max(0, max + 1 -'],
  'the last credit is granted twice': [
    creditLedger,
    'const free = Math.max(0,',
    'const free = Math.max((this.#granted.get(key) ?? 0) === max - 1 ? 2 : 0,',
  ],
  'a leaver keeps its place in the sum': [
    creditLedger,
    'if (granted === 0) this.#granted.delete(key)',
    'if (granted === 0 || credits < (held.get(key) ?? 0) - 2) this.#granted.delete(key)',
  ],
  'a node uses a credit more than it holds': [
    credits,
    'live >= credits + Math.max',
    'live > credits + Math.max',
  ],
  'a node exceeds limits under strict': mutants['a node exceeds limits under strict'],
  'a node exceeds limits as long as it lives': mutants['a node exceeds limits as long as it lives'],
  'a node exceeds the limit of the pool while the ledger is away':
    mutants['a node exceeds the limit of the pool while the ledger is away'],
  'a node exceeds limits without end while the ledger is away':
    mutants['a node exceeds limits without end while the ledger is away'],
  'a node takes what it asked for': [
    credits,
    'holding.credits = credits[index] ?? 0',
    'holding.credits = target',
  ],
  'a new ledger goes on in the epoch of the old one': [
    ledger,
    "if (epoch !== this.#epoch) return 'epoch'",
    '',
  ],
}

/** Mutants of the directory of streams, and of the nodes that announce streams in it. */
const streamMutants = {
  'a path of a living node is given away': [streamDirectory, 'hasLease(row.tag)', 'false'],
  'a path of a silent node stays taken': [streamDirectory, 'hasLease(row.tag)', 'true'],
  'nobody may take a path over': [streamDirectory, 'takesOver !== true && ', ''],
  'a path is given up for another node': [
    streamDirectory,
    'row?.tag !== tag || row.claim > claim',
    'row === undefined',
  ],
  'a late request gives a later publication up': [streamDirectory, ' || row.claim > claim', ''],
  'a late request replaces a later publication': [
    streamDirectory,
    "if (claim < row.claim) return { status: 'stale' }",
    '',
  ],
  'a repetition is another publication': [
    streamDirectory,
    'if (claim === row.claim) return',
    'if (claim < row.claim) return',
  ],
  'a new publication keeps the fence of the old one': [
    streamDirectory,
    'const fence = nextSerial()',
    'const fence = row?.fence ?? nextSerial()',
  ],
  'streams of dead nodes are listed': [
    streamDirectory,
    'if (!isMember(tag)) this.#rows.delete(path)',
    '',
  ],
  'the version stays when a stream comes': [streamDirectory, 'this.#version = fence', ''],
  'the version stays when a stream goes': [
    streamDirectory,
    'this.#version = nextSerial()',
    'nextSerial()',
  ],
  'the version stays when a node dies': [ledger, 'this.#version}`', '0}`'],
  'a dead node may publish': [
    ledger,
    "if (typeof member === 'string') return { status: member }\n    const now = this.time.at",
    'const now = this.time.at',
  ],
  'a node learns nothing of streams': [
    ledger,
    '...(this.#streams.version > 0 && { streams: this.#streams.version }),',
    '',
  ],
  'a node announces nothing again': [
    streams,
    'if (row === undefined) own.fence = undefined',
    'if (row === undefined) continue',
  ],
  'a node that has lost a path keeps it': [
    streams,
    'else if (row.fence > own.fence) this.#lose(path, own, row.tag)',
    '',
  ],
  'a node that is refused keeps the path': [
    streams,
    'if (holder !== undefined) this.#lose(path, own, holder)',
    'if (holder !== undefined) own.fence = 0',
  ],
  'a stream that a late request has brought back stays': [
    streams,
    'if (holder === tag && !this.#own.has(path)) this.#withdrawn.set(path, claim)',
    '',
  ],
  'a node that learns of a change does not read the list': [
    streams,
    'if (this.#view.version !== ',
    'if (this.#view.version === ',
  ],
  'a stream that has ended is not given up': [
    streams,
    'this.#withdrawn.set(path, own.claim)\n',
    '\n',
  ],
}

/** Mutants of mailboxes, and of the requests and answers of nodes through them. */
const mailMutants = {
  'messages leave a mailbox before they have been read': [
    mailLedger,
    '.slice(0, mailPage)',
    '.splice(0, mailPage)',
  ],
  'messages stay after they have been read': [mailLedger, 'serial > done', 'serial > 0 * done'],
  'a node gets the latest messages first': [mailLedger, '.slice(0, mailPage)', '.slice(-mailPage)'],
  'the last message that was read comes again': [mailLedger, 'serial > done', 'serial >= done'],
  'a mailbox takes one message more': [
    mailLedger,
    'fresh.length >= maxMails',
    'fresh.length > maxMails',
  ],
  'old messages fill a mailbox for ever': [mailLedger, '< mailMs', '< mailMs * 1e6'],
  'a message makes room before its time': [mailLedger, '< mailMs', '< mailMs / 1e6'],
  'a message grows no older while no node reaches the ledger': [
    ledger,
    'return this.#mail.send(request, unixTimeMs)',
    'return this.#mail.send(request, this.time.at(unixTimeMs))',
    [
      'this.#mail.collect(tag, done, unixTimeMs)',
      'this.#mail.collect(tag, done, this.time.at(unixTimeMs))',
    ],
  ],
  'a message grows younger when the clock steps back': [
    mailLedger,
    'ageMs: Math.abs(now - at)',
    'ageMs: now - at',
  ],
  'a node that stood still carries out what it had asked for': [
    mailRoom,
    'ageMs + lateMs',
    'ageMs',
  ],
  'a node does not learn that messages wait': [
    ledger,
    '...(this.#mail.has(tag) && { hasMail: true as const }),',
    '',
  ],
  'a message to a node that has left is accepted': [
    ledger,
    "if (!this.#members.has(request.to)) return 'gone'",
    '',
  ],
  'a node goes on in a new mailbox where it was': [
    mailRoom,
    'if (box !== this.#box) this.#done = 0',
    '',
  ],
  'a node does not note what it has read': [mailRoom, 'this.#done = serial\n', ''],
  'a node carries out a request that is too old': [
    mailRoom,
    'ageMs < this.#options.timeoutMs',
    'ageMs < 1e9',
  ],
  'an answer of a node that was not asked counts': [
    mailRoom,
    'if (open?.to === from) open.end',
    'open?.end',
  ],
  'a node that fails gives no answer': [
    mailRoom,
    'catch {\n      await this.#send(to, answer)',
    'catch {',
  ],
  'a failure looks like an answer': [mailRoom, "'body' in message ? { body }", 'true ? { body }'],
  'a request without an answer never ends': [
    mailRoom,
    "resolve({ why: 'silent' }), timeoutMs",
    'undefined, timeoutMs',
  ],
  'the timer of a request is left': [mailRoom, 'timer?.cancel()', ''],
  'requests outlive their node': [
    mailRoom,
    "for (const { end } of this.#open.values()) end({ why: 'silent' })",
    '',
  ],
}

/** Number of histories of each kind. */
const runs = Number(process.env.RTSPOOL_MUTANT_RUNS ?? 60)
const historyRuns = Math.ceil(runs / 4)

function* filesOf(folder) {
  for (const entry of readdirSync(join(library, folder), { withFileTypes: true })) {
    const path = `${folder}/${entry.name}`
    if (entry.isDirectory()) yield* filesOf(path)
    else if (path.endsWith('.ts')) yield path
  }
}

const sources = [
  ...filesOf('src/cluster'),
  ...['backoff', 'clock', 'listeners', 'option-checks', 'public-id'].map(
    (name) => `src/${name}.ts`,
  ),
  'src/testing/manual-clock.ts',
  'test/cluster/model.ts',
  'test/cluster/mail-model.ts',
  'test/cluster/stream-model.ts',
  'test/cluster/returning-store.ts',
  ...['history', 'ledger-spec', 'explain', 'session-bounds', 'world'].map(
    (name) => `test/cluster/history/${name}.ts`,
  ),
]

/** Writes the sources as JavaScript, one of them with other text, and returns what loads them. */
function buildWith(folder, changed, changes) {
  for (const path of sources) {
    let text = readFileSync(join(library, path), 'utf8')
    if (path === changed) {
      for (const [before, after] of changes) {
        const count = text.split(before).length - 1
        if (count !== 1) throw new Error(`${path} has ${count} times: ${before}`)
        text = text.replace(before, () => after)
      }
    }
    const { outputText } = ts.transpileModule(text, {
      compilerOptions: {
        target: ts.ScriptTarget.ES2023,
        module: ts.ModuleKind.ESNext,
        verbatimModuleSyntax: true,
      },
    })
    const target = join(folder, path.replace(/\.ts$/, '.js'))
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(target, outputText)
  }
  const fileOf = (name) => pathToFileURL(join(folder, `${name}.js`)).href
  return { import: (name) => import(fileOf(name)) }
}

/** @returns First line of the failure that the model test reports; `undefined` = none. */
async function modelFailure(build) {
  const { aloneKinds, checkModel, modelKinds, modelTimes, returningKind } =
    await build.import('test/cluster/model')
  const { createReturningStore } = await build.import('test/cluster/returning-store')
  for (const kind of [...modelKinds, returningKind, ...aloneKinds]) {
    const createStore = (clock) =>
      createReturningStore(clock, { ...modelTimes, reapBatch: 2, maxRemovedBans: 1 })
    const failure = await failureOf(kind.policy, () =>
      checkModel({ ...kind, runs, seed: 24_301, createStore }),
    )
    if (failure !== undefined) return failure
  }
  return undefined
}

/** @returns First line of the failure that the check of histories reports; `undefined` = none. */
async function historyFailure(build) {
  const { checkHistories, historyKinds, historyTimes } = await build.import(
    'test/cluster/history/world',
  )
  const { MemoryStore } = await build.import('src/cluster/memory-store')
  for (const kind of historyKinds) {
    const createStore = (clock) => new MemoryStore({ ...historyTimes, clock })
    const failure = await failureOf(kind.policy, () =>
      checkHistories({ ...kind, runs: historyRuns, seed: 24_301, createStore }),
    )
    if (failure !== undefined) return failure
  }
  return undefined
}

/** @returns First line of the failure that the model of mailboxes reports; `undefined` = none. */
async function mailFailure(build) {
  const { checkMail } = await build.import('test/cluster/mail-model')
  return failureOf('mail', () => checkMail({ runs, seed: 24_301 }))
}

/** @returns First line of the failure that the model of streams reports; `undefined` = none. */
async function streamFailure(build) {
  const { checkStreams, streamTimes } = await build.import('test/cluster/stream-model')
  const { MemoryStore } = await build.import('src/cluster/memory-store')
  const createStore = (clock) => new MemoryStore({ ...streamTimes, clock })
  const nextTurn = () => new Promise((resolve) => setImmediate(resolve))
  return failureOf('streams', () => checkStreams({ runs, nextTurn, seed: 24_301, createStore }))
}

async function failureOf(policy, check) {
  try {
    await check()
    return undefined
  } catch (error) {
    const why = /Error: (.*)/.exec(String(error.cause ?? error.message))?.[1] ?? String(error)
    return `${policy}: ${why.split('\n')[0].slice(0, 200)}`
  }
}

const cache = join(root, 'node_modules/.cache/rtspool/mutants')
rmSync(cache, { recursive: true, force: true })
const words = process.argv.slice(2)
const judges = [
  { name: 'the model', failure: modelFailure, all: mutants },
  { name: 'the histories', failure: historyFailure, all: creditMutants },
  { name: 'the mailboxes', failure: mailFailure, all: mailMutants },
  { name: 'the streams', failure: streamFailure, all: streamMutants },
]
let [alive, count] = [0, 0]
for (const { name: judge, failure, all } of judges) {
  const chosen = Object.entries(all).filter(
    ([name]) => words.length === 0 || words.some((word) => name.includes(word)),
  )
  const healthy = await failure(buildWith(join(cache, judge, 'healthy'), undefined, []))
  if (healthy !== undefined) {
    say(`${judge}: fails without a mutant: ${healthy}`)
    process.exit(1)
  }
  for (const [index, [name, [file, before, after, ...more]]] of chosen.entries()) {
    const build = buildWith(join(cache, judge, String(index)), file, [[before, after], ...more])
    const seen = await failure(build)
    count++
    if (seen === undefined) alive++
    console.log(
      `${seen === undefined ? 'ALIVE ' : 'killed'} by ${judge}: ${name}${seen ? ` (${seen})` : ''}`,
    )
  }
}
rmSync(cache, { recursive: true, force: true })
say(`${count - alive} of ${count} mutants killed`)
process.exit(alive === 0 ? 0 : 1)
