import { describe, expect, it } from 'vitest'
import { parseConformLine } from '../src/options.js'

const url = 'rtsp://host:8554/cam'

describe('the command line of rtspool conform', () => {
  it('has a meaning for everything that is left out', () => {
    expect(parseConformLine([url])).toMatchObject({
      kind: 'run',
      options: {
        targets: { main: { uri: url }, publish: undefined, carrier: 'tcp', isInsecure: false },
        ...{
          only: [],
          timeout: 5,
          isStrict: false,
          isSlow: false,
          isBrief: false,
          json: undefined,
        },
      },
    })
  })

  it('reads every option', () => {
    const args = [
      ...['--publish', 'rtsp://host:8554/pub', '--seekable', 'rtsp://host:8554/file'],
      ...['--user', 'u:p:q', '--only', 'a-msg, A-SET-1', '--only', 'A-PLY', '--timeout', '2.5'],
      ...['--strict', '--slow', '--brief', '--json', 'report.json', '--tunnel', 'ws', '--insecure'],
    ]
    expect(parseConformLine([url, ...args])).toMatchObject({
      options: {
        targets: {
          publish: { uri: 'rtsp://host:8554/pub' },
          seekable: { uri: 'rtsp://host:8554/file' },
          credentials: { name: 'u', password: 'p:q' },
          carrier: 'ws',
          isInsecure: true,
        },
        only: ['A-MSG', 'A-SET-1', 'A-PLY'],
        ...{ timeout: 2.5, isStrict: true, isSlow: true, isBrief: true, json: 'report.json' },
      },
    })
  })

  it('names further paths as the first one is named: one server, one scheme', () => {
    const line = ['rtsps://host:8322/cam', '--publish', 'rtsp://host:8322/pub']
    expect(parseConformLine(line)).toMatchObject({
      options: { targets: { publish: { uri: 'rtsps://host:8322/pub' }, carrier: 'tls' } },
    })
  })

  it('--json without a file means the standard output', () => {
    expect(parseConformLine([url, '--json'])).toMatchObject({ options: { json: '-' } })
  })

  it.each([
    { args: [], says: /URL/ },
    { args: ['cam'], says: /rtsp:/ },
    { args: [url, '--publish', 'cam'], says: /--publish: expected a URL/ },
    { args: [url, '--timeout', '0'], says: /--timeout/ },
    { args: [url, '--tunnel', 'udp'], says: /--tunnel/ },
    { args: [url, '--nonsense'], says: /--nonsense/ },
    { args: [url, 'more'], says: /too many arguments/ },
  ])('refuses $args with one line and exit code 2', ({ args, says }) => {
    const invocation = parseConformLine(args)
    expect(invocation).toMatchObject({ kind: 'refuse', exitCode: 2 })
    expect(invocation).toHaveProperty('stderr', expect.stringMatching(/^error: [^\n]+\n$/))
    expect(invocation).toHaveProperty('stderr', expect.stringMatching(says))
  })

  it('--list and --help only print', () => {
    expect(parseConformLine(['--list'])).toEqual({ kind: 'list', isJson: false })
    expect(parseConformLine(['--help'])).toMatchObject({
      kind: 'print',
      stdout: expect.stringContaining('Exit code'),
    })
  })
})
