import { describe, expect, it } from 'vitest'
import { MailLedger } from '../../../src/cluster/memory/mail-ledger.js'
import { mailMs, mailPage, maxMails } from '../../../src/cluster/store-options.js'

const texts = (mails: readonly { readonly text: string }[]) => mails.map(({ text }) => text)

describe('MailLedger', () => {
  it('returns messages in their order, and again until they have been read', () => {
    const mail = new MailLedger()
    for (const text of ['one', 'two']) expect(mail.send({ to: 'a', text }, 5)).toBe('ok')
    mail.send({ to: 'b', text: 'other' }, 5)
    const first = mail.collect('a', 0, 8)
    expect(first).toEqual([
      { serial: 1, ageMs: 3, text: 'one' },
      { serial: 2, ageMs: 3, text: 'two' },
    ])
    expect(mail.collect('a', 0, 8)).toEqual(first)
    expect(texts(mail.collect('a', 1, 8))).toEqual(['two'])
    expect(mail.has('a')).toBe(true)
    expect(mail.collect('a', 2, 8)).toEqual([])
    expect([mail.has('a'), mail.has('b')]).toEqual([false, true])
  })

  it('refuses messages for a full mailbox, until the oldest have waited too long', () => {
    const mail = new MailLedger()
    for (let n = 0; n < maxMails; n++) mail.send({ to: 'a', text: `${n}` }, n < 2 ? 0 : 1)
    expect(mail.send({ to: 'a', text: 'late' }, mailMs - 1)).toBe('full')
    expect(mail.send({ to: 'a', text: 'late' }, mailMs)).toBe('ok')
    const page = mail.collect('a', 0, mailMs)
    expect([page.length, page[0]?.text]).toEqual([mailPage, '2'])
  })

  it('lets a message grow older by each step of the clock', () => {
    const mail = new MailLedger()
    mail.send({ to: 'a', text: 'one' }, 50_000)
    const ageAt = (now: number) => mail.collect('a', 0, now)[0]?.ageMs
    expect([ageAt(50_000), ageAt(90_000), ageAt(20_000)]).toEqual([0, 40_000, 30_000])
  })

  it('drops the messages of a node', () => {
    const mail = new MailLedger()
    mail.send({ to: 'a', text: 'one' }, 0)
    mail.drop('a')
    expect(mail.collect('a', 0, 0)).toEqual([])
  })
})
