import type { JSX } from 'preact'
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import { nodeText } from '../api/session-view.js'
import { countText } from '../words/quantities.js'
import { type Link, linksOf, type MapNode, presentTag, stateOf } from './cluster-view.js'
import { type Arrow, type Card, layoutOf, type MapLayout } from './map-layout.js'

interface ClusterMapProps {
  readonly nodes: readonly MapNode[]
  /** Tag of the server of this page. */
  readonly own: string | undefined
}

/**
 * Number of arrows up to which each of them has a text, beside cards that are not compact. Otherwise, those of the server
 * under the pointer have one.
 */
const manyArrows = 16

/** Drawing of the servers of a cluster, with an arrow from each server that has a stream to each that pulls it. */
export function ClusterMap({ nodes, own }: ClusterMapProps): JSX.Element {
  const place = useRef<HTMLDivElement>(null)
  const [width, setWidth] = useState(0)
  const [pointed, choose] = useState<string | undefined>(undefined)
  // A card that goes away under the pointer tells of no end.
  const chosen = presentTag(nodes, pointed)
  useLayoutEffect(() => {
    const element = place.current
    if (!element) return
    const measure = (): void => setWidth(element.clientWidth)
    measure()
    const sizes = new ResizeObserver(measure)
    sizes.observe(element)
    return () => sizes.disconnect()
  }, [])
  const links = useMemo(() => linksOf(nodes), [nodes])
  const layout = useMemo(() => {
    const tags = nodes.map(({ tag }) => tag)
    return layoutOf(tags, links, width)
  }, [nodes, links, width])
  const { height, cards, arrows, isCompact } = layout
  const hasTexts = !isCompact && arrows.length <= manyArrows
  const isNear = ({ link: { from, to } }: Arrow): boolean => chosen === from || chosen === to
  // What is drawn later covers what is drawn before.
  const drawn = [...arrows].sort((one, other) => Number(isNear(one)) - Number(isNear(other)))
  return (
    <div class="map" ref={place}>
      {width > 0 && (
        <svg width={width} height={height} role="img" aria-label={summaryOf(nodes, links)}>
          {drawn.map((arrow) => (
            <ArrowLine
              key={`${arrow.link.from} ${arrow.link.to}`}
              arrow={arrow}
              isFaint={chosen !== undefined && !isNear(arrow)}
            />
          ))}
          {cards.map((card, at) => (
            <NodeCard
              key={card.tag}
              node={nodes[at] as MapNode}
              {...{ card, layout, choose }}
              isOwn={card.tag === own}
            />
          ))}
          {drawn
            .filter((arrow) => (chosen === undefined ? hasTexts : isNear(arrow)))
            .map(({ link, x, y }) => (
              <text key={`${link.from} ${link.to}`} class="path" x={x} y={y}>
                {cut(pathsText(link), 22)}
              </text>
            ))}
        </svg>
      )}
    </div>
  )
}

const summaryOf = (nodes: readonly MapNode[], links: readonly Link[]): string =>
  `Map of ${counted(nodes.length, 'server')} and ${counted(links.length, 'arrow')}. The tables below have the same.`

const pathsText = ({ pulls }: Link): string =>
  pulls.length === 1 ? (pulls[0]?.path ?? '') : counted(pulls.length, 'stream')

const counted = (count: number, noun: string): string =>
  `${countText(count)} ${noun}${count === 1 ? '' : 's'}`

/** Shortens a text to a number of characters that have room in the drawing. */
const cut = (text: string, length: number): string =>
  text.length <= length ? text : `${text.slice(0, length - 1)}…`

interface ArrowLineProps {
  readonly arrow: Arrow
  readonly isFaint: boolean
}

function ArrowLine({ arrow: { link, line, tip }, isFaint }: ArrowLineProps): JSX.Element {
  const isPlaying = link.pulls.every(({ state }) => state === 'playing')
  return (
    <g class={`arrow ${isPlaying ? '' : 'warn'} ${isFaint ? 'faint' : ''}`}>
      <title>{link.pulls.map(({ path, state }) => `${path} (${state})`).join('\n')}</title>
      <path class="line" d={line} />
      <path class="tip" d={tip} />
    </g>
  )
}

interface NodeCardProps {
  readonly node: MapNode
  readonly card: Card
  readonly layout: MapLayout
  readonly isOwn: boolean
  /** Emphasizes the arrows of a server; `undefined` = those of all. */
  readonly choose: (tag: string | undefined) => void
}

function NodeCard({ node, card, layout, isOwn, choose }: NodeCardProps): JSX.Element {
  const { text, kind } = stateOf(node)
  const { isCompact } = layout
  const { width, height } = layout.card
  const { report } = node
  const name = nodeText(node)
  const lines = report
    ? [
        `${counted(report.viewers, 'viewer')}, ${counted(report.publishers, 'publisher')}`,
        `${counted(report.sessions, 'session')}, ${counted(report.credits, 'credit')}`,
      ]
    : []
  const version = report && `version ${report.version}`
  const own = isOwn && 'this server'
  const facts = [name, `tag ${node.tag}`, own, text, version, ...lines]
  return (
    <svg
      {...{ x: card.x, y: card.y, width, height }}
      class={`node ${report ? '' : 'away'} ${isOwn ? 'own' : ''}`}
      onPointerEnter={() => choose(card.tag)}
      onPointerLeave={() => choose(undefined)}
    >
      <title>{facts.filter(Boolean).join('\n')}</title>
      <rect x="1" y="1" width={width - 2} height={height - 2} rx="6" />
      <circle class={kind} cx="14" cy="16" r="5" />
      <text class="name" x="26" y="21">
        {cut(name, isCompact ? 12 : own ? 13 : 21)}
      </text>
      {own && !isCompact && (
        <text class="end" x={width - 12} y="20">
          {own}
        </text>
      )}
      {isCompact && report && kind === 'good' ? (
        <text x="12" y="37">
          {counted(report.sessions, 'session')}
        </text>
      ) : (
        <text x="12" y={isCompact ? 37 : 42}>
          <tspan class={kind}>{text}</tspan>
          {!isCompact && version && `, ${version}`}
        </text>
      )}
      {!isCompact &&
        lines.map((line, at) => (
          <text key={at} x="12" y={61 + 19 * at}>
            {line}
          </text>
        ))}
    </svg>
  )
}
