import { describe, expect, it } from 'vitest'
import { faultNames, faultTable } from '../../src/camera/fault-table.js'
import { noFaults } from '../../src/camera/faults.js'
import { parseFaults } from '../../src/camera/parse-faults.js'

function messageOf(query: string): string {
  try {
    return JSON.stringify(parseFaults(query, noFaults))
  } catch (error) {
    return (error as Error).message
  }
}

const escaped = (text: string): string => text.replace(/[()?.]/g, '\\$&')

describe('parseFaults', () => {
  it('reads all faults of a query', () => {
    const query =
      'loss=1&reorder=2.5&duplicate=0&jitter=40&stall=5@20,1@40&freeze=1@2&drop=reset@30&away=20@30' +
      '&auth=digest-sha256&deny=udp,tcp&keepalive=ignore&timeout=10&connections=2&sessions=1&uplink=500&motion=2@8&quirk=19,33b&seed=7'
    expect(parseFaults(query, noFaults)).toEqual({
      ...{ loss: 1, reorder: 2.5, duplicate: 0, jitter: 40 },
      stall: [
        { seconds: 5, atSeconds: 20 },
        { seconds: 1, atSeconds: 40 },
      ],
      freeze: [{ seconds: 1, atSeconds: 2 }],
      drop: { kind: 'reset', atSeconds: 30 },
      away: { seconds: 20, atSeconds: 30 },
      ...{ auth: 'digest-sha256', deny: ['udp', 'tcp'], keepalive: 'ignore', timeout: 10 },
      ...{ connections: 2, sessions: 1, uplink: 500 },
      ...{ motion: { seconds: 2, atSeconds: 8 }, quirk: ['19', '33b'], seed: 7 },
    })
  })

  it('takes faults that the query does not name from the defaults', () => {
    const defaults = { ...noFaults, loss: 3, seed: 9 }
    expect(parseFaults('loss=0', defaults)).toEqual({ ...defaults, loss: 0 })
    expect(parseFaults('', defaults)).toEqual(defaults)
    const withQuirks = { ...noFaults, quirk: ['7'] }
    expect(parseFaults('quirk=', withQuirks)).toEqual(noFaults)
  })

  it('has an example of each fault that it accepts', () => {
    for (const name of faultNames) {
      const { example } = faultTable[name]
      expect(example).toMatch(new RegExp(`^${name}=`))
      expect(parseFaults(example, noFaults)).not.toEqual(noFaults)
    }
  })

  it.each([
    ['los=1', 'expected a fault (loss, reorder,', 'got "los"; did you mean loss?'],
    ['loss=101', 'loss: expected a percentage from 0 to 100, got "101"', ''],
    ['loss=-1', 'loss: expected a percentage', 'got "-1"'],
    ['loss', 'loss: expected a percentage', 'got ""'],
    ['loss=1&loss=2', 'loss: expected one value, got two', ''],
    ['stall=5', 'stall: expected a length and a time in seconds, such as 5@20, got "5"', ''],
    ['drop=udp@3', 'drop: expected tcp or reset and a time', 'got "udp@3"'],
    ['auth=ntlm', 'auth: expected one of none, basic, digest', 'got "ntlm"'],
    ['quirk=99', 'quirk: expected numbers that rtspool camera --list-quirks shows, got "99"', ''],
    ['seed=1.5', 'seed: expected a whole number', 'got "1.5"'],
    ['timeout=0', 'timeout: expected whole seconds from 1 to 3600', 'got "0"'],
    ['loss=%', 'expected percent-encoded UTF-8', 'got "%"'],
  ])('refuses %s by name and value', (query, start, end) => {
    expect(messageOf(query)).toMatch(new RegExp(`^${escaped(start)}.*${escaped(end)}$`))
  })
})
