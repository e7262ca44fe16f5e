import { check } from '../mismatch.js'
import type { Row } from '../row.js'

/** Conformance tests for OPTIONS. */
export const optionsRows: readonly Row[] = [
  {
    id: 'A-OPT-1',
    level: 'must',
    reference: 'RFC 2326 10.1',
    requirement: 'OPTIONS * is answered with the methods',
    expected: '200 with Public',
    run: async (trial) => {
      const peer = await trial.connect()
      const answer = await peer.expect(200, 'OPTIONS', '*')
      check(answer.list('Public').length > 0, 'a Public header', 'none')
      return undefined
    },
  },
  {
    id: 'A-OPT-2',
    level: 'must',
    reference: 'RFC 2326 12.28, D.1, D.2',
    requirement: 'Public names what a server of media has to have',
    expected: 'OPTIONS, SETUP, TEARDOWN, and PLAY or RECORD',
    run: async (trial) => {
      const peer = await trial.connect()
      const methods = (await peer.expect(200, 'OPTIONS', trial.uri)).list('Public')
      const missing = ['OPTIONS', 'SETUP', 'TEARDOWN'].filter((each) => !methods.includes(each))
      if (!methods.includes('PLAY') && !methods.includes('RECORD')) missing.push('PLAY or RECORD')
      check(missing.length === 0, 'OPTIONS, SETUP, TEARDOWN, PLAY', `none of ${missing.join(', ')}`)
      return methods.join(', ')
    },
  },
  {
    id: 'A-OPT-2b',
    level: 'house',
    reference: 'FFmpeg 5.1',
    requirement: 'Public names GET_PARAMETER, with which FFmpeg keeps sessions alive',
    expected: 'GET_PARAMETER',
    run: async (trial) => {
      const peer = await trial.connect()
      const methods = (await peer.expect(200, 'OPTIONS', trial.uri)).list('Public')
      check(methods.includes('GET_PARAMETER'), 'GET_PARAMETER', methods.join(', '))
      return undefined
    },
  },
  {
    id: 'A-OPT-3',
    level: 'must',
    reference: 'RFC 2326 10.1',
    requirement: 'OPTIONS works in every state of a session',
    expected: '200 in Ready and in Playing',
    run: async (trial) => {
      const peer = await trial.connect()
      const ready = await trial.setUpAll(peer)
      const headers = ready.session
      await peer.expect(200, 'OPTIONS', trial.uri, { headers })
      await peer.expect(200, 'PLAY', ready.description.aggregateUri, { headers })
      await peer.expect(200, 'OPTIONS', trial.uri, { headers })
      return undefined
    },
  },
  {
    id: 'A-OPT-3b',
    level: 'house',
    reference: 'RFC 7826 10.5; live555 proxy',
    requirement: 'the answer to OPTIONS in a session names the session',
    expected: 'the Session header of the session',
    run: async (trial) => {
      const { peer, session, sessionId } = await trial.setUpAll()
      const answer = await peer.expect(200, 'OPTIONS', trial.uri, { headers: session })
      const got = answer.sessionId
      check(got === sessionId, 'the Session header', got === undefined ? 'none' : 'another one')
      return undefined
    },
  },
]
