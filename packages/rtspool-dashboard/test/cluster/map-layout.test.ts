import { describe, expect, it } from 'vitest'
import type { Link } from '../../src/cluster/cluster-view.js'
import { type Arrow, layoutOf, type MapLayout } from '../../src/cluster/map-layout.js'

const tagsOf = (count: number): string[] => Array.from({ length: count }, (_, n) => `n${n}`)
const link = (from: string, to: string): Link => ({ from, to, pulls: [] })

/** Each server pulls from the first, the next and the opposite one. */
const linksOf = (tags: readonly string[]): Link[] =>
  tags.flatMap((to, at) => {
    const others = [0, (at + 1) % tags.length, (at + Math.floor(tags.length / 2)) % tags.length]
    return [...new Set(others)]
      .filter((other) => other !== at)
      .map((other) => link(tags[other] ?? '', to))
  })

const numbersOf = (path: string): readonly number[] => (path.match(/-?[\d.]+/g) ?? []).map(Number)

const bezier = (t: number, a: number, b: number, c: number, d: number): number =>
  (1 - t) ** 3 * a + 3 * (1 - t) ** 2 * t * b + 3 * (1 - t) * t ** 2 * c + t ** 3 * d

/** Points of an arrow's curve between its two ends. */
function pointsOf({ line }: Arrow): readonly (readonly [number, number])[] {
  const [x0 = 0, y0 = 0, x1 = 0, y1 = 0, x2 = 0, y2 = 0, x3 = 0, y3 = 0] = numbersOf(line)
  return Array.from({ length: 40 }, (_, n) => {
    const t = (n + 0.5) / 40
    return [bezier(t, x0, x1, x2, x3), bezier(t, y0, y1, y2, y3)] as const
  })
}

function overlaps({ cards, card }: MapLayout): readonly string[] {
  return cards.flatMap((one, at) =>
    cards
      .slice(at + 1)
      .filter(
        (other) =>
          Math.abs(one.x - other.x) < card.width && Math.abs(one.y - other.y) < card.height,
      )
      .map((other) => `${one.tag} ${other.tag}`),
  )
}

const sizes = [320, 640, 1000, 1400].flatMap((width) =>
  [1, 2, 3, 5, 10, 12, 13, 30, 31].map((count) => [count, width] as const),
)

describe('the map', () => {
  it.each(sizes)('of %i servers has room for each in %i pixels', (count, width) => {
    const tags = tagsOf(count)
    const layout = layoutOf(tags, linksOf(tags), width)
    expect(layout.cards.map(({ tag }) => tag)).toEqual(tags)
    expect(overlaps(layout)).toEqual([])
    const { card, height } = layout
    for (const { x, y } of layout.cards) {
      expect(Math.min(x, y, width - x - card.width, height - y - card.height)).toBeGreaterThan(-0.5)
    }
  })

  it.each(sizes)('of %i servers has no arrow over a card in %i pixels', (count, width) => {
    const tags = tagsOf(count)
    const { arrows, cards, card, height } = layoutOf(tags, linksOf(tags), width)
    expect(arrows).toHaveLength(linksOf(tags).length)
    const points = arrows.flatMap(pointsOf)
    const over = cards.filter((each) =>
      points.some(
        ([x, y]) => x > each.x && x < each.x + card.width && y > each.y && y < each.y + card.height,
      ),
    )
    expect(over.map(({ tag }) => tag)).toEqual([])
    expect(points.filter(([x, y]) => Math.min(x, y, width - x, height - y) < 0)).toEqual([])
  })

  /** Numbers of arrows whose text is at the best place of their curve, and of all. */
  const textsOf = (count: number) => {
    const tags = tagsOf(count)
    const { arrows } = layoutOf(tags, linksOf(tags), 1400)
    const atBest = arrows.filter(({ line, tip, x, y }) => {
      const [x0 = 0, y0 = 0, x1 = 0, y1 = 0, x2 = 0, y2 = 0] = numbersOf(line)
      const [endX = 0, endY = 0] = numbersOf(tip)
      const best = [bezier(0.62, x0, x1, x2, endX), bezier(0.62, y0, y1, y2, endY)]
      return Math.hypot(x - (best[0] ?? 0), y - (best[1] ?? 0)) < 0.01
    })
    return [atBest.length, arrows.length]
  }

  it('looks for free places of texts only for up to 200 arrows', () => {
    const [few = 0, fewArrows = 0] = textsOf(60)
    expect(fewArrows).toBeLessThanOrEqual(200)
    expect(few).toBeLessThan(fewArrows)
    const [many, manyArrows] = textsOf(70)
    expect(manyArrows).toBeGreaterThan(200)
    expect(many).toBe(manyArrows)
  })

  it('has no arrow of a server that it does not show', () => {
    const { arrows } = layoutOf(['a', 'b'], [link('a', 'b'), link('gone', 'b')], 800)
    expect(arrows.map(({ link: { from } }) => from)).toEqual(['a'])
  })
})
