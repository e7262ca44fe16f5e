import type { Link } from './cluster-view.js'

/** Place of a card with a server, in pixels. */
export interface Card {
  readonly tag: string
  readonly x: number
  readonly y: number
  /** Side of the ring on which the card is. Arrows begin and end at its edge on the inner side. */
  readonly side: 'top' | 'right' | 'bottom' | 'left'
}

/** Drawing of an arrow: path data of its line and of its tip, and the place of its text. */
export interface Arrow {
  readonly link: Link
  readonly line: string
  readonly tip: string
  readonly x: number
  readonly y: number
}

/** Places of all parts of the map, in pixels. */
export interface MapLayout {
  readonly isCompact: boolean
  readonly card: { readonly width: number; readonly height: number }
  readonly width: number
  readonly height: number
  readonly cards: readonly Card[]
  readonly arrows: readonly Arrow[]
}

const largeCard = { width: 208, height: 92 }
const compactCard = { width: 136, height: 46 }
/** Number of servers from which on, and width of the map below which, cards are compact. */
const [manyNodes, narrowMap] = [13, 640]
const gap = 12
/** Widest room for a card of the upper and lower side. */
const widestRoom = 320
/** Least and greatest height between the upper and the lower side. */
const [leastInner, greatestInner] = [110, 230]

/**
 * Places servers on a ring, with nothing inside but arrows: above and below, and where these sides are full on the left and
 * on the right as well.
 */
export function layoutOf(
  tags: readonly string[],
  links: readonly Link[],
  width: number,
): MapLayout {
  const isCompact = tags.length >= manyNodes || width < narrowMap
  const card = isCompact ? compactCard : largeCard
  const { top, left, right } = sidesOf(tags.length, Math.floor((width + gap) / (card.width + gap)))
  const bottom = tags.length - top - left - right
  const rooms = top > 0 && left > 0 ? top + 2 : Math.max(top, 2)
  const ring = Math.min(width, rooms * widestRoom)
  const start = (width - ring) / 2
  const pitch = card.height + gap
  const sideHeight = left > 0 ? left * pitch - gap : 0
  const open = bottom > 0 ? Math.min(greatestInner, Math.max(leastInner, ring / 6)) : 0
  const above = top > 0 ? card.height : 0
  // The corners stay free, so that no arrow crosses a card.
  const inner = Math.max(sideHeight + (top > 0 && left > 0 ? 2 * gap : 0), open)
  const height = above + inner + (bottom > 0 ? card.height : 0)
  const inset = left > 0 ? card.width + gap : 0
  const room = ring - 2 * inset
  const across = (at: number, of: number): number =>
    start + inset + ((at + 0.5) * room) / of - card.width / 2
  const down = (at: number): number => above + (inner - sideHeight) / 2 + at * pitch
  const cards = tags.map((tag, at): Card => {
    if (at < top) return { tag, side: 'top', x: across(at, top), y: 0 }
    const beside = at - top
    if (beside < left) return { tag, side: 'left', x: start, y: down(beside) }
    const opposite = beside - left
    if (opposite < right) {
      return { tag, side: 'right', x: start + ring - card.width, y: down(opposite) }
    }
    return { tag, side: 'bottom', x: across(opposite - right, bottom), y: height - card.height }
  })
  const reach = { x: room - gap, y: inner - gap }
  return { isCompact, card, width, height, cards, arrows: arrowsOf(cards, links, card, reach) }
}

/**
 * Returns the numbers of cards above, on the left and on the right; the others are below.
 *
 * @param columns - Number of cards that have room beside each other.
 */
function sidesOf(count: number, columns: number) {
  // Two servers face each other, with the arrow between them.
  if (count === 2) return { top: 0, left: 1, right: 1 }
  if (count <= 2 * columns) return { top: Math.ceil(count / 2), left: 0, right: 0 }
  const top = Math.max(0, columns - 2)
  const rest = count - 2 * top
  return { top, left: Math.ceil(rest / 2), right: Math.floor(rest / 2) }
}

/** Point on the edge of a card, with the direction into the ring. */
interface Anchor {
  readonly x: number
  readonly y: number
  readonly inX: number
  readonly inY: number
}

/** Longest ways into the ring from a card on the left or right (`x`), and from one above or below (`y`). */
type Reach = { readonly x: number; readonly y: number }

function arrowsOf(
  cards: readonly Card[],
  links: readonly Link[],
  size: MapLayout['card'],
  reach: Reach,
): readonly Arrow[] {
  const places = new Map(cards.map((card) => [card.tag, card]))
  const anchors = new Map(cards.map((card) => [card.tag, anchorsOf(card, places, links, size)]))
  const parts = links.length > manyTexts ? textParts.slice(0, 1) : textParts
  const arrows: Arrow[] = []
  for (const link of links) {
    const start = anchors.get(link.from)?.get(link)
    const end = anchors.get(link.to)?.get(link)
    if (!(start && end)) continue
    const tries = parts.map((part) => arrowOf(link, start, end, reach, part))
    const isFree = ({ x, y }: Arrow): boolean =>
      arrows.every((other) => Math.hypot((x - other.x) / textWidth, (y - other.y) / textHeight) > 1)
    const free = tries.length > 1 ? tries.find(isFree) : undefined
    arrows.push(free ?? (tries[0] as Arrow))
  }
  return arrows
}

/** Spreads the ends of a card's arrows over its inner edge, so that few of the arrows cross. */
function anchorsOf(
  { tag, x, y, side }: Card,
  cards: ReadonlyMap<string, Card>,
  links: readonly Link[],
  { width, height }: MapLayout['card'],
): ReadonlyMap<Link, Anchor> {
  const isLevel = side === 'top' || side === 'bottom'
  const placeOf = ({ from, to }: Link): number => {
    const other = cards.get(from === tag ? to : from)
    return (isLevel ? other?.x : other?.y) ?? 0
  }
  const own = links
    .filter(({ from, to }) => from === tag || to === tag)
    .sort((one, other) => placeOf(one) - placeOf(other))
  return new Map(
    own.map((link, at) => {
      const part = (at + 1) / (own.length + 1)
      const anchor = isLevel
        ? { x: x + part * width, y: side === 'top' ? y + height : y, inX: 0 }
        : { x: side === 'left' ? x + width : x, y: y + part * height, inY: 0 }
      const [inX, inY] = directions[side]
      return [link, { ...anchor, inX, inY }]
    }),
  )
}

const directions = { top: [0, 1], bottom: [0, -1], left: [1, 0], right: [-1, 0] } as const

/** Length and half width of the tip of an arrow. */
const [tipLength, tipHalf] = [8, 4]
/**
 * Parts of the way to the end at which the text of an arrow may be, the best one first: arrows from one server are far apart
 * there.
 */
const textParts = [0.62, 0.74, 0.5, 0.84, 0.38, 0.26]
/**
 * Number of arrows beyond which each text is at the best place: the search for a free one takes the square of their number.
 */
const manyTexts = 200
/** Room that a text needs, in pixels. */
const [textWidth, textHeight] = [110, 18]

function arrowOf(link: Link, start: Anchor, end: Anchor, reach: Reach, textPart: number): Arrow {
  const distance = Math.hypot(end.x - start.x, end.y - start.y)
  const handleOf = ({ x, y, inX, inY }: Anchor): readonly [number, number] => {
    const length = Math.min(Math.max(30, distance * 0.45), inX === 0 ? reach.y : reach.x)
    return [x + inX * length, y + inY * length]
  }
  const [x1, y1] = handleOf(start)
  const [x2, y2] = handleOf(end)
  const { x, y, inX, inY } = end
  const [baseX, baseY] = [x + inX * tipLength, y + inY * tipLength]
  const tip = `M${x} ${y}L${baseX + inY * tipHalf} ${baseY + inX * tipHalf}L${baseX - inY * tipHalf} ${baseY - inX * tipHalf}Z`
  const at = (from: number, handle: number, otherHandle: number, to: number): number => {
    const [t, rest] = [textPart, 1 - textPart]
    return rest ** 3 * from + 3 * rest * t * (rest * handle + t * otherHandle) + t ** 3 * to
  }
  return {
    ...{ link, tip, line: `M${start.x} ${start.y}C${x1} ${y1} ${x2} ${y2} ${baseX} ${baseY}` },
    ...{ x: at(start.x, x1, x2, x), y: at(start.y, y1, y2, y) },
  }
}
