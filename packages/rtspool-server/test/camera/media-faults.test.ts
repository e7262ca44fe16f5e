import { sequenceNumberOf } from 'rtspool/rtp'
import { describe, expect, it } from 'vitest'
import { CameraScene } from './camera-scene.js'

/** Plays the video of a URL in a scene of its own. */
async function videoOf(query: string, count: number): Promise<Buffer[]> {
  const scene = await CameraScene.start()
  const client = await scene.connect(query)
  await client.play()
  return client.receive(count)
}

const numbersOf = (packets: readonly Buffer[]): number[] => packets.map(sequenceNumberOf)

/** Returns the distance of each number from the first, in a sequence that may wrap. */
const distances = (packets: readonly Buffer[]): number[] =>
  numbersOf(packets).map((number, _, [first = 0]) => (number - first + 65_536) % 65_536)

describe('media of a virtual camera', () => {
  it('have no gap without faults', async () => {
    expect(distances(await videoOf('', 60))).toEqual(Array.from({ length: 60 }, (_, at) => at))
  })

  it('are the same bytes with the same URL, and others with another seed', async () => {
    const query = 'loss=10&reorder=5&duplicate=5&seed=7'
    const [one, same, other] = [
      await videoOf(query, 60),
      await videoOf(query, 60),
      await videoOf(query.replace('seed=7', 'seed=8'), 60),
    ]
    expect(same).toEqual(one)
    expect(other).not.toEqual(one)
  })

  it('lose the percentage of packets that loss names', async () => {
    const all = distances(await videoOf('loss=20', 300))
    const sent = (all.at(-1) ?? 0) + 1
    expect(all.length / sent).toBeGreaterThan(0.7)
    expect(all.length / sent).toBeLessThan(0.9)
  })

  it('lose the same packets with one more fault', async () => {
    const alone = new Set(numbersOf(await videoOf('loss=20', 100)))
    const twice = new Set(numbersOf(await videoOf('loss=20&duplicate=30', 100)))
    for (const number of twice) expect(alone).toContain(number)
  })

  it('arrive out of order with reorder, and twice with duplicate', async () => {
    const late = distances(await videoOf('reorder=20', 100))
    expect(late).not.toEqual(late.toSorted((one, other) => one - other))
    const numbers = numbersOf(await videoOf('duplicate=20', 100))
    expect(new Set(numbers).size).toBeLessThan(100)
  })

  it('come at the rate of the uplink, and those that wait too long are lost', async () => {
    const scene = await CameraScene.start()
    const client = await scene.connect('uplink=100')
    await client.play()
    await scene.pass(10)
    const packets = client.packets()
    const bits = packets.reduce((sum, packet) => sum + packet.length * 8, 0)
    expect(bits / 1000 / 10).toBeLessThanOrEqual(100)
    expect(bits / 1000 / 10).toBeGreaterThan(80)
    const numbers = distances(packets)
    expect(numbers).toEqual(numbers.toSorted((one, other) => one - other))
    expect(numbers.at(-1)).toBeGreaterThanOrEqual(numbers.length)
  })

  it('are late by up to the jitter, and stay in order', async () => {
    const scene = await CameraScene.start()
    const [steady, late] = [await scene.connect(''), await scene.connect('jitter=200')]
    await steady.play()
    await late.play()
    await steady.receive(100)
    expect(late.packets().length).toBeLessThan(steady.packets().length)
    const inOrder = Array.from({ length: 100 }, (_, at) => at)
    expect(distances(await late.receive(100))).toEqual(inOrder)
  })

  it('stop for a stall, and go on with the numbers that time has used up', async () => {
    const scene = await CameraScene.start()
    const client = await scene.connect('stall=2@1')
    await client.play([0, 1])
    await scene.pass(1.5)
    const before = [client.packets(0).length, client.packets(2).length]
    await scene.pass(1)
    expect([client.packets(0).length, client.packets(2).length]).toEqual(before)
    await scene.pass(1)
    expect(client.packets(0).length).toBeGreaterThan(before[0] as number)
    expect(distances(client.packets(0)).at(-1)).toBeGreaterThan(client.packets(0).length)
  })

  it('lose only video for a freeze', async () => {
    const scene = await CameraScene.start()
    const client = await scene.connect('freeze=2@1')
    await client.play([0, 1])
    await scene.pass(1.5)
    const before = [client.packets(0).length, client.packets(2).length]
    await scene.pass(1)
    expect(client.packets(0).length).toBe(before[0])
    expect(client.packets(2).length).toBeGreaterThan(before[1] as number)
  })
})
