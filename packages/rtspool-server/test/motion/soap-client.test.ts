import { createHash } from 'node:crypto'
import { ManualClock } from 'rtspool/testing'
import { describe, expect, it } from 'vitest'
import { type Post, SoapClient } from '../../src/motion/soap-client.js'
import { elementAt, parseXml, textAt } from '../../src/xml/xml.js'

const { signal } = new AbortController()
const call = { url: 'http://camera/', action: 'urn:a', body: '<tds:GetScopes/>', signal }

const clientOf = (post: Post) =>
  new SoapClient({ username: 'ann & co', password: 'word' }, new ManualClock(), post)

const answering = (text: string, status = 200) =>
  clientOf(async () => new Response(text, { status }))

describe('a client of ONVIF services', () => {
  it('sends a token with a digest of nonce, time and password', async () => {
    let sent = ''
    const client = clientOf(async (_, { body }) => {
      sent = String(body)
      return new Response('<Envelope><Body><Answer/></Body></Envelope>')
    })
    client.clockLeadMs = 60_000
    expect((await client.call(call)).localName).toBe('Answer')
    const token = elementAt(parseXml(sent), 'Header', 'Security', 'UsernameToken')
    if (!token) throw new Error('a token')
    const created = textAt(token, 'Created') ?? ''
    expect(Date.parse(created)).toBe(new ManualClock().unixTimeMs() + 60_000)
    const digest = createHash('sha1')
      .update(Buffer.from(textAt(token, 'Nonce') ?? '', 'base64'))
      .update(`${created}word`)
      .digest('base64')
    expect(textAt(token, 'Username')).toBe('ann & co')
    expect(textAt(token, 'Password')).toBe(digest)
  })

  it.each([
    [
      '<Envelope><Body><Fault><Code><Subcode><Value>ter:NotAuthorized</Value></Subcode></Code><Reason><Text>no</Text></Reason></Fault></Body></Envelope>',
      ...([400, 'the camera responds ter:NotAuthorized: no'] as const),
    ],
    ['<html>', 404, 'the camera responds 404, and no SOAP message'],
    ['', 200, 'the camera responds 200, and no SOAP message'],
    ['<!DOCTYPE x><Envelope/>', 200, 'the camera responds 200, and no SOAP message'],
    ['x'.repeat(256 * 1024 + 1), 200, 'expected at most 262144 bytes from the camera, got more'],
  ])('says what is wrong with a response', async (text, status, message) => {
    await expect(answering(text, status).call(call)).rejects.toThrow(message)
  })

  it('repeats no more than the beginning of a long fault', async () => {
    const fault = `<Fault><faultstring>${'no '.repeat(1000)}</faultstring></Fault>`
    const text = `<Envelope><Body>${fault}</Body></Envelope>`
    const error = await answering(text, 400)
      .call(call)
      .catch((reason: Error) => reason)
    expect(error).toHaveProperty(
      'message',
      expect.stringMatching(/^the camera responds (no ?){67}$/),
    )
  })
})
