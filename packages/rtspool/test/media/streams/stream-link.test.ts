import { describe, expect, it } from 'vitest'
import { RequestError } from '../../../src/index.js'
import { InterleavedLink, type StreamLink } from '../../../src/media/streams/stream-link.js'
import { ChannelTable } from '../../../src/transport/tcp/channel-table.js'

function scene() {
  const channels = new ChannelTable()
  const written: Buffer[] = []
  const carrier = {
    ...{ channels, isCongested: false, grant: () => {} },
    writeFrames: (frames: Buffer) => void written.push(frames),
  }
  const link = (wanted?: readonly [number, number]): StreamLink =>
    new InterleavedLink({ profile: 'AVP', security: undefined, carrier, channels: wanted })
  return { channels, written, link }
}

const deaf = { rtp: () => {}, rtcp: () => {} }

describe('InterleavedLink', () => {
  it('takes its channels when it is opened, and gives them back when it is closed', () => {
    const { channels, link } = scene()
    const opened = link([4, 5])
    expect([channels.size, opened.answer.interleaved]).toEqual([0, [4, 5]])
    const heard: string[] = []
    opened.open({ rtp: () => heard.push('rtp'), rtcp: () => heard.push('rtcp') })
    channels.dispatch(4, Buffer.alloc(1))
    channels.dispatch(5, Buffer.alloc(1))
    expect([channels.size, heard]).toEqual([2, ['rtp', 'rtcp']])
    opened.close()
    expect(channels.size).toBe(0)
  })

  it('answers with other channels than those that another stream has', () => {
    const { link } = scene()
    link([0, 1]).open(deaf)
    expect(link([0, 1]).answer.interleaved).toEqual([2, 3])
  })

  it('is refused while all channels are in use', () => {
    const { link } = scene()
    for (let pair = 0; pair < 128; pair++) link().open(deaf)
    expect(() => link()).toThrow(RequestError)
  })

  it('sends RTCP on the second channel', () => {
    const { link, written } = scene()
    link([6, 9]).sendRtcp(Buffer.from([1, 2, 3]))
    expect(written).toEqual([Buffer.from([0x24, 9, 0, 3, 1, 2, 3])])
  })
})
