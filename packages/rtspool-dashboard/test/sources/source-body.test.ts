import { describe, expect, it } from 'vitest'
import { bodyOf, fieldsOf, firstFields, limitsWith } from '../../src/sources/source-body.js'
import { source } from './source.js'

function filledForm(fields: Readonly<Record<string, string>>): FormData {
  const form = new FormData()
  for (const [name, text] of Object.entries(fields)) form.set(name, text)
  return form
}

const empty = { url: '', username: '', password: '', fingerprint: '' }

describe('the form of a source', () => {
  it('sends what the user has entered for a new one, and leaves the rest to the server', () => {
    const form = filledForm({
      ...empty,
      ...{ url: ' rtsp://192.0.2.7/stream ', username: 'ann', password: ' with space ' },
      ...{ transport: 'auto', basic: 'overTls', lingerSeconds: '', holdSeconds: '0' },
    })
    expect(bodyOf(fieldsOf(form), firstFields(undefined))).toEqual({
      ...{ url: 'rtsp://192.0.2.7/stream', username: 'ann', password: ' with space ' },
      holdSeconds: 0,
    })
  })

  it('sends only what differs of a present one', () => {
    const first = firstFields(source)
    expect(first).toMatchObject({ transport: 'tcp', stallSeconds: '15', alwaysOn: 'false' })
    const same = { ...empty, transport: 'tcp', basic: 'overTls', holdSeconds: '60' }
    expect(bodyOf(fieldsOf(filledForm(same)), first)).toEqual({})
    const other = { ...same, transport: 'udp', holdSeconds: '2.5', alwaysOn: 'on' }
    expect(bodyOf(fieldsOf(filledForm(other)), first)).toEqual({
      ...{ transport: 'udp', holdSeconds: 2.5, alwaysOn: true },
    })
  })

  it('sends spare URLs as a list, and an empty one to remove them', () => {
    const [one, two] = ['rtsp://192.0.2.8/a', 'rtsp://ann:secret@192.0.2.9/b']
    const form = (failover: string) => filledForm({ ...empty, failover, alwaysOn: 'on' })
    const added = bodyOf(fieldsOf(form(` ${one}\r\n\n${two}\r\n`)), firstFields(undefined))
    expect(added).toEqual({ failover: [one, two], alwaysOn: true })
    const none = bodyOf(fieldsOf(form('\n')), firstFields(undefined))
    expect(none).toEqual({ alwaysOn: true })
    const sources = [source.source, one, 'rtsp://192.0.2.9/b']
    const first = firstFields({ ...source, alwaysOn: true, sources })
    expect(first.failover).toBe(`${one}\nrtsp://192.0.2.9/b`)
    expect(bodyOf(fieldsOf(form(`${one}\r\nrtsp://192.0.2.9/b`)), first)).toEqual({})
    expect(bodyOf(fieldsOf(form(one)), first)).toEqual({ failover: [one] })
    expect(bodyOf(fieldsOf(form('')), first)).toEqual({ failover: [] })
  })

  it('turns a permanent connection off', () => {
    const first = firstFields({ ...source, alwaysOn: true })
    expect(bodyOf(fieldsOf(filledForm(empty)), first)).toEqual({ alwaysOn: false })
  })

  it('accepts a present value that only the file allows, in a number field', () => {
    const limits = { min: 1, max: 25 }
    const { settings } = source
    const first = firstFields({ ...source, settings: { ...settings, startSeconds: 40 } })
    expect(limitsWith(first.startSeconds, limits)).toEqual({ min: 1, max: 40 })
    expect(limitsWith('0.5', limits)).toEqual({ min: 0.5, max: 25 })
    for (const inside of ['20', '', undefined]) expect(limitsWith(inside, limits)).toEqual(limits)
  })

  it('knows neither URL nor credentials of a present one', () => {
    const secret = Object.keys(firstFields(source)).filter((name) => name in empty)
    expect(secret).toEqual([])
  })
})
